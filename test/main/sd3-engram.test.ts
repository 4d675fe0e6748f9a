import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { conceptTableNode } from '../../nodes/engram/concept-table.ts';
import { injectNode } from '../../nodes/engram/inject.ts';
import { triggerRegistryNode } from '../../nodes/engram/trigger-registry.ts';
import { vaeDecodeNode } from '../../nodes/image/vae-decode.ts';
import { loadBackboneNode } from '../../nodes/models/load-backbone.ts';
import { emptyLatentNode } from '../../nodes/sampling/empty-latent.ts';
import { encodePromptNode } from '../../nodes/sampling/encode-prompt.ts';
import { sampleNode } from '../../nodes/sampling/sample.ts';
import { trainNode } from '../../nodes/training/train.ts';
import type { Conditioning, Dataset, ImageBatch, InjectedEncoders, LatentBatch } from '../../nodes/values.ts';
import type { Registry } from '../../src/main/engram/registry.ts';
import type { ConceptTable } from '../../src/main/engram/table.ts';
import { decodeTable, encodeTable } from '../../src/main/engram/table-file.ts';
import { faultOf } from '../support/fault.ts';
import { nodeBench, type TinyModel } from '../support/node-bench.ts';
import { picture } from '../support/pictures.ts';
import { REFERENCE } from '../support/reference-case.ts';

const bench = nodeBench();
const TRIGGER = 'Aldric Vortex-9 CyberNebula';
const STREAMS = ['clip_l', 'clip_g', 't5'];

const load = async (params: Record<string, unknown> = {}): Promise<TinyModel> => (await bench.run<TinyModel>(loadBackboneNode, {}, { folder: join(REFERENCE, 'tiny-sd3'), ...params })).values;
const model = load();

async function newTable({ textEncoders }: TinyModel, leaveOut: readonly string[] = []): Promise<{ registry: Registry; table: ConceptTable }> {
  const { registry } = (await bench.run<{ registry: Registry }>(triggerRegistryNode, { textEncoders }, { trigger: TRIGGER, leaveOut })).values;
  return { registry, table: (await bench.run<{ table: ConceptTable }>(conceptTableNode, { registry, textEncoders }, { seed: 3 })).values.table };
}

async function inject(table: ConceptTable, params: Record<string, unknown> = {}): Promise<InjectedEncoders> {
  const { textEncoders } = await model;
  return (await bench.run<{ textEncoders: InjectedEncoders }>(injectNode, { textEncoders, tables: [table] }, params)).values.textEncoders;
}

async function encode(textEncoders: InjectedEncoders, prompts: readonly string[]): Promise<Conditioning> {
  return (await bench.run<{ positive: Conditioning }>(encodePromptNode, { textEncoders }, { prompts })).values.positive;
}

