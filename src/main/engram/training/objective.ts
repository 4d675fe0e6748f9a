import type { TorchGenerator } from '../../core/random/torch-generator.ts';

/** What training asks of an objective: how clean latents become a question with a known answer. */
export interface TrainingObjective {
  readonly id: string;
  /** One training time per example, in the objective's own unit. */
  drawTimes(generator: TorchGenerator, batch: number): readonly number[];
  /**
   * Noisy latents, the times as the model takes them, and what it should predict.
   * @param latents Clean latents, [B, C, h, w] row-major; `noise` likewise.
   */
  prepare(latents: Float32Array, noise: Float32Array, times: readonly number[]): {
    readonly noisy: Float32Array;
    readonly timesteps: readonly number[];
    readonly target: Float32Array;
  };
}
