import { describe, expect, it } from 'vitest';
import { injectNode } from '../../../nodes/engram/inject.ts';
import type { InjectedEncoders } from '../../../nodes/values.ts';
import type { ConceptTable } from '../../../src/main/engram/table.ts';
import { faultOf } from '../../support/fault.ts';
import { nodeBench } from '../../support/node-bench.ts';
import { tinyTable } from '../../support/tiny-tables.ts';

const bench = nodeBench();

describe('Inject', () => {
  it('adds tables to those that the encoders carry, and changes neither', async () => {
    const { textEncoders } = await bench.tiny();
    const [a, b] = [await tinyTable(bench, { seed: 1 }), await tinyTable(bench, { seed: 2 })];
    const inject = async (encoders: InjectedEncoders, tables: ConceptTable[], params: object) => (await bench.run<{ textEncoders: InjectedEncoders }>(injectNode, { textEncoders: encoders, tables }, { ...params })).values.textEncoders;
    const first = await inject(textEncoders, [a], { strength: 0.5, negative: false });
    const second = await inject(first, [b], {});
    expect(second.attachments).toEqual([{ table: a, strength: 0.5, streamStrengths: {}, negative: false }, { table: b, strength: 1, streamStrengths: {}, negative: true }]);
    expect(first.attachments).toHaveLength(1);
    expect(textEncoders.attachments).toEqual([]);
    expect(second.encoders).toBe(textEncoders.encoders);
  });

  it('refuses a table of another tokenizer, with the reason', async () => {
    const { textEncoders } = await bench.tiny();
    const foreign = await tinyTable(bench);
    const streams = foreign.streams.map((stream) => ({ ...stream, tokenizerHash: '0'.repeat(64) }));
    expect(await faultOf(() => bench.run(injectNode, { textEncoders, tables: [{ ...foreign, streams }] }))).toMatchObject({ code: 'table.tokenizer' });
    expect(await faultOf(() => bench.run(injectNode, { textEncoders, tables: [{ ...foreign, family: 'sd35' }] }))).toMatchObject({ code: 'table.family' });
  });
});
