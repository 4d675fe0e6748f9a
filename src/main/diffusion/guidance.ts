import { f32, map2 } from './float32.ts';

/** Classifier-free guidance (Ho and Salimans 2022) as diffusers computes it: negative + scale * (positive - negative), in float32. */
export function guide(negative: Float32Array, positive: Float32Array, scale: number): Float32Array {
  const factor = f32(scale);
  return map2(negative, positive, (from, to) => from + f32(factor * f32(to - from)));
}
