import type { TorchGenerator } from './random/torch-generator.ts';

/** What a model is asked during training: how clean latents become a question with a known answer. */
export interface Objective {
  readonly id: string;
  /** One training time per example, in the objective's own unit. */
  drawTimes(generator: TorchGenerator, batch: number): readonly number[];
  /**
   * Noisy latents, the times as the model takes them, and what it should predict.
   * @param latents Clean model latents, [B, C, h, w] row by row; `noise` likewise.
   */
  prepare(latents: Float32Array, noise: Float32Array, times: readonly number[]): {
    readonly noisy: Float32Array;
    readonly timesteps: readonly number[];
    readonly target: Float32Array;
  };
  /**
   * The clean latents that a prediction comes down to: what a sampler is heading for.
   * @param prediction What the model gave for `noisy`, both [B, C, h, w] row by row.
   * @param time As the model took it; one between two training times is taken as the nearer one.
   */
  clean(prediction: Float32Array, noisy: Float32Array, time: number): Float32Array;
}

/** One parameter group of AdamW. */
export interface GroupSettings {
  /** Peak learning rate. */
  readonly rate: number;
  readonly weightDecay: number;
}

/** How a table is trained. Everything that the numbers depend on, beside the data and the model. */
export interface TrainingSettings {
  /** Optimizer steps. */
  readonly steps: number;
  /** Examples per batch. */
  readonly batch: number;
  /** Batches whose gradients are averaged into one optimizer step. */
  readonly accumulation: number;
  /** Seed of the data order and of all noise and times. */
  readonly seed: number;
  readonly shuffle: boolean;
  /** Whether an epoch's last batch, when smaller, is used or left out. */
  readonly lastBatch: 'keep' | 'drop';
  readonly vectors: GroupSettings;
  readonly scale: GroupSettings;
  /** Id of a rate schedule (src/main/core/optimizers/rates.ts). */
  readonly schedule: string;
  /** Optimizer steps over which the rate rises from zero. */
  readonly warmUp: number;
}
