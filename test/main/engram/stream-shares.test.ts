import { describe, expect, it } from 'vitest';
import { StreamShareTally } from '../../../src/main/engram/stream-shares.ts';

const of = (...values: number[]): Float32Array => Float32Array.from(values);

describe('the shares of text streams', () => {
  it('add up to one where changes add up', () => {
    const tally = new StreamShareTally(['a', 'b']);
    tally.add(of(3, 4), of(6, 8), { a: of(6, 4), b: of(3, 8) });
    const { change, streams, together } = tally.shares();
    expect(change).toBeCloseTo(1, 12);
    expect(streams).toEqual([{ stream: 'a', change: expect.closeTo(3 / 5, 12) as number, share: expect.closeTo(9 / 25, 12) as number }, { stream: 'b', change: expect.closeTo(4 / 5, 12) as number, share: expect.closeTo(16 / 25, 12) as number }]);
    expect(together).toBeCloseTo(0, 12);
  });

  it('say what streams do only together, and which one works against the others', () => {
    const tally = new StreamShareTally(['with', 'against', 'silent']);
    tally.add(of(1, 1), of(3, 1), { with: of(2, 1), against: of(0, 1) });
    const { streams, together } = tally.shares();
    expect(streams.map(({ share }) => share)).toEqual([0.5, -0.5, 0]);
    expect(streams.map(({ change }) => change > 0)).toEqual([true, true, false]);
    expect(together).toBe(1);
  });

  it('count every input by the size of what is predicted', () => {
    const tally = new StreamShareTally(['a']);
    tally.add(of(30), of(33), { a: of(33) });
    tally.add(of(40), of(36), { a: of(40) });
    const { change, streams } = tally.shares();
    expect(change).toBeCloseTo(5 / 50, 12);
    expect(streams[0]).toEqual({ stream: 'a', change: expect.closeTo(3 / 50, 12) as number, share: expect.closeTo(9 / 25, 12) as number });
  });

  it('are zeros where nothing changes or nothing is predicted', () => {
    const tally = new StreamShareTally(['a']);
    tally.add(of(0, 0), of(0, 0), {});
    expect(tally.shares()).toEqual({ change: 0, streams: [{ stream: 'a', change: 0, share: 0 }], together: 0 });
  });
});
