import { addScaled, f32, map2 } from '../float32.ts';
import type { Scheduler } from '../scheduler.ts';

/** What Heun's method is run on. */
export interface HeunProblem {
  /** Times of the steps, in the order of use. */
  readonly timesteps: readonly number[];
  /** Noise levels of the steps, and the one after the last: one more than times. */
  readonly levels: Float32Array;
  readonly initNoiseSigma: number;
  readonly scaleModelInput: (sample: Float32Array, sigma: number) => Float32Array;
  /** The clean sample from what the model gave at a noise level. */
  readonly denoise: (sigma: number, output: Float32Array, sample: Float32Array) => Float32Array;
  /** Mean of two numbers, rounded as the reference rounds it. */
  readonly average: (before: number, now: number) => number;
}

/** Where a step stands between its two model calls. */
interface HalfStep {
  readonly sample: Float32Array;
  readonly derivative: Float32Array;
  readonly change: number;
}

/** Heun's method of order 2 for dx/dσ = (x - x_0) / σ (Karras et al. 2022, algorithm 1): two model calls per step but the last, whose end is σ = 0. */
export function makeHeun({ timesteps, levels, initNoiseSigma, scaleModelInput, denoise, average }: HeunProblem): Scheduler {
  const steps = timesteps.length;
  const sigmas = [...levels].flatMap((sigma, index) => (index === 0 || index === steps ? [sigma] : [sigma, sigma]));
  let half: HalfStep | undefined;
  return {
    timesteps: timesteps.flatMap((time, index) => (index === 0 ? [time] : [time, time])),
    initNoiseSigma,
    scaleModelInput: (sample, index) => scaleModelInput(sample, sigmas[index]!),
    step(output, index, sample) {
      const sigma = sigmas[index]!;
      const denoised = denoise(sigma, output, sample);
      const derivative = map2(sample, denoised, (x, d) => f32(x - d) / sigma);
      if (half === undefined) {
        const change = f32(sigmas[index + 1]! - sigma);
        half = { sample, derivative, change };
        return addScaled(sample, change, derivative);
      }
      const result = addScaled(half.sample, half.change, map2(half.derivative, derivative, average));
      half = undefined;
      return result;
    },
  };
}
