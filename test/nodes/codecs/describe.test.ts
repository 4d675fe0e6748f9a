import { describe, expect, it } from 'vitest';
import { valueCodecs } from '../../../nodes/codecs/index.ts';
import { describeNumbers } from '../../../nodes/codecs/describe.ts';
import type { Conditioning, ImageBatch, LatentBatch, Report } from '../../../nodes/values.ts';
import type { PortTypeName } from '../../../src/contract/port-types.ts';
import type { ValueDescription } from '../../../src/contract/value-description.ts';
import { floatTensor } from '../../../src/main/core/ir/tensor.ts';
import type { ConceptTable } from '../../../src/main/engram/table.ts';
import { picture } from '../../support/pictures.ts';

function describeValue(type: PortTypeName, value: unknown): ValueDescription {
  const codec = valueCodecs.find((candidate) => candidate.type === type);
  if (codec === undefined) throw new Error(`no codec for ${type}`);
  return codec.describe(value);
}

describe('numbers', () => {
  it('have shape, mean, deviation and range, over all parts', () => {
    const { hash, ...rest } = describeNumbers([2, 2], [Float32Array.of(1, 2), Float32Array.of(3, 6)]);
    // Mean 3, squares 50 / 4: variance 12.5 - 9.
    expect(rest).toEqual({ shape: [2, 2], mean: 3, facts: { deviation: Math.sqrt(3.5), smallest: 1, largest: 6 } });
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
  });

  it('hash by value and shape, not by how they are cut', () => {
    const hash = (shape: number[], ...parts: Float32Array[]): string | undefined => describeNumbers(shape, parts).hash;
    expect(hash([2], Float32Array.of(1), Float32Array.of(2))).toBe(hash([2], Float32Array.of(0, 1, 2).subarray(1)));
    expect(hash([2], Float32Array.of(1, 2))).not.toBe(hash([1, 2], Float32Array.of(1, 2)));
    expect(hash([2], Float32Array.of(1, 2))).not.toBe(hash([2], Float32Array.of(1, Math.fround(2 + 2e-7))));
    // Known value, so that hashes in files hold for ever: SHA-256 of "[1]" and four zero bytes.
    expect(hash([1], Float32Array.of(0))).toBe('0b85eb3c61e7ae364b1137969fbdf2d25b217c3b7e5486d23db5b25bc16ad44e');
  });
});

describe('values', () => {
  it('images: shape and mean of their bytes; labels play no part', () => {
    const batch = (label: string): ImageBatch => ({ pictures: [picture(3, 2, 1, { label }), picture(3, 2, 2)] });
    const described = describeValue('Image', batch('a'));
    expect(described.shape).toEqual([2, 2, 3, 3]);
    expect(described).toEqual(describeValue('Image', batch('b')));
    const bytes = batch('a').pictures.flatMap(({ pixels }) => [...pixels]);
    expect(described.mean).toBeCloseTo(bytes.reduce((sum, byte) => sum + byte, 0) / bytes.length, 10);
    expect(describeValue('Image', { pictures: [picture(3, 2, 1), picture(2, 2, 1)] }).shape).toEqual([2]);
  });

  it('latents: with numbers and without', () => {
    const batch = (data: Float32Array | undefined): LatentBatch => ({ channels: 1, height: 1, width: 2, items: [{ label: '', prompt: '', seed: 1, data }] });
    expect(describeValue('Latents', batch(Float32Array.of(1, 3)))).toMatchObject({ shape: [1, 1, 1, 2], mean: 2 });
    expect(describeValue('Latents', batch(undefined))).toMatchObject({ shape: [1, 1, 1, 2], facts: {} });
  });

  it('conditioning: one array where it is one', () => {
    const entry = (extras: object): object => ({ prompt: 'p', streams: { clip: { ids: [1], textStart: 0, textEnd: 1, states: floatTensor(Float32Array.of(1, 2), [1, 1, 2]) } }, extras });
    const value = (extras: object): Conditioning => ({ entries: [entry(extras), entry(extras)] } as Conditioning);
    expect(describeValue('Conditioning', value({}))).toMatchObject({ shape: [2, 1, 2], mean: 1.5 });
    expect(describeValue('Conditioning', value({ pooled: floatTensor(Float32Array.of(3), [1, 1]) })).shape).toEqual([2]);
  });

  it('tables: rows and trigger', () => {
    const table: ConceptTable = {
      trigger: 'fox', maxN: 7, family: 'sd15', settings: { rule: 'absolute', tanh: false, overlap: 'sum' }, provenance: {},
      streams: [{ stream: 'clip_l', tokenizerHash: 'a'.repeat(64), width: 2, keys: [[1, 2], [3]], vectors: Float32Array.of(1, 2, 3, 4), scale: Float32Array.of(5, 5) }],
    };
    expect(describeValue('Table', table)).toMatchObject({ shape: [2, 2], facts: { trigger: 'fox', rows: 2 } });
  });

  it('reports: title and facts', () => {
    const report: Report = { title: 't', facts: { loss: 0.5, ok: true }, lines: ['x'] };
    expect(describeValue('Report', report)).toEqual({ title: 't', facts: { loss: 0.5, ok: true } });
  });
});
