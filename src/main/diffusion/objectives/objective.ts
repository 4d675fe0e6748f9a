import type { Objective, TrainingSettings } from '../../core/training.ts';
import type { Process } from '../scheduler.ts';

/** One objective: one file under objectives/ and one entry of the list. */
export interface ObjectiveDefinition {
  /** Name that backbones use. */
  readonly id: string;
  readonly title: string;
  /** The kind of model that can be asked so. */
  readonly process: Process;
  /** The settings that were published for models of this kind, or the nearest ones: what a person who sets nothing gets. */
  readonly published: TrainingSettings;
  /** @param config The parsed scheduler_config.json, which holds the noise schedule. @throws AppError naming a key and value that isn't known. */
  create(config: Readonly<Record<string, unknown>>): Objective;
}
