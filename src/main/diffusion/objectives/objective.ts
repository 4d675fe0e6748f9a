import type { TorchGenerator } from '../../core/random/torch-generator.ts';

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
}

/** One objective: one file under objectives/ and one entry of the list. */
export interface ObjectiveDefinition {
  /** Name that backbones use. */
  readonly id: string;
  readonly title: string;
  /** @param config The parsed scheduler_config.json, which holds the noise schedule. @throws AppError naming a key and value that isn't known. */
  create(config: Readonly<Record<string, unknown>>): Objective;
}
