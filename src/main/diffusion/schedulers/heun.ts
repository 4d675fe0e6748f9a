import { clamp, f32 } from '../float32.ts';
import { createNoiseSchedule } from '../noise-schedule.ts';
import type { Scheduler } from '../scheduler.ts';
import { defineScheduler } from './define.ts';
import { makeHeun } from './heun-steps.ts';
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

function make(options: Options, steps: number): Scheduler {
  const training = trainingSigmas(createNoiseSchedule(options));
  const plan = planSigmas(options, training, fractionalTimesteps(options, steps).map(f32));
  const levels = finishSigmas(plan.sigmas, 0);
  return makeHeun({
    timesteps: plan.timesteps.map(f32),
    levels,
    initNoiseSigma: initialSigma(levels, options.timestep_spacing),
    scaleModelInput: scaleBySigma,
    denoise: (sigma, output, sample) => {
      const predicted = denoisedSample(options.prediction_type, sigma, output, sample);
      return options.clip_sample ? clamp(predicted, options.clip_sample_range) : predicted;
    },
    average: (before, now) => f32(before + now) / 2,
  });
}
