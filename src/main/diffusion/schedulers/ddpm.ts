import { addScaled, blend, drawNoise, f32, sqrt32 } from '../float32.ts';
import { createNoiseSchedule } from '../noise-schedule.ts';
import type { Scheduler } from '../scheduler.ts';
import { clipSample } from './clipping.ts';
import { defineScheduler } from './define.ts';
import {
  booleanOption, choiceOption, noiseOptions, numberOption, PREDICTION_TYPES, spacingOptions, thresholdingOptions, type OptionsOf,
} from './options.ts';
import { originalSample } from './predictions.ts';
import { wholeTimesteps } from './timesteps.ts';

/**
 * Options of DDPMScheduler. Of its variance types `learned` and `learned_range` need a model with twice the output channels, and
 * `fixed_large_log` takes the root of a negative number in the reference too.
 */
export const DDPM_OPTIONS = {
  ...noiseOptions(['linear', 'scaled_linear', 'squaredcos_cap_v2', 'sigmoid', 'laplace']),
  ...spacingOptions('leading'),
  ...thresholdingOptions(),
  variance_type: choiceOption(['fixed_small', 'fixed_small_log', 'fixed_large'], 'fixed_small'),
  clip_sample: booleanOption(true),
  clip_sample_range: numberOption(1),
  prediction_type: choiceOption(PREDICTION_TYPES, 'epsilon'),
  rescale_betas_zero_snr: booleanOption(false),
};

/** Ancestral sampling of DDPM (Ho et al. 2020, algorithm 2, with the posterior of formulas 6 and 7). */
export const ddpm = defineScheduler({ className: 'DDPMScheduler', id: 'ddpm', title: 'DDPM', stochastic: true, options: DDPM_OPTIONS, make });

function make(options: OptionsOf<typeof DDPM_OPTIONS>, steps: number): Scheduler {
  const { alphasCumprod } = createNoiseSchedule(options);
  const timesteps = wholeTimesteps(options, steps);
  return {
    timesteps,
    initNoiseSigma: 1,
    scaleModelInput: (sample) => sample,
    step(output, index, sample, generators) {
      const [time, previous] = [timesteps[index]!, timesteps[index + 1]];
      const alphaBar = alphasCumprod[time]!;
      const alphaBarBefore = previous === undefined ? 1 : alphasCumprod[previous]!;
      const betaBar = f32(1 - alphaBar);
      const alpha = f32(alphaBar / alphaBarBefore);
      const beta = f32(1 - alpha);
      const predicted = originalSample(options.prediction_type, sqrt32(alphaBar), sqrt32(betaBar), output, sample);
      const original = clipSample(options, predicted, generators.length);
      const originalWeight = f32(f32(sqrt32(alphaBarBefore) * beta) / betaBar);
      const sampleWeight = f32(f32(sqrt32(alpha) * f32(1 - alphaBarBefore)) / betaBar);
      const mean = blend(originalWeight, original, sampleWeight, sample);
      if (time === 0) return mean;
      const variance = Math.max(f32(f32(f32(1 - alphaBarBefore) / betaBar) * beta), f32(1e-20));
      return addScaled(mean, noiseScale(options.variance_type, variance, beta), drawNoise(generators, sample.length));
    },
  };
}

/** What the drawn noise is multiplied by. */
function noiseScale(type: OptionsOf<typeof DDPM_OPTIONS>['variance_type'], variance: number, beta: number): number {
  switch (type) {
    case 'fixed_small': return sqrt32(variance);
    case 'fixed_small_log': return f32(Math.exp(f32(0.5 * f32(Math.log(variance)))));
    case 'fixed_large': return sqrt32(beta);
  }
}
