import type { GraphBuilder } from '../../../core/ir/builder.ts';
import type { Value } from '../../../core/ir/types.ts';
import { add, addScalar, layerNorm, mul, reshape, split } from '../../../core/ops/functions.ts';
import { linearLayer, size } from '../../layers.ts';
import type { ModuleScope } from '../../module-scope.ts';

/** Epsilon of every norm of the transformer; diffusers doesn't take it from the config. */
export const EPSILON = 1e-6;

/** The module `name` of an adaptive norm: `count` vectors [B, 1, D] from silu(time and text embedding) [B, D], in the order in which they are stored. */
export function modulation(scope: ModuleScope, name: string, condition: Value, count: number): Value[] {
  const [batch, width] = [size(condition, 0), size(condition, 1)];
  const vectors = scope.within(name, (inner) => linearLayer(inner, 'linear', condition, count * width));
  return split(scope.builder, vectors, 1, Array.from({ length: count }, () => width)).map((vector) => reshape(scope.builder, vector, [batch, 1, width]));
}

/** Layer norm without weights over the last axis of x [B, N, D]. */
export function plainNorm(builder: GraphBuilder, x: Value): Value {
  return layerNorm(builder, x, builder.filled(1, [size(x, -1)]), undefined, EPSILON);
}

/** x (1 + scale) + shift. */
export function modulate(builder: GraphBuilder, x: Value, scale: Value, shift: Value): Value {
  return add(builder, mul(builder, x, addScalar(builder, scale, 1)), shift);
}
