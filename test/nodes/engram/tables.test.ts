import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { conceptTableNode } from '../../../nodes/engram/concept-table.ts';
import { injectNode } from '../../../nodes/engram/inject.ts';
import { loadTableNode } from '../../../nodes/engram/load-table.ts';
import { saveTableNode } from '../../../nodes/engram/save-table.ts';
import { triggerRegistryNode } from '../../../nodes/engram/trigger-registry.ts';
import type { InjectedEncoders } from '../../../nodes/values.ts';
import type { Registry } from '../../../src/main/engram/registry.ts';
import type { ConceptTable } from '../../../src/main/engram/table.ts';
import { faultOf } from '../../support/fault.ts';
import { nodeBench } from '../../support/node-bench.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const bench = nodeBench();
const model = bench.tiny();

async function register(trigger: string, maxNgram = 7) {
  const { textEncoders } = await model;
  return bench.run<{ registry: Registry }>(triggerRegistryNode, { textEncoders }, { trigger, maxNgram });
}

async function table(params: Record<string, unknown> = {}): Promise<ConceptTable> {
  const { textEncoders } = await model;
  const { registry } = (await register('Aldric Vortex-9')).values;
  return (await bench.run<{ table: ConceptTable }>(conceptTableNode, { registry, textEncoders }, params)).values.table;
}

describe('Trigger Registry', () => {
  it('registers every n-gram of the trigger as the model tokenizes it', async () => {
    const { tokenizer } = (await model).textEncoders.encoders.streams[0]!;
    const { registry } = (await register('Aldric Vortex-9', 3)).values;
    const ids = tokenizer.encode('Aldric Vortex-9');
    expect(registry.streams[0]?.triggerIds).toEqual(ids);
    expect(registry.streams[0]?.keys).toContainEqual(ids.slice(0, 2));
    expect(registry.streams[0]?.keys.at(-1)).toEqual(ids);
    expect(Math.max(...registry.streams[0]!.keys.slice(0, -1).map((key) => key.length))).toBe(3);
  });

  it('warns of keys that ordinary prompts hold, and refuses a trigger without a token', async () => {
    expect((await register('Aldric Vortex-9')).warnings).toMatchObject([{ code: 'registry.ordinary-key', kind: 'input', got: '"- 9"' }]);
    expect((await register('Aldric Vortex')).warnings).toEqual([]);
    expect(await faultOf(() => register('  '))).toMatchObject({ code: 'registry.empty-trigger' });
  });
});

describe('Concept Table', () => {
  it('draws vectors from its seed, and acts as the model says unless it is told otherwise', async () => {
    const { injection } = (await model).textEncoders.encoders;
    const first = await table();
    expect(first.settings).toEqual(injection);
    expect(first.streams[0]?.vectors).toEqual((await table({ seed: 0 })).streams[0]?.vectors);
    expect(first.streams[0]?.vectors).not.toEqual((await table({ seed: 1 })).streams[0]?.vectors);
    const told = await table({ rule: 'absolute', tanh: injection.tanh ? 'off' : 'on', overlap: 'mean' });
    expect(told.settings).toEqual({ rule: 'absolute', tanh: !injection.tanh, overlap: 'mean' });
  });
});

describe('Save Table and Load Table', () => {
  it('round trip: equal tables, equal bytes', async () => {
    const original = await table();
    const folder = await temporaryFolder();
    const { artifacts } = await bench.run(saveTableNode, { table: original }, { name: 'sub/aldric' }, { outputFolder: folder });
    expect(artifacts).toMatchObject([{ kind: 'table', path: `${folder}/sub/aldric.engram.safetensors`, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string }]);
    const file = artifacts[0]!.path;
    const loaded = (await bench.run<{ table: ConceptTable }>(loadTableNode, {}, { file })).values.table;
    expect(loaded).toEqual(original);
    const again = await bench.run(saveTableNode, { table: loaded }, { name: 'again' }, { outputFolder: folder });
    expect(await readFile(again.artifacts[0]!.path)).toEqual(await readFile(file));
  });

  it('write a licence when there is one, and refuse names that leave the output folder', async () => {
    const original = await table();
    const { artifacts } = await bench.run(saveTableNode, { table: original }, { licence: 'CC-BY-4.0' });
    const loaded = (await bench.run<{ table: ConceptTable }>(loadTableNode, {}, { file: artifacts[0]!.path })).values.table;
    expect(loaded).toEqual({ ...original, licence: 'CC-BY-4.0' });
    expect(await faultOf(() => bench.run(saveTableNode, { table: original }, { name: '../out' }))).toMatchObject({ kind: 'input' });
  });
});

describe('Inject', () => {
  it('adds tables to those that the encoders carry, and changes neither', async () => {
    const { textEncoders } = await model;
    const [a, b] = [await table({ seed: 1 }), await table({ seed: 2 })];
    const inject = async (encoders: InjectedEncoders, tables: ConceptTable[], params: object) => (await bench.run<{ textEncoders: InjectedEncoders }>(injectNode, { textEncoders: encoders, tables }, { ...params })).values.textEncoders;
    const first = await inject(textEncoders, [a], { strength: 0.5, negative: false });
    const second = await inject(first, [b], {});
    expect(second.attachments).toEqual([{ table: a, strength: 0.5, negative: false }, { table: b, strength: 1, negative: true }]);
    expect(first.attachments).toHaveLength(1);
    expect(textEncoders.attachments).toEqual([]);
    expect(second.encoders).toBe(textEncoders.encoders);
  });

  it('refuses a table of another tokenizer, with the reason', async () => {
    const { textEncoders } = await model;
    const foreign = await table();
    const streams = foreign.streams.map((stream) => ({ ...stream, tokenizerHash: '0'.repeat(64) }));
    expect(await faultOf(() => bench.run(injectNode, { textEncoders, tables: [{ ...foreign, streams }] }))).toMatchObject({ code: 'table.tokenizer' });
    expect(await faultOf(() => bench.run(injectNode, { textEncoders, tables: [{ ...foreign, family: 'sd35' }] }))).toMatchObject({ code: 'table.family' });
  });
});
