import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { valueCodecs } from '../../../nodes/codecs/index.ts';
import { pack, unpack } from '../../../nodes/codecs/pack.ts';
import type { Conditioning, ImageBatch, LatentBatch, PortValues, Report } from '../../../nodes/values.ts';
import { PORT_TYPES } from '../../../src/contract/port-types.ts';
import { floatTensor } from '../../../src/main/core/ir/tensor.ts';
import type { ConceptTable } from '../../../src/main/engram/table.ts';
import { faultOf } from '../../support/fault.ts';
import { picture } from '../../support/pictures.ts';

const floats = fc.float32Array({ minLength: 6, maxLength: 6 });

const conditioning: fc.Arbitrary<Conditioning> = fc.array(fc.record({ prompt: fc.string(), states: floats, pooled: floats }), { maxLength: 3 }).map((entries) => ({
  entries: entries.map(({ prompt, states, pooled }) => ({
    prompt, streams: { clip_l: { ids: [0, 5, 2], textStart: 1, textEnd: 2, states: floatTensor(states, [1, 3, 2]) } }, extras: { pooled: floatTensor(pooled, [1, 6]) },
  })),
}));

const latents: fc.Arbitrary<LatentBatch> = fc.array(fc.record({ label: fc.string(), prompt: fc.string(), seed: fc.maxSafeNat(), data: fc.option(floats, { nil: undefined }) }), { maxLength: 3 })
  .map((items) => ({ channels: 1, height: 2, width: 3, items }));

const image: fc.Arbitrary<ImageBatch> = fc.array(fc.record({ seed: fc.nat(), label: fc.string(), prompt: fc.string(), known: fc.boolean() }), { maxLength: 3 })
  .map((specs) => ({ pictures: specs.map(({ seed, label, prompt, known }) => picture(3, 2, seed % 50, { label, prompt, seed: known ? seed : undefined })) }));

const report: fc.Arbitrary<Report> = fc.record({ title: fc.string(), facts: fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), fc.oneof(fc.string(), fc.integer(), fc.boolean())), lines: fc.array(fc.string()) });

const table: fc.Arbitrary<ConceptTable> = fc.record({ trigger: fc.string({ minLength: 1 }), vectors: fc.float32Array({ minLength: 4, maxLength: 4, noNaN: true, noDefaultInfinity: true }) }).map(({ trigger, vectors }) => ({
  trigger, maxN: 7, family: 'sd15', settings: { rule: 'absolute', tanh: false, overlap: 'sum' }, provenance: { backbone: 'tiny' },
  streams: [{ stream: 'clip_l', tokenizerHash: 'a'.repeat(64), width: 2, keys: [[1, 2], [3]], vectors, scale: Float32Array.from([0.05, 0.05]) }],
}));

const VALUES: Partial<{ [K in keyof PortValues]: fc.Arbitrary<PortValues[K]> }> = { Conditioning: conditioning, Latents: latents, Image: image, Report: report, Table: table };

describe('value codecs', () => {
  it('are those of the port types that say so', () => {
    const kept = PORT_TYPES.filter(({ onDisk }) => onDisk).map(({ name }) => name);
    expect(valueCodecs.map(({ type }) => type).sort()).toEqual([...kept].sort());
  });

  it.each(valueCodecs)('$type comes back as it was', (codec) => {
    const values = VALUES[codec.type] as fc.Arbitrary<unknown> | undefined;
    if (values === undefined) throw new Error(`no values for ${codec.type}: add them to this test`);
    fc.assert(fc.property(values, (value) => { expect(codec.decode(codec.encode(value))).toEqual(value); }), { numRuns: 50 });
  });
});

describe('pack', () => {
  it('takes values without any array', () => {
    expect(unpack(pack({ json: [1, 'ü', null], arrays: {} }))).toEqual({ json: [1, 'ü', null], arrays: {} });
  });

  it('refuses bytes that are not whole', async () => {
    const bytes = pack({ json: 1, arrays: { a: Float32Array.from([1, 2]) } });
    expect((await faultOf(() => unpack(bytes.subarray(0, bytes.length - 3)))).code).toMatch(/^safetensors\./);
  });
});
