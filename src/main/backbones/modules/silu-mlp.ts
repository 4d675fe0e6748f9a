import type { Value } from '../../core/ir/types.ts';
import { silu } from '../../core/ops/functions.ts';
import { linearLayer } from '../layers.ts';
import type { ModuleScope } from '../module-scope.ts';

/** The module `name` with two linear layers and SiLU between, [B, in] -> [B, out]: TimestepEmbedding and PixArtAlphaTextProjection. */
export function siluMlp(scope: ModuleScope, name: string, x: Value, out: number): Value {
  return scope.within(name, (inner) => linearLayer(inner, 'linear_2', silu(inner.builder, linearLayer(inner, 'linear_1', x, out)), out));
}
