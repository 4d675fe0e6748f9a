import { f32, map2 } from '../float32.ts';
import { createNoiseSchedule } from '../noise-schedule.ts';
import type { Scheduler } from '../scheduler.ts';
import { defineScheduler } from './define.ts';
import { choiceOption, COMMON_BETA_SCHEDULES, noiseOptions, PREDICTION_TYPES, spacingOptions, type OptionsOf } from './options.ts';
import { denoisedSample } from './predictions.ts';
import { finishSigmas, initialSigma, planSigmas, scaleBySigma, sigmaSpacingOptions, trainingSigmas } from './sigmas.ts';
import { fractionalTimesteps } from './timesteps.ts';

const OPTIONS = {
  ...noiseOptions(COMMON_BETA_SCHEDULES),
  ...spacingOptions('linspace'),
  ...sigmaSpacingOptions(),
  prediction_type: choiceOption(PREDICTION_TYPES, 'epsilon'),
};

/** Linear multistep of order 4 on the probability flow ODE, over unevenly spaced noise levels. */
export const lms = defineScheduler({ className: 'LMSDiscreteScheduler', id: 'lms', title: 'LMS', stochastic: false, options: OPTIONS, make });

const ORDER = 4;

function make(options: OptionsOf<typeof OPTIONS>, steps: number): Scheduler {
  const training = trainingSigmas(createNoiseSchedule(options));
  const plan = planSigmas(options, training, fractionalTimesteps(options, steps).map(f32));
  const sigmas = finishSigmas(plan.sigmas, 0);
  /** Newest first. */
  let derivatives: Float32Array[] = [];
  return {
    timesteps: plan.timesteps.map(f32),
    initNoiseSigma: initialSigma(sigmas, options.timestep_spacing),
    scaleModelInput: (sample, index) => scaleBySigma(sample, sigmas[index]!),
    step(output, index, sample) {
      const sigma = sigmas[index]!;
      const denoised = denoisedSample(options.prediction_type, sigma, output, sample);
      derivatives = [map2(sample, denoised, (x, d) => f32(x - d) / sigma), ...derivatives].slice(0, ORDER);
      const nodes = derivatives.map((_, back) => sigmas[index - back]!);
      let sum: Float32Array = new Float32Array(sample.length);
      derivatives.forEach((derivative, back) => {
        const weight = f32(lagrangeIntegral(nodes, back, sigma, sigmas[index + 1]!));
        sum = map2(sum, derivative, (total, d) => total + f32(weight * d));
      });
      return map2(sample, sum, (x, change) => x + change);
    },
  };
}

/** ∫ Π_{k≠j} (τ - s_k) / (s_j - s_k) dτ: exact for the cubic by Gauss' rule with two points. */
function lagrangeIntegral(nodes: readonly number[], j: number, from: number, to: number): number {
  const [middle, half] = [(from + to) / 2, (to - from) / 2];
  const at = (tau: number): number => nodes.reduce((product, node, k) => (k === j ? product : (product * (tau - node)) / (nodes[j]! - node)), 1);
  const offset = half / Math.sqrt(3);
  return half * (at(middle - offset) + at(middle + offset));
}
