import { inputError } from '../../../contract/errors.ts';

/** How a learning rate goes over the steps: one entry each. */
export interface RateSchedule {
  readonly id: string;
  readonly title: string;
  /** Factor on the peak rate after warm-up; `progress` runs from 0 (end of warm-up) to 1 (last step). */
  factor(progress: number): number;
}

/** Rate schedules, with the formulas of transformers' `get_*_schedule_with_warmup`. */
export const rateSchedules: readonly RateSchedule[] = [
  { id: 'constant', title: 'Constant', factor: () => 1 },
  { id: 'linear', title: 'Linear decay to zero', factor: (progress) => Math.max(0, 1 - progress) },
  { id: 'cosine', title: 'Half a cosine to zero', factor: (progress) => Math.max(0, 0.5 * (1 + Math.cos(Math.PI * progress))) },
];

/**
 * The factor on the peak rate at a step: step / warmUp while warming up (so the first step has rate 0, as in transformers), then the schedule.
 * @param step Updates done so far, 0 for the first.
 * @throws AppError when the schedule isn't known.
 */
export function rateFactor(schedule: string, step: number, steps: number, warmUp: number): number {
  const found = rateSchedules.find(({ id }) => id === schedule);
  if (found === undefined) throw inputError('train.schedule', 'Learning rate', `schedule must be one of ${rateSchedules.map(({ id }) => id).join(', ')}`, { got: schedule });
  if (step < warmUp) return step / Math.max(1, warmUp);
  return found.factor((step - warmUp) / Math.max(1, steps - warmUp));
}