describe('a table on three text streams', () => {
  it('has a registry and a section per stream, each with that tokenizer\'s spans and that encoder\'s width', async () => {
    const { registry, table } = await newTable(await model);
    expect(table.streams.map(({ stream, width }) => [stream, width])).toEqual([['clip_l', 24], ['clip_g', 32], ['t5', 64]]);
    expect(new Set(registry.streams.map(({ triggerIds }) => String(triggerIds))).size).toBe(3);
    expect(table.settings).toEqual({ rule: 'relative-norm', tanh: true, overlap: 'sum' });
    expect(decodeTable(encodeTable(table), 'table')).toEqual(table);
  });

  it('acts on every stream, where its spans stand and nowhere else; pooled projections stay', async () => {
    const { textEncoders } = await model;
    const { table } = await newTable(await model);
    const prompts = [`a photo of ${TRIGGER} in a garden`];
    const [base] = (await encode(textEncoders, prompts)).entries;
    const [edited] = (await encode(await inject(table), prompts)).entries;
    expect(edited!.extras['pooled_projections']).toBe(base!.extras['pooled_projections']);
    for (const { stream, keys, width } of table.streams) {
      const { ids, states } = base!.streams[stream]!;
      const covered = new Set(keys.flatMap((key) => ids.flatMap((_, start) => (key.every((id, offset) => ids[start + offset] === id) ? key.map((_id, offset) => start + offset) : []))));
      expect(covered.size, stream).toBeGreaterThan(2);
      ids.forEach((_, position) => {
        const at = (of: Float32Array): Float32Array => of.subarray(position * width, (position + 1) * width);
        if (covered.has(position)) expect(at(edited!.streams[stream]!.states.data), `${stream} ${position}`).not.toEqual(at(states.data));
        else expect(at(edited!.streams[stream]!.states.data), `${stream} ${position}`).toEqual(at(states.data));
      });
    }
  });

  it.each([[['t5']], [['clip_l', 'clip_g']], [STREAMS]])('streams can be turned off at render time: %j', async (off) => {
    const { textEncoders } = await model;
    const { table } = await newTable(await model);
    const prompts = [`${TRIGGER} on the moon`];
    const [base] = (await encode(textEncoders, prompts)).entries;
    const [edited] = (await encode(await inject(table, { streamStrengths: off.map((id) => `${id}=0`) }), prompts)).entries;
    for (const id of STREAMS) expect(edited!.streams[id]!.states === base!.streams[id]!.states, id).toBe(off.includes(id));
  });

  it.each([[['t5']], [['clip_l', 'clip_g']], [['clip_l']]])('can be bound without streams, whose states then stay the base\'s: %j', async (leaveOut) => {
    const { backbone, textEncoders } = await model;
    const { table } = await newTable(await model, leaveOut);
    const bound = STREAMS.filter((id) => !leaveOut.includes(id));
    expect(table.streams.map(({ stream }) => stream)).toEqual(bound);
    expect(decodeTable(encodeTable(table), 'table')).toEqual(table);
    const dataset: Dataset = { label: 'images', items: [{ name: '1.png', caption: TRIGGER, picture: picture(64, 64, 1) }] };
    const trained = (await bench.run<{ table: ConceptTable }>(trainNode, { backbone, table, dataset }, { steps: 1, width: 32, height: 32 })).values.table;
    expect(trained.streams.map(({ stream, vectors }, index) => [stream, vectors.some((value, at) => value !== table.streams[index]!.vectors[at])])).toEqual(bound.map((id) => [id, true]));
    const prompts = [`${TRIGGER} on the moon`];
    const [base] = (await encode(textEncoders, prompts)).entries;
    const [edited] = (await encode(await inject(trained), prompts)).entries;
    for (const id of STREAMS) expect(edited!.streams[id]!.states === base!.streams[id]!.states, id).toBe(leaveOut.includes(id));
  });

  it('that was bound without T5 trains and acts where T5 was left out of the model, with nothing to warn of', async () => {
    const lean = await load({ leaveOut: ['t5'] });
    const { table } = await newTable(await model, ['t5']);
    expect((await newTable(lean, ['t5'])).table).toEqual(table);
    const dataset: Dataset = { label: 'images', items: [{ name: '1.png', caption: TRIGGER, picture: picture(64, 64, 1) }] };
    const trained = (await bench.run<{ table: ConceptTable }>(trainNode, { backbone: lean.backbone, table, dataset }, { steps: 1, width: 32, height: 32 })).values.table;
    const { values, warnings } = await bench.run<{ textEncoders: InjectedEncoders }>(injectNode, { textEncoders: lean.textEncoders, tables: [trained] });
    expect(warnings).toEqual([]);
    const [base, edited] = await Promise.all([lean.textEncoders, values.textEncoders].map(async (encoders) => (await encode(encoders, [TRIGGER])).entries[0]!.streams));
    for (const id of ['clip_l', 'clip_g']) expect(edited![id]!.states, id).not.toEqual(base![id]!.states);
  });

  it.each([
    [['umt5'], { code: 'registry.leave-out', where: 'TriggerRegistry "test"', rule: 'leaveOut must name text streams of the model: clip_l, clip_g, t5', got: 'umt5', port: 'leaveOut' }],
    [STREAMS, { code: 'registry.no-stream', where: 'TriggerRegistry "test"', rule: 'at least one text stream must be left to bind the concept to', got: 'leaveOut clip_l, clip_g, t5', port: 'leaveOut' }],
  ])('is refused without streams %j', async (leaveOut, fault) => {
    expect(await faultOf(async () => newTable(await model, leaveOut))).toMatchObject(fault);
  });

  it('acts on the streams that are there when one was left out, says so, and is not trained then', async () => {
    const { table } = await newTable(await model);
    const lean = await load({ leaveOut: ['t5'] });
    const { values, warnings } = await bench.run<{ textEncoders: InjectedEncoders }>(injectNode, { textEncoders: lean.textEncoders, tables: [table] }, { streamStrengths: ['t5=0'] });
    expect(warnings).toMatchObject([{ code: 'inject.idle-stream', where: `Inject "test", table "${TRIGGER}"`, rule: expect.stringContaining('"t5"') as string }]);
    const prompts = [`${TRIGGER} on the moon`];
    const whole = (await encode(await inject(table), prompts)).entries[0]!.streams;
    const cut = (await encode(values.textEncoders, prompts)).entries[0]!.streams;
    expect(Object.keys(cut)).toEqual(['clip_l', 'clip_g']);
    for (const id of ['clip_l', 'clip_g']) expect(cut[id]!.states, id).toEqual(whole[id]!.states);
    const dataset: Dataset = { label: 'images', items: [{ name: '1.png', caption: TRIGGER, picture: picture(64, 64, 1) }] };
    await expect(bench.run(trainNode, { backbone: lean.backbone, table, dataset }, { steps: 1, width: 32, height: 32 })).rejects.toThrow('the table has rows for the text stream "t5", which the model was loaded without');
    await expect(bench.run(injectNode, { textEncoders: { ...lean.textEncoders, encoders: { ...lean.textEncoders.encoders, absent: [] } }, tables: [table] })).rejects.toThrow('the table has a part for the text stream "t5"');
  });

  it('a stream\'s strength multiplies the whole table\'s', async () => {
    const { table } = await newTable(await model);
    const prompts = [`${TRIGGER} on the moon`];
    const both = (await encode(await inject(table, { strength: 2, streamStrengths: ['t5 = 0.5', 'clip_g=-1'] }), prompts)).entries[0]!.streams;
    const plain = (await encode(await inject(table), prompts)).entries[0]!.streams;
    const pushed = (await encode(await inject(table, { strength: -2 }), prompts)).entries[0]!.streams;
    expect(both['t5']!.states).toEqual(plain['t5']!.states);
    expect(both['clip_g']!.states).toEqual(pushed['clip_g']!.states);
  });

  it.each([['no form', ['t5:0']], ['no such stream', ['umt5=1']], ['twice', ['t5=1', 't5=0']], ['no number', ['t5=']]])('refuses a stream strength: %s', async (_title, streamStrengths) => {
    const { table } = await newTable(await model);
    await expect(inject(table, { streamStrengths })).rejects.toThrow('streamStrengths must be lines STREAM=FACTOR, each of the streams clip_l, clip_g, t5 at most once');
  });

  it.each(['t5=4.01', 'clip_l=-5', 't5=100000000000000000000'])('refuses a stream factor out of range: %s', async (line) => {
    const { table } = await newTable(await model);
    expect(await faultOf(() => inject(table, { streamStrengths: ['clip_g=-4', line] }))).toMatchObject({
      code: 'inject.stream-factor', kind: 'input', rule: 'factors of streamStrengths must be in -4..4', got: line, hint: expect.stringContaining('0 turns the stream off') as string, port: 'streamStrengths',
    });
  });

  it('pictures of prompts without a registered span stay equal, with the table on one, two and three streams', async () => {
    const { backbone, textEncoders, vae } = await model;
    const { table } = await newTable(await model);
    const prompts = ['a red coat on a snowy road', 'two birds over the sea'];
    const { latents } = (await bench.run<{ latents: LatentBatch }>(emptyLatentNode, { backbone }, { seeds: [1, 7], width: 32, height: 32 })).values;
    const render = async (encoders: InjectedEncoders, texts: readonly string[]): Promise<Uint8Array[]> => {
      const { positive, negative } = (await bench.run<{ positive: Conditioning; negative: Conditioning }>(encodePromptNode, { textEncoders: encoders }, { prompts: texts })).values;
      const sampled = (await bench.run<{ latents: LatentBatch }>(sampleNode, { backbone, positive, negative, latents }, { steps: 3, guidanceScale: 4.5 })).values;
      return (await bench.run<{ image: ImageBatch }>(vaeDecodeNode, { vae, latents: sampled.latents }, {})).values.image.pictures.map(({ pixels }) => pixels);
    };
    const base = await render(textEncoders, prompts);
    for (const off of [['clip_g', 't5'], ['t5'], []]) {
      expect(await render(await inject(table, { strength: 4, streamStrengths: off.map((id) => `${id}=0`) }), prompts)).toEqual(base);
    }
    const triggered = [`a red coat on ${TRIGGER}`];
    expect(await render(await inject(table, { strength: 4 }), triggered)).not.toEqual(await render(textEncoders, triggered));
  });
});

