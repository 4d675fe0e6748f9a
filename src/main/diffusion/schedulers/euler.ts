import { f32, map1, map2 } from '../float32.ts';
import { createNoiseSchedule, linspace32 } from '../noise-schedule.ts';
import type { Scheduler } from '../scheduler.ts';
import { defineScheduler } from './define.ts';
import {
  booleanOption, choiceOption, COMMON_BETA_SCHEDULES, noiseOptions, optionalNumberOption, PREDICTION_TYPES, spacingOptions, type OptionsOf,
} from './options.ts';
import { denoisedSample } from './predictions.ts';
import {
  finalSigmaOptions, finishSigmas, initialSigma, NO_SIGMA_SPACING, planSigmas, scaleBySigma, sigmaSpacingOptions, trainingSigmas, withFiniteLastSigma, type SigmaPlan,
} from './sigmas.ts';
import { fractionalTimesteps } from './timesteps.ts';

const OPTIONS = {
  ...noiseOptions(COMMON_BETA_SCHEDULES),
  ...spacingOptions('linspace'),
  ...sigmaSpacingOptions(),
  ...finalSigmaOptions(),
  prediction_type: choiceOption(PREDICTION_TYPES, 'epsilon'),
  interpolation_type: choiceOption(['linear', 'log_linear'], 'linear'),
  sigma_min: optionalNumberOption(),
  sigma_max: optionalNumberOption(),
  timestep_type: choiceOption(['discrete', 'continuous'], 'discrete'),
  rescale_betas_zero_snr: booleanOption(false),
};
type Options = OptionsOf<typeof OPTIONS>;

/** Euler's method on the probability flow ODE (Karras et al. 2022, algorithm 2 without churn). */
export const euler = defineScheduler({ className: 'EulerDiscreteScheduler', id: 'euler', title: 'Euler', stochastic: false, options: OPTIONS, make });

function make(options: Options, steps: number): Scheduler {
  const schedule = withFiniteLastSigma(createNoiseSchedule(options), options.rescale_betas_zero_snr);
  const training = trainingSigmas(schedule);
  const plan = makePlan(options, training, steps);
  const sigmas = finishSigmas(plan.sigmas, options.final_sigmas_type === 'zero' ? 0 : training[0]!);
  const continuous = options.timestep_type === 'continuous' && options.prediction_type === 'v_prediction';
  const timesteps = continuous ? [...map1(sigmas.subarray(0, -1), (sigma) => 0.25 * f32(Math.log(sigma)))] : plan.timesteps.map(f32);
  return {
    timesteps,
    initNoiseSigma: initialSigma(sigmas, options.timestep_spacing),
    scaleModelInput: (sample, index) => scaleBySigma(sample, sigmas[index]!),
    step(output, index, sample) {
      const [sigma, next] = [sigmas[index]!, sigmas[index + 1]!];
      const change = f32(next - sigma);
      const denoised = denoisedSample(options.prediction_type, sigma, output, sample);
      return map2(sample, denoised, (x, d) => x + f32(f32(f32(x - d) / sigma) * change));
    },
  };
}

function makePlan(options: Options, training: Float32Array, steps: number): SigmaPlan {
  const timesteps = fractionalTimesteps(options, steps).map(f32);
  const plain = planSigmas(NO_SIGMA_SPACING, training, timesteps);
  const logarithmic = options.interpolation_type === 'log_linear';
  const sigmas = logarithmic ? [...logLinear(training, steps)] : plain.sigmas;
  const range = [options.sigma_max ?? sigmas[0]!, options.sigma_min ?? sigmas.at(-1)!] as const;
  const plan = planSigmas(options, training, timesteps, range);
  return plan.respaced ? plan : { ...plain, sigmas };
}

/** Even steps in log σ over the whole range; one more than there are steps, as the reference makes them. */
function logLinear(training: Float32Array, steps: number): Float32Array {
  return map1(linspace32(f32(Math.log(training.at(-1)!)), f32(Math.log(training[0]!)), steps + 1), Math.exp);
}
