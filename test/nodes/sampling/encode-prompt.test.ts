import { describe, expect, it } from 'vitest';
import { conceptTableNode } from '../../../nodes/engram/concept-table.ts';
import { triggerRegistryNode } from '../../../nodes/engram/trigger-registry.ts';
import { encodePromptNode } from '../../../nodes/sampling/encode-prompt.ts';
import type { Attachment, Conditioning } from '../../../nodes/values.ts';
import type { Registry } from '../../../src/main/engram/registry.ts';
import type { ConceptTable } from '../../../src/main/engram/table.ts';
import { faultOf } from '../../support/fault.ts';
import { nodeBench } from '../../support/node-bench.ts';

const bench = nodeBench();
const model = bench.tiny();

async function tableFor(trigger: string, seed = 0): Promise<ConceptTable> {
  const { textEncoders } = await model;
  const { registry } = (await bench.run<{ registry: Registry }>(triggerRegistryNode, { textEncoders }, { trigger })).values;
  return (await bench.run<{ table: ConceptTable }>(conceptTableNode, { registry, textEncoders }, { seed })).values.table;
}

async function encode(attachments: readonly Attachment[], params: Record<string, unknown>, promptList?: readonly string[]) {
  const { encoders } = (await model).textEncoders;
  return bench.run<{ positive: Conditioning; negative: Conditioning }>(encodePromptNode, { textEncoders: { encoders, attachments }, promptList }, params);
}

function attach(table: ConceptTable, more: Partial<Attachment> = {}): Attachment {
  return { table, strength: 1, negative: true, ...more };
}

/** The only stream of the n-th entry. */
function streamOf({ entries }: Conditioning, index = 0) {
  return Object.values(entries[index]!.streams)[0]!;
}

/** Positions at which two encodings differ. */
function changedPositions(a: Conditioning, b: Conditioning): number[] {
  const [before, after] = [streamOf(a).states, streamOf(b).states];
  const [, length, width] = before.shape as [number, number, number];
  return Array.from({ length }, (_, position) => position).filter((position) => {
    const range = [position * width, (position + 1) * width] as const;
    return String(before.data.subarray(...range)) !== String(after.data.subarray(...range));
  });
}

const TRIGGER = 'Aldric Vortex-9';

describe('Encode Prompt', () => {
  it('gives the states of every prompt, and of the negative prompt', async () => {
    const { values: { positive, negative }, warnings } = await encode([], { prompts: ['a fox', 'a robot'], negativePrompt: 'blurry' });
    expect(positive.entries.map(({ prompt }) => prompt)).toEqual(['a fox', 'a robot']);
    expect(negative.entries.map(({ prompt }) => prompt)).toEqual(['blurry']);
    expect(streamOf(positive).states.shape).toEqual([1, 77, 24]);
    expect(warnings).toEqual([]);
  });

  it('a prompt without a trigger keeps its bytes, whatever tables are attached', async () => {
    const tables = [attach(await tableFor(TRIGGER)), attach(await tableFor('Zyx Qwert', 1), { strength: 4 })];
    const params = { prompts: ['a fox on the moon', ''], negativePrompt: 'blurry' };
    const base = (await encode([], params)).values;
    expect((await encode(tables, params)).values).toEqual(base);
  });

  it('changes the positions that the trigger covers, and no other', async () => {
    const { encoders } = (await model).textEncoders;
    const prompt = `a portrait of ${TRIGGER} in snow`;
    const base = (await encode([], { prompts: [prompt] })).values.positive;
    const injected = (await encode([attach(await tableFor(TRIGGER))], { prompts: [prompt] })).values.positive;
    const { tokenizer } = encoders.streams[0]!;
    const start = 1 + tokenizer.encode('a portrait of').length;
    const covered = Array.from({ length: tokenizer.encode(TRIGGER).length }, (_, index) => start + index);
    expect(changedPositions(base, injected)).toEqual(covered);
  });

  it('adds up what two tables do, and strength 0 leaves the base', async () => {
    const params = { prompts: [`${TRIGGER} and Zyx Qwert`] };
    const [first, second] = [attach(await tableFor(TRIGGER)), attach(await tableFor('Zyx Qwert', 1))];
    const [none, one, other, both] = await Promise.all([[], [first], [second], [first, second]].map(async (tables) => (await encode(tables, params)).values.positive));
    const changed = [...changedPositions(none!, one!), ...changedPositions(none!, other!)].sort((a, b) => a - b);
    expect(changedPositions(none!, both!)).toEqual(changed);
    expect((await encode([attach(first.table, { strength: 0 })], params)).values.positive).toEqual(none);
    expect(changedPositions(one!, (await encode([attach(first.table, { strength: 2 })], params)).values.positive)).toEqual(changedPositions(none!, one!));
  });

  it('acts on the negative prompt only where a table is to', async () => {
    const table = await tableFor(TRIGGER);
    const params = { prompts: ['a fox'], negativePrompt: TRIGGER };
    const base = (await encode([], params)).values.negative;
    expect((await encode([attach(table, { negative: false })], params)).values.negative).toEqual(base);
    expect(changedPositions(base, (await encode([attach(table)], params)).values.negative)).not.toEqual([]);
    const positive = { prompts: [TRIGGER] };
    expect(changedPositions((await encode([], positive)).values.positive, (await encode([attach(table, { negative: false })], positive)).values.positive)).not.toEqual([]);
  });

  it('a linked list of prompts takes the place of its own', async () => {
    const { values: { positive } } = await encode([], { prompts: ['own'] }, ['linked', 'twice']);
    expect(positive.entries.map(({ prompt }) => prompt)).toEqual(['linked', 'twice']);
    expect(await faultOf(() => encode([], { prompts: [] }))).toMatchObject({ code: 'prompt.none', port: 'prompts' });
  });

  it('says what a prompt that is too long loses', async () => {
    const { warnings } = await encode([], { prompts: [`${'x '.repeat(100)}lastword`] });
    expect(warnings).toMatchObject([{ code: 'prompt.truncated', where: 'EncodePrompt "test", stream clip_l', rule: 'a prompt must fit into 77 tokens' }]);
    expect(warnings[0]?.hint).toContain('lastword');
  });
});
