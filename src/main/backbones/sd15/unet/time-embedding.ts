import type { Value } from '../../../core/ir/types.ts';
import { concat, cos, mul, reshape, silu, sin } from '../../../core/ops/functions.ts';
import { linearLayer, size } from '../../layers.ts';
import type { ModuleScope } from '../../module-scope.ts';

export interface TimeSettings {
  readonly width: number;
  /** True: cosines first. */
  readonly flip: boolean;
  readonly frequencyShift: number;
}

/** Longest period of the sinusoids, as in "Attention Is All You Need" and DDPM. */
const MAX_PERIOD = 10_000;

/**
 * Sinusoids of the timestep: [B] -> [B, width].
 * frequency_i = exp(-ln(10000) i / (width/2 - shift)) for i < width/2, rounded to float32 after each step as torch does; at t = 999 one unit in the last place shows.
 */
export function timeProjection(scope: ModuleScope, timestep: Value, settings: TimeSettings): Value {
  return scope.within('time_proj', ({ builder }) => {
    const half = settings.width / 2;
    const slope = Math.fround(-Math.log(MAX_PERIOD));
    const frequencies = Float32Array.from({ length: half }, (_, index) => Math.exp(Math.fround(Math.fround(slope * index) / (half - settings.frequencyShift))));
    const angles = mul(builder, reshape(builder, timestep, [size(timestep, 0), 1]), builder.constant(frequencies, 'float32', [1, half], 'frequencies'));
    const parts = [sin(builder, angles), cos(builder, angles)];
    return concat(builder, settings.flip ? parts.reverse() : parts, 1);
  });
}

/** TimestepEmbedding: two linear layers with SiLU between, [B, width] -> [B, out]. */
export function timeEmbedding(scope: ModuleScope, projection: Value, out: number): Value {
  return scope.within('time_embedding', (inner) => linearLayer(inner, 'linear_2', silu(inner.builder, linearLayer(inner, 'linear_1', projection, out)), out));
}
