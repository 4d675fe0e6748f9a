import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isStreamFactor, parseStreamFactor, withStreamFactor } from '../../src/contract/stream-factors.ts';

describe('factors of text streams', () => {
  it('are lines STREAM=FACTOR, with blanks where people put them', () => {
    expect(['t5=0', ' clip_l = -0.5 ', 'clip_g=+.25'].map(parseStreamFactor)).toEqual([{ stream: 't5', factor: 0 }, { stream: 'clip_l', factor: -0.5 }, { stream: 'clip_g', factor: 0.25 }]);
    expect(['t5', 't5:0', 't5=', '=1', 't5=much', 't5=1e3', 't5=1=2'].map(parseStreamFactor)).toEqual(new Array(7).fill(undefined));
  });

  it('lie in the range of a table\'s whole strength', () => {
    expect([-4, -0.5, 0, 4].map(isStreamFactor)).toEqual([true, true, true, true]);
    expect([-4.01, 4.01, 1e20, Number.POSITIVE_INFINITY, Number.NaN].map(isStreamFactor)).toEqual(new Array(5).fill(false));
  });

  it('are set in their place, and gone at 1; other lines stay', () => {
    const lines = ['clip_l=2', 'not a line', 't5 = 0'];
    expect(withStreamFactor(lines, { stream: 'clip_l', factor: 0 })).toEqual(['clip_l=0', 'not a line', 't5 = 0']);
    expect(withStreamFactor(lines, { stream: 't5', factor: 1 })).toEqual(['clip_l=2', 'not a line']);
    expect(withStreamFactor(lines, { stream: 'clip_g', factor: 0.15000000000000002 })).toEqual([...lines, 'clip_g=0.15']);
    expect(withStreamFactor(['t5=1', 'a=2', 't5=3'], { stream: 't5', factor: 0.5 })).toEqual(['t5=0.5', 'a=2']);
  });

  it('are read as they were set, whatever stood there', () => {
    fc.assert(fc.property(fc.array(fc.string()), fc.integer({ min: -400, max: 400 }), (lines, hundredths) => {
      const set = withStreamFactor(lines, { stream: 't5', factor: hundredths / 100 });
      const own = set.map(parseStreamFactor).filter((read) => read?.stream === 't5');
      expect(own).toEqual(hundredths === 100 ? [] : [{ stream: 't5', factor: hundredths / 100 }]);
    }));
  });
});
