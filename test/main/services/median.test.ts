import { describe, expect, it } from 'vitest';
import { median } from '../../../src/main/services/median.ts';

describe('median', () => {
  it('is the number in the middle, or the mean of the two in the middle', () => {
    expect(median([3])).toBe(3);
    expect(median([10, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 100])).toBe(3);
    expect(median([])).toBeNaN();
  });

  it('leaves the order of what it is given', () => {
    const values = [2, 1];
    median(values);
    expect(values).toEqual([2, 1]);
  });
});
