import { describe, expect, it } from 'vitest';
import { least, relativeL2, relativeMaximum, worst } from '../../../tools/proofs/support/compare.ts';

describe('worst and least', () => {
  it('are the ends of a list', () => {
    expect([worst([1, 3, 2]), least([2, 1, 3])]).toEqual([3, 1]);
  });

  it.each([[[NaN, 1]], [[1, NaN]]])('of %j are not a number', (figures) => {
    expect([worst(figures), least(figures)]).toEqual([NaN, NaN]);
  });

  it('of nothing throw: a goal would otherwise be met by no comparison', () => {
    expect(() => worst([])).toThrow('nothing was compared');
    expect(() => least([])).toThrow('nothing was compared');
  });

  it('take more figures than a call takes arguments', () => {
    expect(worst(Array.from({ length: 500_000 }, (_, index) => index))).toBe(499_999);
  });
});

describe('relative differences', () => {
  it('are relative to the expected values', () => {
    expect(relativeMaximum([1, -4], [1, -5])).toBeCloseTo(0.2);
    expect(relativeL2([3, 0], [3, 4])).toBeCloseTo(0.8);
  });

  it.each([relativeMaximum, relativeL2])('%o is not a number where there is nothing to compare', (difference) => {
    expect([difference([1], [1, 2]), difference([], []), difference([NaN], [1])]).toEqual([NaN, NaN, NaN]);
  });
});
