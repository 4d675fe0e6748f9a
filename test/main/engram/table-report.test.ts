import { describe, expect, it } from 'vitest';
import type { ConceptTable } from '../../../src/main/engram/table.ts';
import { compareTables, cosine, describeTable, histogram } from '../../../src/main/engram/table-report.ts';

function table(vectors: number[], keys: number[][], scale: number[] = [1, 1]): ConceptTable {
  return {
    trigger: 'Aldric', maxN: 2, family: 'sd15', settings: { rule: 'absolute', tanh: true, overlap: 'sum' }, provenance: { made: 'here' },
    streams: [{ stream: 'clip_l', tokenizerHash: 'a'.repeat(64), width: 2, keys, vectors: Float32Array.from(vectors), scale: Float32Array.from(scale) }],
  };
}

describe('describeTable', () => {
  it('tells norms, cosines and scale by their definitions', () => {
    const report = describeTable(table([3, 4, 0, 2, 4, -3], [[1], [2], [1, 2]], [-1, 1]), (_stream, ids) => `t${ids.join('+')}`);
    const [stream] = report.streams;
    expect(stream?.rows).toEqual([{ row: 0, ids: [1], norm: 5, text: 't1' }, { row: 1, ids: [2], norm: 2, text: 't2' }, { row: 2, ids: [1, 2], norm: 5, text: 't1+2' }]);
    expect(stream?.cosine?.map((value) => Math.round(value * 1000) / 1000)).toEqual([1, 0.8, 0, 0.8, 1, -0.6, 0, -0.6, 1]);
    expect(stream?.scale).toMatchObject({ from: -1, to: 1 });
    expect(stream?.scaleNorm).toBeCloseTo(Math.SQRT2, 12);
    expect(report.fingerprint).toMatch(/^[0-9a-f]{64}$/);
  });

  it('compares no more rows than a person can see', () => {
    const count = 65;
    const keys = Array.from({ length: count }, (_, index) => [index]);
    expect(describeTable(table(Array.from({ length: count * 2 }, () => 1), keys)).streams[0]?.cosine).toBeUndefined();
  });
});

describe('compareTables', () => {
  it('finds rows of equal keys, and whether the tables push the same way', () => {
    const pair = compareTables(table([1, 0, 0, 1], [[1], [2, 3]]), table([0, 2, 5, 5], [[2, 3], [9]]));
    expect(pair.streams).toEqual([{ stream: 'clip_l', sameTokenizer: true, shared: [{ a: 1, b: 0, ids: [2, 3], cosine: 1 }], meanCosine: expect.closeTo(6 / (Math.sqrt(0.5) * Math.hypot(2.5, 3.5)) / 2, 5) as number }]);
  });

  it('takes equal ids of other tokenizers for no equal keys, and says so', () => {
    const a = table([1, 0], [[1]]);
    const other = { ...a, streams: a.streams.map((stream) => ({ ...stream, tokenizerHash: 'b'.repeat(64) })) };
    expect(compareTables(a, other).streams).toEqual([{ stream: 'clip_l', sameTokenizer: false, shared: [], meanCosine: 1 }]);
    expect(compareTables(a, a).streams).toMatchObject([{ sameTokenizer: true, shared: [{ a: 0, b: 0 }] }]);
  });
});

describe('histogram and cosine', () => {
  it('count every value once, also when all are equal', () => {
    expect(histogram(Float32Array.from([0, 1, 2, 3]), 4).counts).toEqual([1, 1, 1, 1]);
    expect(histogram(Float32Array.from([2, 2]), 3)).toEqual({ from: 2, to: 2, counts: [2, 0, 0] });
    expect(cosine(Float32Array.from([0, 0]), Float32Array.from([1, 2]))).toBe(0);
  });
});
