import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TIMESTEP_SPACINGS } from '../../../../src/main/diffusion/schedulers/options.ts';
import { linspace, multistepTimesteps, roundHalfEven, wholeTimesteps } from '../../../../src/main/diffusion/schedulers/timesteps.ts';

describe('timesteps', () => {
  it('fall strictly, as many as asked for, inside the training times', () => {
    const options = fc.record({ num_train_timesteps: fc.integer({ min: 2, max: 2000 }), timestep_spacing: fc.constantFrom(...TIMESTEP_SPACINGS), steps_offset: fc.constant(0) });
    fc.assert(fc.property(options, fc.nat(), (chosen, raw) => {
      const steps = 1 + (raw % chosen.num_train_timesteps);
      const times = wholeTimesteps(chosen, steps);
      expect(times).toHaveLength(steps);
      times.forEach((time, index) => {
        expect(time).toBeGreaterThanOrEqual(0);
        expect(time).toBeLessThan(index === 0 ? chosen.num_train_timesteps : times[index - 1]!);
      });
    }));
  });

  it('never hold a time below zero where numpy\'s arange gives one too many', () => {
    const options = { num_train_timesteps: 1000, timestep_spacing: 'trailing' as const, steps_offset: 0 };
    // np.arange(1000, 0, -1000 / 61) has 62 numbers.
    expect(wholeTimesteps(options, 61)).toHaveLength(61);
    expect(wholeTimesteps(options, 61).at(-1)).toBe(15);
    expect(multistepTimesteps(options, 61, 1000)).toHaveLength(61);
  });

  it('round halves to even, as numpy does', () => {
    expect([0.5, 1.5, 2.5, 2.4, 2.6, 998.5].map(roundHalfEven)).toEqual([0, 2, 2, 2, 3, 998]);
  });

  it('include both ends of an even spacing', () => {
    expect(linspace(0, 999, 1)).toEqual([0]);
    expect(linspace(0, 1, 3)).toEqual([0, 0.5, 1]);
    expect(linspace(0, 999, 7).at(-1)).toBe(999);
  });
});
