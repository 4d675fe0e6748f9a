import type { TorchGenerator } from '../core/random/torch-generator.ts';

/**
 * Elementwise float32 arithmetic as torch does it: every single operation is rounded to float32, scalars included. Formulas are
 * therefore written operation by operation with {@link f32}, in torch's order.
 */
export const f32 = Math.fround;

/** out[i] = f(x[i]), rounded to float32. */
export function map1(x: Float32Array, f: (x: number) => number): Float32Array {
  const out = new Float32Array(x.length);
  for (let index = 0; index < x.length; index += 1) out[index] = f(x[index]!);
  return out;
}

/** out[i] = f(x[i], y[i]), rounded to float32. */
export function map2(x: Float32Array, y: Float32Array, f: (x: number, y: number) => number): Float32Array {
  const out = new Float32Array(x.length);
  for (let index = 0; index < x.length; index += 1) out[index] = f(x[index]!, y[index]!);
  return out;
}

/** a·x + b·y. */
export function blend(a: number, x: Float32Array, b: number, y: Float32Array): Float32Array {
  return map2(x, y, (left, right) => f32(a * left) + f32(b * right));
}

/** x + a·y. */
export function addScaled(x: Float32Array, a: number, y: Float32Array): Float32Array {
  return map2(x, y, (left, right) => left + f32(a * right));
}

/** Each operand limited to -limit..limit. */
export function clamp(x: Float32Array, limit: number): Float32Array {
  return map1(x, (value) => Math.min(Math.max(value, -limit), limit));
}

/** Square root of a float32 number. */
export function sqrt32(x: number): number {
  return f32(Math.sqrt(x));
}

/**
 * Standard normal noise for a batch of `length` values in all: one draw of equal size from each generator, in order. So one generator
 * draws the whole batch at once, and a list with one generator per image draws image by image, as in diffusers.
 */
export function drawNoise(generators: readonly TorchGenerator[], length: number): Float32Array {
  const noise = new Float32Array(length);
  const each = length / generators.length;
  generators.forEach((generator, index) => noise.set(generator.randn(each), index * each));
  return noise;
}
