import { addScaled, clamp, f32, map2 } from '../float32.ts';
import { createNoiseSchedule } from '../noise-schedule.ts';
import type { Scheduler } from '../scheduler.ts';
import { defineScheduler } from './define.ts';
import { booleanOption, choiceOption, noiseOptions, numberOption, PREDICTION_TYPES, spacingOptions, type OptionsOf } from './options.ts';
import { denoisedSample } from './predictions.ts';
import { finishSigmas, initialSigma, planSigmas, scaleBySigma, sigmaSpacingOptions, trainingSigmas } from './sigmas.ts';
import { fractionalTimesteps } from './timesteps.ts';

const OPTIONS = {
  ...noiseOptions(['linear', 'scaled_linear', 'squaredcos_cap_v2', 'exp'], 0.00085, 0.012),
  ...spacingOptions('linspace'),
  ...sigmaSpacingOptions(),
  prediction_type: choiceOption(PREDICTION_TYPES, 'epsilon'),
  clip_sample: booleanOption(false),
  clip_sample_range: numberOption(1),
};
type Options = OptionsOf<typeof OPTIONS>;

/** Heun's method of order 2 (Karras et al. 2022, algorithm 1): two model calls per step but the last. */
export const heun = defineScheduler({ className: 'HeunDiscreteScheduler', id: 'heun', title: 'Heun', stochastic: false, options: OPTIONS, make });

/** Where a step stands between its two model calls. */
interface HalfStep {
  readonly sample: Float32Array;
  readonly derivative: Float32Array;
  readonly change: number;
}

function make(options: Options, steps: number): Scheduler {
  const training = trainingSigmas(createNoiseSchedule(options));
  const plan = planSigmas(options, training, fractionalTimesteps(options, steps).map(f32));
  const levels = finishSigmas(plan.sigmas, 0);
  const sigmas = [...levels].flatMap((sigma, index) => (index === 0 || index === steps ? [sigma] : [sigma, sigma]));
  let half: HalfStep | undefined;
  return {
    timesteps: plan.timesteps.flatMap((time, index) => (index === 0 ? [f32(time)] : [f32(time), f32(time)])),
    initNoiseSigma: initialSigma(levels, options.timestep_spacing),
    scaleModelInput: (sample, index) => scaleBySigma(sample, sigmas[index]!),
    step(output, index, sample) {
      const sigma = sigmas[index]!;
      const predicted = denoisedSample(options.prediction_type, sigma, output, sample);
      const denoised = options.clip_sample ? clamp(predicted, options.clip_sample_range) : predicted;
      const derivative = map2(sample, denoised, (x, d) => f32(x - d) / sigma);
      if (half === undefined) {
        const change = f32(sigmas[index + 1]! - sigma);
        half = { sample, derivative, change };
        return addScaled(sample, change, derivative);
      }
      const mean = map2(half.derivative, derivative, (before, now) => f32(before + now) / 2);
      const result = addScaled(half.sample, half.change, mean);
      half = undefined;
      return result;
    },
  };
}
