import { inputError } from '../../../contract/errors.ts';
import { printable } from '../../core/printable.ts';
import { createTorchGenerator, restoreTorchGenerator, type TorchGeneratorState } from '../../core/random/torch-generator.ts';
import type { Objective } from '../../core/training.ts';

/** All that is random in one batch. */
export interface BatchDraws {
  /** Noise of the VAE's posterior, [B, C, h, w]. */
  readonly posterior: Float32Array;
  /** Noise that the model learns to find, [B, C, h, w]. */
  readonly noise: Float32Array;
  /** One training time per example, in the objective's own unit. */
  readonly times: readonly number[];
}

/** Where the chance of a training run comes from. */
export interface TrainingDraws {
  /** Draws for a batch whose examples have so many latent elements each. */
  next(batch: number, elements: number): BatchDraws;
  /** JSON-safe state, for {@link restore}. */
  save(): unknown;
  /** Goes on where {@link save} stood. @throws AppError when the state isn't one. */
  restore(state: unknown): void;
}

/** Draws from torch's generator in the order of diffusers' training scripts: posterior, noise, times. */
export function createTorchDraws(seed: number, { drawTimes }: Pick<Objective, 'drawTimes'>): TrainingDraws {
  let generator = createTorchGenerator(seed);
  return {
    next(batch, elements) {
      const posterior = generator.randn(batch * elements);
      const noise = generator.randn(batch * elements);
      return { posterior, noise, times: drawTimes(generator, batch) };
    },
    save: () => generator.save(),
    restore(state) {
      if (typeof state !== 'object' || state === null) throw inputError('train.draws-state', 'Training checkpoint', 'the random generator must have a state', { got: printable(state) });
      generator = restoreTorchGenerator(state as TorchGeneratorState);
    },
  };
}
