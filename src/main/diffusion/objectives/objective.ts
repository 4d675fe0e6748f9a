import type { Objective, TrainingSettings } from '../../core/training.ts';
import type { PredictionType } from '../schedulers/options.ts';

/** One objective: one file under objectives/ and one entry of the list. */
export interface ObjectiveDefinition {
  /** Name that backbones use. */
  readonly id: string;
  readonly title: string;
  /** What a model must have been made to predict to be asked so. */
  readonly predicts: PredictionType;
  /** The settings that were published for models of this kind, or the nearest ones: what a person who sets nothing gets. */
  readonly published: TrainingSettings;
  /** @param config The parsed scheduler_config.json, which holds the noise schedule. @throws AppError naming a key and value that isn't known. */
  create(config: Readonly<Record<string, unknown>>): Objective;
}
