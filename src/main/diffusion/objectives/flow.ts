import type { TorchGenerator } from '../../core/random/torch-generator.ts';
import type { Objective, TrainingSettings } from '../../core/training.ts';
import { f32, map2 } from '../float32.ts';
import type { PictureTokens } from '../scheduler.ts';
import { checkProcess } from '../schedulers/index.ts';
import { integerOption, readOptions } from '../schedulers/options.ts';
import type { ObjectiveDefinition } from './objective.ts';

const OPTIONS = { num_train_timesteps: integerOption(1000, 1, 1_000_000) };

/** Published for SD3.5 (paper 2.6 and 3). */
const PUBLISHED: TrainingSettings = {
  steps: 5000, batch: 1, accumulation: 1, seed: 42, shuffle: true, lastBatch: 'keep',
  vectors: { rate: 5e-4, weightDecay: 0.01 }, scale: { rate: 1e-4, weightDecay: 0.01 }, schedule: 'constant', warmUp: 0,
};

/** Times 0..1 for a batch. */
type DrawTimes = (generator: TorchGenerator, batch: number) => Float32Array;
/** How times are drawn for a model with this scheduler_config.json, which is trained on such pictures. */
type MakeDraw = (config: Readonly<Record<string, unknown>>, picture: PictureTokens) => DrawTimes;

/** Rectified flow (Liu et al. 2022; paper 2.6): t in 0..1, z_t = (1 - t)·x + t·e, and the model, told 1000·t, predicts the velocity e - x. */
export function defineFlowObjective(id: string, title: string, makeDraw: MakeDraw): ObjectiveDefinition {
  return {
    id,
    title,
    predicts: 'flow_prediction',
    process: 'flow',
    published: PUBLISHED,
    create(config, picture = {}): Objective {
      checkProcess(config, 'flow');
      const { num_train_timesteps: count } = readOptions(OPTIONS, config);
      const draw = makeDraw(config, picture);
      return {
        id,
        drawTimes: (generator, batch) => [...draw(generator, batch)],
        prepare(latents, noise, times) {
          const width = latents.length / times.length;
          const noisy = new Float32Array(latents.length);
          times.forEach((time, row) => {
            const [from, to] = [row * width, (row + 1) * width];
            const kept = f32(1 - time);
            noisy.set(map2(latents.subarray(from, to), noise.subarray(from, to), (x, e) => f32(kept * x) + f32(time * e)), from);
          });
          return { noisy, timesteps: times.map((time) => f32(count * time)), target: map2(noise, latents, (e, x) => e - x) };
        },
        clean(prediction, noisy, time) {
          const sigma = f32(time / count);
          return map2(noisy, prediction, (z, v) => z - f32(sigma * v));
        },
      };
    },
  };
}
