import { addScaled, drawNoise, f32, map2, sqrt32 } from '../float32.ts';
import { createNoiseSchedule } from '../noise-schedule.ts';
import type { Scheduler } from '../scheduler.ts';
import { defineScheduler } from './define.ts';
import { booleanOption, choiceOption, COMMON_BETA_SCHEDULES, noiseOptions, spacingOptions, type OptionsOf } from './options.ts';
import { denoisedSample } from './predictions.ts';
import { finishSigmas, initialSigma, NO_SIGMA_SPACING, planSigmas, scaleBySigma, trainingSigmas, withFiniteLastSigma } from './sigmas.ts';
import { fractionalTimesteps } from './timesteps.ts';

const OPTIONS = {
  ...noiseOptions(COMMON_BETA_SCHEDULES),
  ...spacingOptions('linspace'),
  prediction_type: choiceOption(['epsilon', 'v_prediction'], 'epsilon'),
  rescale_betas_zero_snr: booleanOption(false),
};

/** Euler steps to below the next noise level, and fresh noise up to it. Noise is drawn at every step, the last one too. */
export const eulerAncestral = defineScheduler({
  className: 'EulerAncestralDiscreteScheduler', id: 'euler-ancestral', title: 'Euler ancestral', stochastic: true, options: OPTIONS, make,
});

function make(options: OptionsOf<typeof OPTIONS>, steps: number): Scheduler {
  const training = trainingSigmas(withFiniteLastSigma(createNoiseSchedule(options), options.rescale_betas_zero_snr));
  const timesteps = fractionalTimesteps(options, steps).map(f32);
  const plan = planSigmas(NO_SIGMA_SPACING, training, timesteps);
  const sigmas = finishSigmas(plan.sigmas, 0);
  return {
    timesteps,
    initNoiseSigma: initialSigma(sigmas, options.timestep_spacing),
    scaleModelInput: (sample, index) => scaleBySigma(sample, sigmas[index]!),
    step(output, index, sample, generators) {
      const [sigma, next] = [sigmas[index]!, sigmas[index + 1]!];
      const [square, nextSquare] = [f32(sigma * sigma), f32(next * next)];
      const up = sqrt32(f32(f32(nextSquare * f32(square - nextSquare)) / square));
      const down = sqrt32(f32(nextSquare - f32(up * up)));
      const change = f32(down - sigma);
      const denoised = denoisedSample(options.prediction_type, sigma, output, sample);
      const moved = map2(sample, denoised, (x, d) => x + f32(f32(f32(x - d) / sigma) * change));
      return addScaled(moved, up, drawNoise(generators, sample.length));
    },
  };
}
