import { describe, expect, it } from 'vitest';
import { TimeLeft } from '../../../../src/main/services/batch/time-left.ts';

describe('time left of a batch', () => {
  it('rests on rows that were computed: neither pauses nor rows from the cache count', () => {
    let now = 0;
    const time = new TimeLeft(() => now);
    const after = (ms: number, computed = true): void => { now += ms; time.rowEnded(computed); };
    time.start();
    expect(time.left(10)).toBeUndefined();
    after(2000);
    expect(time.left(10)).toBe(20);
    after(1, false);
    after(1, false);
    expect(time.perRow()).toBe(2);
    now += 1000;
    time.pause();
    now += 3_600_000;
    time.start();
    after(1000); // a second before the pause, a second after it
    expect(time.perRow()).toBe(2);
    for (let row = 0; row < 100; row += 1) after(500);
    expect(time.perRow()).toBe(0.5); // the pace of late
  });

  it('takes rows that end together for the group that they are', () => {
    let now = 0;
    const time = new TimeLeft(() => now);
    time.start();
    for (let group = 0; group < 4; group += 1) {
      now += 8000;
      for (let row = 0; row < 8; row += 1) time.rowEnded(true);
    }
    expect(time.perRow()).toBe(1);
  });
});
