import { describe, expect, it } from 'vitest';
import { addTallies, agreementOf, diversityOf, overall, sharesOf, tallyOf } from '../../../../src/main/cli/benchmark/score.ts';

const reading = (values: Record<string, string>, features: number[] = []) => ({ values, features: Float32Array.from(features) });

describe('tallies', () => {
  it('count only what was asked for', () => {
    const tally = tallyOf([reading({ place: 'beach', time: 'day' }), reading({ place: 'forest', time: 'night' })], [{ place: 'beach' }, { place: 'beach', time: 'night' }]);
    expect(sharesOf(tally)).toEqual({ place: 0.5, time: 1 });
    expect(overall(tally)).toBeCloseTo(2 / 3);
  });

  it('add up by attribute', () => {
    const sum = addTallies([{ place: { hits: 1, asked: 2 } }, { place: { hits: 1, asked: 1 }, time: { hits: 0, asked: 1 } }]);
    expect(sum).toEqual({ place: { hits: 2, asked: 3 }, time: { hits: 0, asked: 1 } });
  });

  it('take an attribute that no probe reads as missed', () => {
    expect(overall(tallyOf([reading({})], [{ mark: 'glow' }]))).toBe(0);
  });
});

describe('agreement', () => {
  const chance = { species: 0.6, headwear: 0.15, item: 0.15, mark: 0.2 };

  it('counts what the base shows at most ten points above chance, and tells the mark apart', () => {
    const agreement = agreementOf({ species: 1, headwear: 0.9, item: 0.7, mark: 0.5 }, { species: 0.95, headwear: 0.25, item: 0.1, mark: 0.2 }, chance);
    expect(agreement.counted).toEqual(['headwear', 'item']);
    expect(agreement.identity).toBeCloseTo(0.8);
    expect(agreement.mark).toBe(0.5);
  });

  it('is undefined when the base shows everything', () => {
    expect(agreementOf({ species: 1, mark: 0 }, { species: 1, mark: 0 }, chance).identity).toBeUndefined();
  });
});

describe('diversity', () => {
  it('compares seeds of one prompt, never two prompts', () => {
    const readings = [reading({}, [0, 0]), reading({}, [3, 4]), reading({}, [100, 0]), reading({}, [100, 1])];
    expect(diversityOf(readings, 2)).toBeCloseTo(3);
    expect(diversityOf(readings, 1)).toBe(0);
  });
});
