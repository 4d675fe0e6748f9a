import { inputError } from '../../../contract/errors.ts';
import { printable } from '../../core/printable.ts';
import type { PictureTokens, Process, Scheduler, SchedulerDefinition } from '../scheduler.ts';
import { optionError, readOptions, type OptionShape, type OptionsOf } from './options.ts';

/** One scheduler as data plus the function that makes a sampler from its options. */
export interface SchedulerRecord<S extends OptionShape> {
  readonly className: string;
  readonly id: string;
  readonly title: string;
  readonly stochastic: boolean;
  /** `diffusion` when left out. */
  readonly process?: Process | ((options: OptionsOf<S>) => Process);
  readonly presets?: Readonly<Record<string, unknown>>;
  readonly options: S;
  /** Left out where the class has no shift. */
  readonly shift?: (options: OptionsOf<S>, picture: PictureTokens) => number;
  readonly make: (options: OptionsOf<S>, steps: number, picture: PictureTokens) => Scheduler;
}

/** Makes a definition whose `create` checks config and step count before `make` runs. */
export function defineScheduler<S extends OptionShape>(record: SchedulerRecord<S>): SchedulerDefinition {
  const { options: shape, make, process = 'diffusion', shift = () => 1, ...rest } = record;
  const read = (config: Readonly<Record<string, unknown>>): OptionsOf<S> => readOptions(shape, { ...config, ...record.presets });
  return {
    ...rest,
    process: (config) => (typeof process === 'string' ? process : process(read(config))),
    shift: (config, picture) => shift(read(config), picture),
    create(config, steps, picture = {}) {
      const options = read(config);
      checkSteps(record.title, options, steps);
      return make(options, steps, picture);
    },
  };
}

function checkSteps(title: string, options: Readonly<Record<string, unknown>>, steps: number): void {
  const { num_train_timesteps: trainCount, trained_betas: betas } = options as { num_train_timesteps: number; trained_betas?: readonly number[] | null };
  if (betas !== null && betas !== undefined && betas.length !== trainCount) {
    throw optionError('trained_betas', `must have num_train_timesteps (${trainCount}) numbers`, betas.length);
  }
  if (!Number.isInteger(steps) || steps < 1 || steps > trainCount) {
    throw inputError('scheduler.steps', `scheduler ${title}`, `steps must be 1..${trainCount}`, { got: printable(steps) });
  }
}
