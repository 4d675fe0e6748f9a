import { inputError } from '../../../contract/errors.ts';
import type { TimestepSpacing } from './options.ts';

/** Which times to use: the keys of scheduler_config.json. */
export interface TimestepOptions {
  readonly num_train_timesteps: number;
  readonly timestep_spacing: TimestepSpacing;
  readonly steps_offset: number;
}

/** numpy's round: to the nearest whole number, halves to the even one. */
export function roundHalfEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  if (rest !== 0.5) return Math.round(x);
  return floor % 2 === 0 ? floor : floor + 1;
}

/** `count` evenly spaced numbers from start to end, both included, as numpy computes them. */
export function linspace(start: number, end: number, count: number): number[] {
  const step = count === 1 ? 0 : (end - start) / (count - 1);
  return Array.from({ length: count }, (_, index) => (index > 0 && index === count - 1 ? end : start + index * step));
}

/**
 * Times in falling order; fractional ones only with `linspace`. Euler, Heun and LMS use them so; others round them.
 * `trailing` gives exactly `steps` times: numpy's `arange`, which diffusers uses, yields one more, -1, for some counts (61, 103, …).
 */
export function fractionalTimesteps(options: TimestepOptions, steps: number): number[] {
  const { num_train_timesteps: trainCount, timestep_spacing: spacing, steps_offset: offset } = options;
  switch (spacing) {
    case 'linspace': return linspace(0, trainCount - 1, steps).reverse();
    case 'leading': return multiples(Math.floor(trainCount / steps), steps).map((time) => time + offset);
    case 'trailing': return trailing(trainCount, trainCount / steps, steps);
  }
}

/**
 * Whole times in falling order, for samplers that look ᾱ up by time.
 * @throws AppError when an offset leads past the last training time.
 */
export function wholeTimesteps(options: TimestepOptions, steps: number): number[] {
  return checked(fractionalTimesteps(options, steps).map(roundHalfEven), options, steps);
}

/**
 * Whole times of the multistep solvers: those of one step more, without the last.
 * @param trainCount Times to spread over; fewer than `num_train_timesteps` when the start is clipped.
 */
export function multistepTimesteps(options: TimestepOptions, steps: number, trainCount: number): number[] {
  const { timestep_spacing: spacing, steps_offset: offset } = options;
  switch (spacing) {
    case 'linspace': return linspace(0, trainCount - 1, steps + 1).map(roundHalfEven).reverse().slice(0, -1);
    case 'leading': {
      const ratio = Math.floor(trainCount / (steps + 1));
      if (ratio === 0) throw stepsError(`must be below ${trainCount} with timestep_spacing "leading"`, steps);
      return checked(multiples(ratio, steps + 1).slice(0, -1).map((time) => time + offset), options, steps);
    }
    case 'trailing': return trailing(trainCount, options.num_train_timesteps / steps, steps);
  }
}

function multiples(ratio: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => (count - 1 - index) * ratio);
}

function trailing(start: number, ratio: number, count: number): number[] {
  // numpy's arange takes the step from the first difference.
  const step = start - (start - ratio);
  return Array.from({ length: count }, (_, index) => roundHalfEven(start - index * step) - 1).filter((time) => time >= 0);
}

function checked(times: number[], options: TimestepOptions, steps: number): number[] {
  if ((times[0] ?? 0) < options.num_train_timesteps) return times;
  throw stepsError(`must leave room for steps_offset ${options.steps_offset} below num_train_timesteps ${options.num_train_timesteps}`, steps);
}

function stepsError(rule: string, steps: number): Error {
  return inputError('scheduler.steps', 'scheduler', `steps ${rule}`, { got: String(steps) });
}
