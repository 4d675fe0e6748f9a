import type { Objective, TrainingSettings } from '../../core/training.ts';
import type { PictureTokens, Process } from '../scheduler.ts';
import type { PredictionType } from '../schedulers/options.ts';

/** One objective: one file under objectives/ and one entry of the list. */
export interface ObjectiveDefinition {
  /** Name that backbones use. */
  readonly id: string;
  readonly title: string;
  /** What a model must have been made to predict to be asked so. */
  readonly predicts: PredictionType;
  /** What a model must have been trained to undo: its scheduler's process. */
  readonly process: Process;
  /** The settings that were published for models of this kind, or the nearest ones: what a person who sets nothing gets. */
  readonly published: TrainingSettings;
  /**
   * @param config The parsed scheduler_config.json, which holds the noise schedule.
   * @param picture What the pictures are that are trained on; only times that follow a shift by their size look at it.
   * @throws AppError naming a key and value that isn't known, or a scheduler of another process.
   */
  create(config: Readonly<Record<string, unknown>>, picture?: PictureTokens): Objective;
}