describe('training by rectified flow', () => {
  const dataset: Dataset = { label: 'images', items: [`a portrait of ${TRIGGER} in snow`, `${TRIGGER} on the moon`].map((caption, index) => ({ name: `${index + 1}.png`, caption, picture: picture(64, 64, index + 1) })) };

  async function train(tiny: TinyModel, params: Record<string, unknown> = {}): Promise<ConceptTable> {
    const { table } = await newTable(tiny);
    const contentKey = 'bcdef'[Object.keys(params).length]!;
    return (await bench.run<{ table: ConceptTable }>(trainNode, { backbone: tiny.backbone, table, dataset }, { steps: 3, seed: 5, width: 32, height: 32, ...params }, { contentKey })).values.table;
  }

  it('changes vectors and scales of all three streams in one run, and in segments by the same numbers', async () => {
    const { table: start } = await newTable(await model);
    const whole = await train(await model);
    const inSegments = await train(await load({ segments: 3 }), { sampleEvery: 0 });
    start.streams.forEach(({ stream, vectors, scale }, index) => {
      const [trained, cut] = [whole.streams[index]!, inSegments.streams[index]!];
      expect(trained.vectors, stream).not.toEqual(vectors);
      expect(trained.scale, stream).not.toEqual(scale);
      const change = Float32Array.from(trained.vectors, (value, place) => value - vectors[place]!);
      const difference = Float32Array.from(trained.vectors, (value, place) => value - cut.vectors[place]!);
      // AdamW flips signs where gradients are tiny: runs are compared by the size of the table's change.
      expect(Math.hypot(...difference) / Math.hypot(...change), stream).toBeLessThanOrEqual(1e-2);
    });
    expect(whole.provenance['training.objective']).toBe('rectified-flow');
  });

  it('trains a table of one stream, and asks captions for its trigger in that stream alone', async () => {
    const { table } = await newTable(await model);
    const inOne = { ...table, streams: table.streams.slice(0, 1) };
    const [first] = dataset.items;
    const captioned = { ...dataset, items: [first, { ...first, name: 'fox.png', caption: 'a fox' }] };
    const { values, warnings } = await bench.run<{ table: ConceptTable }>(trainNode, { backbone: (await model).backbone, table: inOne, dataset: captioned }, { steps: 1, width: 32, height: 32 }, { contentKey: '0' });
    expect(values.table.streams.map(({ stream }) => stream)).toEqual(['clip_l']);
    expect(warnings).toMatchObject([{ code: 'train.caption', where: 'Train "test", image "fox.png", stream "clip_l"', got: 'none' }]);
  });

  it('takes other times where asked, and refuses what the model was not made for', async () => {
    const uniform = await train(await model, { objective: 'rectified-flow-uniform', sampleEvery: 0 });
    expect(uniform.provenance['training.objective']).toBe('rectified-flow-uniform');
    await expect(train(await model, { objective: 'ddpm-epsilon' })).rejects.toThrow('objective must be one that the model was made for: rectified-flow, rectified-flow-uniform, rectified-flow-shifted, got ddpm-epsilon');
  });
});
