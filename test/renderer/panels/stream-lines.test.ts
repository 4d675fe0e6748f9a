import { describe, expect, it } from 'vitest';
import { linesBeside, rangeFault } from '../../../src/renderer/panels/inspector/stream-lines.ts';

describe('lines STREAM=FACTOR that no row of a stream shows', () => {
  it('are factors of streams that the model was loaded without, or no streams of it', () => {
    const lines = ['clip_l=0', 't5 = 0.5', 'umt5=1', 'no line', 'clip_l=2'];
    expect(linesBeside(lines, ['clip_l', 'clip_g'], ['t5'])).toEqual([
      { line: 't5 = 0.5', absent: { stream: 't5', factor: 0.5 } },
      { line: 'umt5=1' },
      { line: 'no line' },
    ]);
    expect(linesBeside(lines.slice(0, 1), ['clip_l'], [])).toEqual([]);
  });

  it('say a factor that no run takes', () => {
    expect([-4, 0, 4].map(rangeFault)).toEqual([undefined, undefined, undefined]);
    expect(rangeFault(4.5)).toBe('must be a number in -4..4');
  });
});
