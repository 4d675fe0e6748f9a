import { inputError } from '../../../contract/errors.ts';
import type { TrainingSettings } from '../../core/training.ts';

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
