import { describe, expect, it } from 'vitest';
import type { TriggerHit, TriggerStream } from '../../../src/contract/studio-api.ts';
import { addedWithin, overlapSpans, strongestAddition, wholeAddition } from '../../../src/renderer/panels/inspector/trigger-spans.ts';

const hit = (table: number, start: number, length: number): TriggerHit => ({ table, row: start, start, length, text: '', vectorNorm: 1 });
const tokens = (added: readonly (number | undefined)[]): TriggerStream['tokens'] => added.map((addedNorm, position) => ({ position, id: position, text: `t${position}`, inText: true, ...(addedNorm === undefined ? {} : { addedNorm, baseNorm: 10 }) }));

describe('what hits of a trigger come to', () => {
  it('finds where rows of one table overlap, table by table', () => {
    expect(overlapSpans([hit(0, 1, 3), hit(0, 2, 3), hit(0, 8, 2), hit(1, 8, 2)])).toEqual([{ table: 0, start: 2, end: 3 }]);
    expect(overlapSpans([hit(0, 1, 2), hit(0, 1, 2), hit(0, 5, 2), hit(0, 6, 2)])).toEqual([{ table: 0, start: 1, end: 2 }, { table: 0, start: 6, end: 6 }]);
    expect(overlapSpans([hit(0, 1, 2), hit(0, 3, 2)])).toEqual([]);
  });

  it('finds where most is added', () => {
    expect(strongestAddition(tokens([0, 2, 5, undefined]))).toEqual({ text: 't2', added: 5, base: 10 });
    expect(strongestAddition(tokens([0, 0]))).toBeUndefined();
    expect(addedWithin(hit(0, 1, 2), tokens([9, 2, 5, 9]))).toBe(5);
    expect(addedWithin(hit(0, 0, 1), tokens([undefined]))).toBeUndefined();
  });

  it('sums up what is added where something is added', () => {
    expect(wholeAddition(tokens([0, 3, 4, undefined]))).toEqual({ tokens: 2, ratio: expect.closeTo(5 / Math.hypot(10, 10), 12) as number });
    expect(wholeAddition(tokens([0, 0]))).toBeUndefined();
    expect(wholeAddition(tokens([undefined]))).toBeUndefined();
  });
});
