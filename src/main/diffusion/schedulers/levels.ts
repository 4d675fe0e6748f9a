import { f32, sqrt32 } from '../float32.ts';

/** A noise level in the scaling x_t = α·x_0 + σ·noise, with α² + σ² = 1 or, on straight paths, α + σ = 1; λ = ln(α / σ). */
export interface Level {
  readonly alpha: number;
  readonly sigma: number;
  readonly lambda: number;
}

/** Levels of a run from its sigmas in the scaling where the signal is 1. At σ = 0, λ is infinite. */
export function levelsOf(sigmas: Float32Array): Level[] {
  return Array.from(sigmas, (ratio) => {
    const alpha = f32(1 / sqrt32(f32(f32(ratio * ratio) + 1)));
    const sigma = f32(ratio * alpha);
    return { alpha, sigma, lambda: f32(f32(Math.log(alpha)) - f32(Math.log(sigma))) };
  });
}

/** Levels of a run on straight paths, from its sigmas 0..1. At σ = 0, λ is infinite. */
export function flowLevelsOf(sigmas: Float32Array): Level[] {
  return Array.from(sigmas, (sigma) => {
    const alpha = f32(1 - sigma);
    return { alpha, sigma, lambda: f32(f32(Math.log(alpha)) - f32(Math.log(sigma))) };
  });
}
