import { cast, matMul } from '../core/ops/functions.ts';
import { newGraph } from '../core/ops/registry.ts';
import { floatTensor, type FloatTensor } from '../core/ir/tensor.ts';
import type { DataType, Graph } from '../core/ir/types.ts';

/** The size of a probe: `steps` products of matrices [size, size], 2 size^3 operations each. `size` is a power of two. */
export interface ProbeWork {
  readonly size: number;
  readonly steps: number;
}

/** Shows whether a device works: 8 million operations, a fifth of a second even on a software renderer. */
export const SMALL_WORK: ProbeWork = { size: 128, steps: 2 };
/** Shows how fast it is: 34 thousand million operations, long against transfers and call overhead on a GPU. */
export const LARGE_WORK: ProbeWork = { size: 1024, steps: 16 };

/**
 * The element types that are probed, and how far a result may be off. float32: summation error over 1024 terms
 * (inputs rounded to TF32 would be off by 2.4e-4). float16: 11 bits of fraction, error grows with the steps.
 */
export const PROBE_TOLERANCES = { float32: 5e-5, float16: 2e-2 } as const satisfies Partial<Record<DataType, number>>;
export type ProbeType = keyof typeof PROBE_TOLERANCES;

/** float16 has its exponent in bits 10..14, with bias 15. */
const HALF_EXPONENT_SHIFT = 10;
const HALF_BIAS = 15;

/** A chain of matrix products whose answer is known: every product replaces each row by its mean. Input `x` and output `y` are float32 [size, size]. */
export function probeGraph(dtype: ProbeType, { size, steps }: ProbeWork): Graph {
  const builder = newGraph(`probe-${dtype}`);
  const input = builder.input('x', 'float32', [size, size]);
  const elements = size * size;
  const mean = dtype === 'float32'
    ? builder.constant(new Float32Array(elements).fill(1 / size), 'float32', [size, size], 'mean')
    : builder.constant(new Uint16Array(elements).fill((HALF_BIAS - Math.log2(size)) << HALF_EXPONENT_SHIFT), 'float16', [size, size], 'mean');
  let value = dtype === 'float32' ? input : cast(builder, input, 'float16');
  for (let step = 0; step < steps; step += 1) value = matMul(builder, value, mean);
  builder.output('y', dtype === 'float32' ? value : cast(builder, value, 'float32'));
  return builder.build();
}

/** Row i holds 1 + (1 + i mod 7) * 2^-12: more fraction bits than TF32 or float16 have. */
function rowValue(row: number): number {
  return 1 + (1 + (row % 7)) * 2 ** -12;
}

/** The probe's feed, [size, size]. */
export function probeInput({ size }: ProbeWork): FloatTensor {
  return floatTensor(Float32Array.from({ length: size * size }, (_, index) => rowValue(Math.floor(index / size))), [size, size]);
}

/** Largest distance of a result from the known answer; NaN and a wrong length count as infinite. */
export function probeError(result: Float32Array, { size }: ProbeWork): number {
  let worst = result.length === size * size ? 0 : Infinity;
  result.forEach((value, index) => {
    const distance = Math.abs(value - rowValue(Math.floor(index / size)));
    worst = Number.isNaN(distance) ? Infinity : Math.max(worst, distance);
  });
  return worst;
}
