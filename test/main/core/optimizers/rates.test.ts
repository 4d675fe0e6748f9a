import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../../../src/contract/errors.ts';
import { rateFactor, rateSchedules } from '../../../../src/main/core/optimizers/rates.ts';

interface Case {
  readonly schedule: string;
  readonly steps: number;
  readonly warm_up: number;
  readonly factors: readonly number[];
}

const { cases } = JSON.parse(readFileSync(new URL('../../../fixtures/reference/optimizers/rates.json', import.meta.url), 'utf8')) as { cases: Case[] };

describe('learning rates', () => {
  it.each(cases)('$schedule over $steps steps, $warm_up of them warm-up, equals diffusers', ({ schedule, steps, warm_up: warmUp, factors }) => {
    expect(factors.length).toBeGreaterThanOrEqual(steps);
    factors.slice(0, steps).forEach((factor, step) => expect(Math.abs(rateFactor(schedule, step, steps, warmUp) - factor), `update ${step}`).toBeLessThanOrEqual(1e-15));
  });

  it('has a reference for every schedule', () => {
    expect(new Set(cases.map(({ schedule }) => schedule))).toEqual(new Set(rateSchedules.map(({ id }) => id)));
  });

  it('refuses a schedule that it does not know', () => {
    expect(() => rateFactor('exponential', 0, 1, 0)).toThrow(AppError);
    expect(() => rateFactor('exponential', 0, 1, 0)).toThrow('schedule must be one of constant, linear, cosine, got exponential');
  });
});
