import { inputError } from '../../../contract/errors.ts';
import { printable } from '../../core/printable.ts';
import type { Scheduler, SchedulerDefinition } from '../scheduler.ts';
import { optionError, readOptions, type OptionShape, type OptionsOf } from './options.ts';

/** One scheduler as data plus the function that makes a sampler from its options. */
export interface SchedulerRecord<S extends OptionShape> {
  readonly className: string;
  readonly id: string;
  readonly title: string;
  readonly stochastic: boolean;
  readonly presets?: Readonly<Record<string, unknown>>;
  readonly options: S;
  readonly make: (options: OptionsOf<S>, steps: number) => Scheduler;
}

/** Makes a definition whose `create` checks config and step count before `make` runs. */
export function defineScheduler<S extends OptionShape>(record: SchedulerRecord<S>): SchedulerDefinition {
  const { options: shape, make, ...rest } = record;
  return {
    ...rest,
    create(config, steps) {
      const options = readOptions(shape, { ...config, ...record.presets });
      checkSteps(record.title, options, steps);
      return make(options, steps);
    },
  };
}

function checkSteps(title: string, options: Readonly<Record<string, unknown>>, steps: number): void {
  const { num_train_timesteps: trainCount, trained_betas: betas } = options as { num_train_timesteps: number; trained_betas: readonly number[] | null };
  if (betas !== null && betas.length !== trainCount) {
    throw optionError('trained_betas', `must have num_train_timesteps (${trainCount}) numbers`, betas.length);
  }
  if (!Number.isInteger(steps) || steps < 1 || steps > trainCount) {
    throw inputError('scheduler.steps', `scheduler ${title}`, `steps must be 1..${trainCount}`, { got: printable(steps) });
  }
}
