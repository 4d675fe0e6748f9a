import { inputError, internalError } from '../../../contract/errors.ts';

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

const DENOISING: TrainingSettings = {
  steps: 5000, batch: 4, accumulation: 1, seed: 42, shuffle: true, lastBatch: 'keep',
  vectors: { rate: 1e-3, weightDecay: 0.01 }, scale: { rate: 1e-4, weightDecay: 0.01 }, schedule: 'linear', warmUp: 500,
};

/** Published settings by the id of the objective that a backbone trains with: one line per objective. */
const PUBLISHED: ReadonlyMap<string, TrainingSettings> = new Map([
  ['ddpm-epsilon', DENOISING],
  // The paper trains no model of this kind; the loss differs by the target alone.
  ['ddpm-v-prediction', DENOISING],
]);

/** The published settings (paper 2.6 and 3) for a training objective. @throws AppError internal for an objective without any. */
export function publishedSettings(objective: string): TrainingSettings {
  const found = PUBLISHED.get(objective);
  if (found === undefined) throw internalError('train.no-defaults', 'Training settings', `there must be published settings for the objective, which has to be one of ${[...PUBLISHED.keys()].join(', ')}`, { got: objective });
  return found;
}

/** Checks the ranges of all settings. @throws AppError that names the setting, its range and what was got. */
export function checkTrainingSettings(settings: TrainingSettings, where: string): void {
  const whole = (name: string, value: number, min: number, max: number): void => {
    if (!Number.isInteger(value) || value < min || value > max) throw inputError('train.settings', where, `${name} must be a whole number in ${min}..${max}`, { got: String(value) });
  };
  const real = (name: string, value: number, min: number, max: number): void => {
    if (!(value >= min && value <= max)) throw inputError('train.settings', where, `${name} must be in ${min}..${max}`, { got: String(value) });
  };
  whole('steps', settings.steps, 1, 10_000_000);
  whole('batch', settings.batch, 1, 1024);
  whole('accumulation', settings.accumulation, 1, 1024);
  whole('seed', settings.seed, 0, Number.MAX_SAFE_INTEGER);
  whole('warm-up steps', settings.warmUp, 0, settings.steps);
  for (const [name, group] of [['vectors', settings.vectors], ['scale', settings.scale]] as const) {
    // Above 1 a single AdamW step of a table of size 0.02 leaves every sensible range.
    real(`${name} learning rate`, group.rate, 0, 1);
    real(`${name} weight decay`, group.weightDecay, 0, 1);
  }
}
