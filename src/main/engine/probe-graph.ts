import type { DataType, Graph } from '../core/ir/types.ts';
import { floatTensor, type FloatTensor } from '../core/ir/tensor.ts';
import { newGraph } from '../core/ops/registry.ts';

/** Rows and columns. With {@link STEPS} products about 2 GFLOP: milliseconds on any real device, long against call overhead. */
const SIZE = 512;
const STEPS = 8;

/** 1 / SIZE = 2^-9 as float16 bits: exponent 15 - 9, fraction 0. */
const HALF_ONE_OVER_SIZE = (15 - 9) << 10;

/** The element types that are probed, and how far a result may be off: float32 summation error over 512 terms (TF32 would be off by 2.4e-4); float16 has 11 bits. */
export const PROBE_TOLERANCES = { float32: 5e-5, float16: 2e-2 } as const satisfies Partial<Record<DataType, number>>;
export type ProbeType = keyof typeof PROBE_TOLERANCES;

/** A chain of matrix products whose answer is known: every product replaces each row [512] by its mean. */
export function probeGraph(dtype: ProbeType): Graph {
  const builder = newGraph(`probe-${dtype}`);
  const input = builder.input('x', 'float32', [SIZE, SIZE]);
  const elements = SIZE * SIZE;
  const mean = dtype === 'float32'
    ? builder.constant(new Float32Array(elements).fill(1 / SIZE), 'float32', [SIZE, SIZE], 'mean')
    : builder.constant(new Uint16Array(elements).fill(HALF_ONE_OVER_SIZE), 'float16', [SIZE, SIZE], 'mean');
  let value = dtype === 'float32' ? input : builder.op('Cast', [input], { to: CAST_CODES.float16 });
  for (let step = 0; step < STEPS; step += 1) value = builder.op('MatMul', [value, mean]);
  builder.output('y', dtype === 'float32' ? value : builder.op('Cast', [value], { to: CAST_CODES.float32 }));
  return builder.build();
}

/** ONNX's numbers of the element types, for Cast. */
const CAST_CODES = { float32: 1, float16: 10 } as const;

/** Row i holds 1 + (1 + i mod 7) * 2^-12: more fraction bits than TF32 or float16 have. */
function rowValue(row: number): number {
  return 1 + (1 + (row % 7)) * 2 ** -12;
}

/** The probe's feed, [512, 512]. */
export function probeInput(): FloatTensor {
  return floatTensor(Float32Array.from({ length: SIZE * SIZE }, (_, index) => rowValue(Math.floor(index / SIZE))), [SIZE, SIZE]);
}

/** Largest distance of a result from the known answer; NaN counts as infinite. */
export function probeError(result: Float32Array): number {
  let worst = result.length === SIZE * SIZE ? 0 : Infinity;
  result.forEach((value, index) => {
    const distance = Math.abs(value - rowValue(Math.floor(index / SIZE)));
    worst = Number.isNaN(distance) ? Infinity : Math.max(worst, distance);
  });
  return worst;
}
