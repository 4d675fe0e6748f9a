import type { Value } from '../../core/ir/types.ts';
import { silu } from '../../core/ops/functions.ts';
import { linearLayer } from '../layers.ts';
import type { ModuleScope } from '../module-scope.ts';

/** TimestepEmbedding: two linear layers with SiLU between, [B, width] -> [B, out]. */
export function timeEmbedding(scope: ModuleScope, sinusoids: Value, out: number): Value {
  return scope.within('time_embedding', (inner) => linearLayer(inner, 'linear_2', silu(inner.builder, linearLayer(inner, 'linear_1', sinusoids, out)), out));
}
