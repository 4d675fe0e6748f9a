import { blend, f32, sqrt32 } from '../float32.ts';
import { createNoiseSchedule } from '../noise-schedule.ts';
import type { Scheduler } from '../scheduler.ts';
import { clipSample } from './clipping.ts';
import { defineScheduler } from './define.ts';
import {
  booleanOption, choiceOption, COMMON_BETA_SCHEDULES, noiseOptions, numberOption, PREDICTION_TYPES, spacingOptions, thresholdingOptions, type OptionsOf,
} from './options.ts';
import { originalSample, predictedNoise } from './predictions.ts';
import { wholeTimesteps } from './timesteps.ts';

const OPTIONS = {
  ...noiseOptions(COMMON_BETA_SCHEDULES),
  ...spacingOptions('leading'),
  ...thresholdingOptions(),
  clip_sample: booleanOption(true),
  clip_sample_range: numberOption(1),
  set_alpha_to_one: booleanOption(true),
  prediction_type: choiceOption(PREDICTION_TYPES, 'epsilon'),
  rescale_betas_zero_snr: booleanOption(false),
};

/** DDIM with η = 0 (Song et al. 2021, formula 12): no noise is drawn. */
export const ddim = defineScheduler({ className: 'DDIMScheduler', id: 'ddim', title: 'DDIM', stochastic: false, options: OPTIONS, make });

function make(options: OptionsOf<typeof OPTIONS>, steps: number): Scheduler {
  const { alphasCumprod } = createNoiseSchedule(options);
  const timesteps = wholeTimesteps(options, steps);
  const stride = Math.floor(options.num_train_timesteps / steps);
  const finalAlphaBar = options.set_alpha_to_one ? 1 : alphasCumprod[0]!;
  return {
    timesteps,
    initNoiseSigma: 1,
    scaleModelInput: (sample) => sample,
    step(output, index, sample, generators) {
      const time = timesteps[index]!;
      const alphaBar = alphasCumprod[time]!;
      const alphaBarBefore = time >= stride ? alphasCumprod[time - stride]! : finalAlphaBar;
      const [signal, spread] = [sqrt32(alphaBar), sqrt32(f32(1 - alphaBar))];
      const predicted = originalSample(options.prediction_type, signal, spread, output, sample);
      const original = clipSample(options, predicted, generators.length);
      // The noise isn't derived again from the clipped sample (`use_clipped_model_output` is false in pipelines).
      const noise = predictedNoise(options.prediction_type, signal, spread, output, sample);
      return blend(sqrt32(alphaBarBefore), original, sqrt32(f32(1 - alphaBarBefore)), noise);
    },
  };
}
