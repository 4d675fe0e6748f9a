import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { conceptTableNode } from '../../nodes/engram/concept-table.ts';
import { injectNode } from '../../nodes/engram/inject.ts';
import { triggerRegistryNode } from '../../nodes/engram/trigger-registry.ts';
import { loadBackboneNode } from '../../nodes/models/load-backbone.ts';
import { TextStateCache } from '../../nodes/text-states.ts';
import type { InjectedEncoders } from '../../nodes/values.ts';
import { chooseDevice } from '../../src/main/engine/devices.ts';
import { createSessionProvider, type EngineSessions } from '../../src/main/engine/sessions.ts';
import type { Registry } from '../../src/main/engram/registry.ts';
import type { ConceptTable } from '../../src/main/engram/table.ts';
import { explainPrompts } from '../../src/main/prompt-inspection.ts';
import { faultOf } from '../support/fault.ts';
import { nodeBench, type TinyModel } from '../support/node-bench.ts';
import { REFERENCE } from '../support/reference-case.ts';
import { tinyTable } from '../support/tiny-tables.ts';

describe('explainPrompts', () => {
  const bench = nodeBench();

  async function withTable(strength: number): Promise<{ encoders: InjectedEncoders; explain: (prompts: readonly string[]) => ReturnType<typeof explainPrompts>; sessions: EngineSessions; dispose: () => Promise<void> }> {
    const { textEncoders } = await bench.tiny();
    const tables = [await tinyTable(bench)];
    const { values } = await bench.run<{ textEncoders: InjectedEncoders }>(injectNode, { textEncoders, tables }, { strength });
    const sessions = await createSessionProvider({ device: await chooseDevice('cpu'), plan: 'default', threads: 1 });
    const states = new TextStateCache(sessions, 1e6);
    return { encoders: values.textEncoders, explain: (prompts) => explainPrompts(values.textEncoders, prompts.map((text) => ({ text, negative: false })), states), sessions, dispose: () => sessions.dispose() };
  }

  it('tells which rows fire where, and the norm of what is really added there and nowhere else', async () => {
    const { explain, dispose } = await withTable(1);
    const report = await explain(['a portrait of Aldric Vortex-9', 'a portrait of nobody']);
    await dispose();
    expect(report.tables).toEqual([expect.objectContaining({ trigger: 'Aldric Vortex-9', strength: 1, negative: true })]);
    const [named, plain] = report.prompts;
    const stream = named?.streams[0];
    expect(named?.silent).toBe(false);
    expect(stream?.presence).toEqual(['whole']);
    const touched = new Set(stream?.hits.flatMap(({ start, length }) => Array.from({ length }, (_, index) => start + index)));
    expect(touched.size).toBeGreaterThan(0);
    for (const { position, addedNorm, baseNorm } of stream?.tokens ?? []) {
      expect(baseNorm).toBeGreaterThan(0);
      if (touched.has(position)) expect(addedNorm).toBeGreaterThan(0);
      else expect(addedNorm).toBe(0);
    }
    expect(stream?.hits.every(({ vectorNorm }) => vectorNorm > 0)).toBe(true);
    expect(plain).toMatchObject({ silent: true });
    expect(plain?.streams[0]?.hits).toEqual([]);
  });

  it('shows what strength does', async () => {
    const normAt = async (strength: number): Promise<number> => {
      const { explain, dispose } = await withTable(strength);
      const report = await explain(['Aldric Vortex-9']);
      await dispose();
      return Math.max(...(report.prompts[0]?.streams[0]?.tokens ?? []).map(({ addedNorm }) => addedNorm ?? 0));
    };
    const [whole, half, none] = [await normAt(1), await normAt(0.5), await normAt(0)];
    // The rule is linear in strength; float32 states leave a millionth.
    expect(half / whole).toBeCloseTo(0.5, 5);
    expect(none).toBe(0);
  });

  it('lets tables act in a negative prompt where they are told to, and nowhere else', async () => {
    const { encoders, sessions } = await withTable(1);
    const { textEncoders } = await bench.tiny();
    const states = new TextStateCache(sessions, 1e6);
    const explain = async (negative: boolean): ReturnType<typeof explainPrompts> => explainPrompts({ encoders: textEncoders.encoders, attachments: encoders.attachments.map((attachment) => ({ ...attachment, negative })) }, [{ text: 'Aldric Vortex-9', negative: true }], states);
    expect((await explain(true)).prompts[0]?.streams[0]?.hits.length).toBeGreaterThan(0);
    expect((await explain(false)).prompts[0]).toMatchObject({ negative: true, silent: false, streams: [{ hits: [] }] });
    await sessions.dispose();
  });

  it('does not take for acting what is turned off, as a whole or by its streams', async () => {
    const { textEncoders } = await bench.tiny();
    const [first, second] = [await tinyTable(bench), await tinyTable(bench, {}, 'Vortex-9 Mirk')];
    const sessions = await createSessionProvider({ device: await chooseDevice('cpu'), plan: 'default', threads: 1 });
    const states = new TextStateCache(sessions, 1e6);
    const ask = async (...strengths: readonly Partial<InjectedEncoders['attachments'][number]>[]): ReturnType<typeof explainPrompts> => {
      const attachments = strengths.map((strength, index) => ({ table: [first, second][index]!, strength: 1, negative: true, ...strength }));
      return explainPrompts({ encoders: textEncoders.encoders, attachments }, [{ text: 'Aldric Vortex-9', negative: false }], states);
    };
    const both = (await ask({}, {})).prompts[0]!;
    expect(both).toMatchObject({ silent: false, streams: [{ contested: [expect.objectContaining({ tables: [0, 1] })] }] });
    expect(both.streams[0]!.warnings.map(({ code }) => code)).toEqual(['prompt.trigger-partial', 'prompt.contested-span']);
    for (const off of [{ strength: 0 }, { streamStrengths: { clip_l: 0 } }]) {
      const whole = (await ask({}, off)).prompts[0]!;
      expect(whole).toMatchObject({ silent: false, streams: [{ contested: [], warnings: [], tables: [{ strength: 1 }, { strength: 0 }] }] });
      expect(whole.streams[0]!.hits.some(({ table }) => table === 1)).toBe(true);
      // The prompt wakes only the table that is off, and the one that is on stands alone: nothing fires.
      expect((await explainPrompts({ encoders: textEncoders.encoders, attachments: [{ table: first, strength: 1, negative: true, ...off }, { table: await tinyTable(bench, {}, 'Unseen Thing'), strength: 1, negative: true }] }, [{ text: 'Aldric Vortex-9', negative: false }], states)).prompts[0]).toMatchObject({ silent: true });
      // Where every table is off there is nobody to be silent, and nothing has to be computed.
      const none = (await ask(off)).prompts[0]!;
      expect(none).toMatchObject({ silent: false, streams: [{ presence: ['whole'], tables: [{ strength: 0 }] }] });
      expect(none.streams[0]!.tokens.every(({ addedNorm, baseNorm }) => addedNorm === undefined && baseNorm === undefined)).toBe(true);
    }
    await sessions.dispose();
  });

  it('says nothing of a table in streams that it has no part in, and names streams that the model was loaded without', async () => {
    const model = (await bench.run<TinyModel>(loadBackboneNode, {}, { folder: join(REFERENCE, 'tiny-sd3'), leaveOut: ['t5'] })).values;
    const { registry } = (await bench.run<{ registry: Registry }>(triggerRegistryNode, { textEncoders: model.textEncoders }, { trigger: 'Aldric Vortex-9' })).values;
    const { table } = (await bench.run<{ table: ConceptTable }>(conceptTableNode, { registry, textEncoders: model.textEncoders }, {})).values;
    const inOne = { ...table, streams: table.streams.slice(0, 1) };
    const { values } = await bench.run<{ textEncoders: InjectedEncoders }>(injectNode, { textEncoders: model.textEncoders, tables: [inOne] }, {});
    const sessions = await createSessionProvider({ device: await chooseDevice('cpu'), plan: 'default', threads: 1 });
    const { absent, prompts } = await explainPrompts(values.textEncoders, [{ text: `${'a red coat '.repeat(30)}Aldric Vortex-9`, negative: false }], new TextStateCache(sessions, 1e6));
    await sessions.dispose();
    expect(absent).toEqual(['t5']);
    expect(prompts[0]!.streams.map(({ stream, tables, presence, warnings }) => ({ stream, tables: tables.length, presence, codes: warnings.map(({ code }) => code) }))).toEqual([
      { stream: 'clip_l', tables: 1, presence: ['cut'], codes: ['prompt.trigger-cut'] },
      { stream: 'clip_g', tables: 0, presence: ['none'], codes: [] },
    ]);
  });

  it('tells three streams apart: spans of each tokenizer, what is added there, the gate and the strength of each', async () => {
    const model = (await bench.run<TinyModel>(loadBackboneNode, {}, { folder: join(REFERENCE, 'tiny-sd3') })).values;
    const { registry } = (await bench.run<{ registry: Registry }>(triggerRegistryNode, { textEncoders: model.textEncoders }, { trigger: 'aldric vortex-9' })).values; // the small T5 tokenizer has no pieces for capitals
    const { table } = (await bench.run<{ table: ConceptTable }>(conceptTableNode, { registry, textEncoders: model.textEncoders }, {})).values;
    const gated = { ...table, streams: table.streams.map((stream) => ({ ...stream, scale: stream.scale.map((_, channel) => (channel % 2 === 0 ? 0.5 : -0.25)) })) };
    const { values } = await bench.run<{ textEncoders: InjectedEncoders }>(injectNode, { textEncoders: model.textEncoders, tables: [gated] }, { strength: 2, streamStrengths: ['t5=0', 'clip_g=0.5'] });
    const sessions = await createSessionProvider({ device: await chooseDevice('cpu'), plan: 'default', threads: 1 });
    const states = new TextStateCache(sessions, 1e6);
    const report = await explainPrompts(values.textEncoders, [{ text: 'aldric vortex-9 in snow', negative: false }], states);
    const names = await explainPrompts(values.textEncoders, [], states);
    await sessions.dispose();
    expect(names.streams).toEqual(model.textEncoders.encoders.streams.map(({ id, site }) => ({ stream: id, site })));
    const streams = report.prompts[0]!.streams;
    expect(streams.map(({ stream, tables }) => [stream, tables])).toEqual([['clip_l', 2], ['clip_g', 1], ['t5', 0]].map(([stream, strength], index) => [
      stream, [{ table: 0, rows: table.streams[index]!.keys.length, strength, gateMean: expect.closeTo((Math.tanh(0.5) + Math.tanh(0.25)) / 2, 6) as number, gateMax: expect.closeTo(Math.tanh(0.5), 6) as number }],
    ]));
    for (const { stream, hits, tokens } of streams) {
      expect(hits.length, stream).toBeGreaterThan(0);
      // A stream that is turned off still shows what would match.
      expect(tokens.some(({ addedNorm }) => (addedNorm ?? 0) > 0), stream).toBe(stream !== 't5');
    }
    expect(new Set(streams.map(({ tokens }) => tokens.map(({ text }) => text).join(' '))).size).toBe(3);
  });

  it('is asked about text encoders alone', async () => {
    expect((await faultOf(() => explainPrompts({ backbone: true }, [], undefined as never))).code).toBe('inspect.no-encoders');
  });
});
