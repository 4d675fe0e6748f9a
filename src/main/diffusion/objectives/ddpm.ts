import type { Objective, TrainingSettings } from '../../core/training.ts';
import { addNoise, BETA_SCHEDULES, createNoiseSchedule, type NoiseSchedule } from '../noise-schedule.ts';
import { f32, sqrt32 } from '../float32.ts';
import { checkProcess } from '../schedulers/index.ts';
import { booleanOption, noiseOptions, readOptions, type PredictionType } from '../schedulers/options.ts';
import { originalSample } from '../schedulers/predictions.ts';
import type { ObjectiveDefinition } from './objective.ts';

const OPTIONS = { ...noiseOptions(BETA_SCHEDULES), rescale_betas_zero_snr: booleanOption(false) };

/** Published for noise prediction (paper 2.6 and 3); the paper trains no model that predicts v, where the loss differs by the target alone. */
const PUBLISHED: TrainingSettings = {
  steps: 5000, batch: 4, accumulation: 1, seed: 42, shuffle: true, lastBatch: 'keep',
  vectors: { rate: 1e-3, weightDecay: 0.01 }, scale: { rate: 1e-4, weightDecay: 0.01 }, schedule: 'linear', warmUp: 500,
};

/** What the model should predict, from clean latents and noise. */
type Target = (schedule: NoiseSchedule, latents: Float32Array, noise: Float32Array, times: readonly number[]) => Float32Array;

/** An objective over the discrete times of DDPM (Ho et al. 2020, algorithm 1): t uniform in 0..T-1, x_t by the forward process. */
export function defineDdpmObjective(id: string, title: string, prediction: PredictionType, target: Target): ObjectiveDefinition {
  return {
    id,
    title,
    predicts: prediction,
    process: 'diffusion',
    published: PUBLISHED,
    create(config): Objective {
      checkProcess(config, 'diffusion');
      const schedule = createNoiseSchedule(readOptions(OPTIONS, config));
      return {
        id,
        drawTimes: (generator, batch) => generator.randint(0, schedule.betas.length, batch),
        prepare: (latents, noise, times) => ({ noisy: addNoise(schedule, latents, noise, times), timesteps: times, target: target(schedule, latents, noise, times) }),
        clean(predicted, noisy, time) {
          const last = schedule.alphasCumprod.length - 1;
          const alphaBar = schedule.alphasCumprod[Math.max(0, Math.min(last, Math.round(time)))] as number;
          return originalSample(prediction, sqrt32(alphaBar), sqrt32(f32(1 - alphaBar)), predicted, noisy);
        },
      };
    },
  };
}
