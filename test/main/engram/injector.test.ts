import { describe, expect, expectTypeOf, test } from 'vitest';
import type { Denoiser, InjectionSettings, TextEncoders, TextStates } from '../../../src/main/backbones/backbone.ts';
import { floatTensor } from '../../../src/main/core/ir/tensor.ts';
import { checkCompatible, type TableTarget } from '../../../src/main/engram/compatibility.ts';
import { createInjector } from '../../../src/main/engram/injector.ts';
import { buildRegistry } from '../../../src/main/engram/registry.ts';
import type { ConceptTable, TableSettings } from '../../../src/main/engram/table.ts';
import type { TrainableDenoiser } from '../../../src/main/engram/training-graph.ts';
import { createPieceTokenizer } from './support/piece-tokenizer.ts';
import { randomNumbers, tableOf } from './support/tables.ts';

const WIDTH = 4;
const tokenizer = createPieceTokenizer();
const streams = [{ id: 'clip_l', width: WIDTH, tokenizer, site: 'last hidden state' }];

/** Base states that depend on the prompt only. */
function statesOf(prompt: string): TextStates {
  const { ids, textStart, textEnd } = tokenizer.encodePrompt(prompt);
  const states = floatTensor(randomNumbers(ids.length * WIDTH, prompt.length), [1, ids.length, WIDTH]);
  return { prompt, streams: { clip_l: { ids, textStart, textEnd, states } }, extras: {} };
}

const encoders: TextEncoders = {
  family: 'sd15', fingerprint: 'base', label: 'the test model', streams, injection: { rule: 'absolute', tanh: true, overlap: 'sum' },
  encode: (_sessions, prompts) => Promise.resolve(prompts.map(statesOf)),
};
const tableFor = (trigger: string, seed: number, more: Partial<ConceptTable> = {}): ConceptTable =>
  tableOf(trigger, buildRegistry(trigger, streams, 7).streams[0]!.keys, WIDTH, { seed, ...more });
const zorb = tableFor('Zorblax Quvanti', 1);
const mirk = tableFor('Mirkwex Dolun', 2);
const dataOf = (states: TextStates): Float32Array => states.streams['clip_l']!.states.data;

test("a backbone's own types fit", () => {
  expectTypeOf<InjectionSettings>().toExtend<TableSettings>();
  expectTypeOf<TextEncoders>().toExtend<TableTarget>();
  expectTypeOf<Denoiser>().toExtend<TrainableDenoiser>();
});

describe('createInjector', () => {
  test('edits prompts with the trigger at its tokens only', () => {
    const injector = createInjector(encoders, [{ table: zorb, strength: 1 }]);
    const base = statesOf('a photo of Zorblax Quvanti');
    const edited = injector.apply(base);
    const touched = [...dataOf(edited)].flatMap((value, index) => (value === dataOf(base)[index] ? [] : [Math.floor(index / WIDTH)]));
    expect([...new Set(touched)]).toEqual([5, 6, 7, 8]);
    expect(edited.prompt).toBe(base.prompt);
  });

  test.each([['no trigger', 'a photo of a dog', 1], ['strength 0', 'Zorblax Quvanti', 0]])('%s: the very same object comes back', (_, prompt, strength) => {
    const base = statesOf(prompt);
    const edited = createInjector(encoders, [{ table: zorb, strength }, { table: mirk, strength: 1 }]).apply(base);
    expect(edited).toBe(base);
    expect(dataOf(edited)).toBe(dataOf(base));
  });

  test('several tables act together, each with its own strength, in the order of the list', () => {
    const prompt = statesOf('Mirkwex Dolun and Zorblax Quvanti');
    const base = dataOf(prompt);
    const change = (...tables: { table: ConceptTable; strength: number }[]): number[] => [...dataOf(createInjector(encoders, tables).apply(prompt))].map((value, index) => value - base[index]!);
    const [one, other] = [change({ table: zorb, strength: 2 }), change({ table: mirk, strength: -1 })];
    change({ table: zorb, strength: 2 }, { table: mirk, strength: -1 }).forEach((value, index) => { expect(Math.abs(value - one[index]! - other[index]!)).toBeLessThan(1e-5); });
    expect(createInjector(encoders, [{ table: mirk, strength: 1 }, { table: zorb, strength: 1 }]).match('clip_l', prompt.streams['clip_l']!.ids).some(({ table }) => table === 1)).toBe(true);
  });

  test('streams that a table does not touch keep their tensor', () => {
    const two = [...streams, { id: 'clip_g', width: WIDTH, tokenizer, site: 'x' }];
    const base = statesOf('Zorblax Quvanti');
    const both: TextStates = { ...base, streams: { ...base.streams, clip_g: { ...base.streams['clip_l']! } } };
    const edited = createInjector({ ...encoders, streams: two }, [{ table: zorb, strength: 1 }]).apply(both);
    expect(edited.streams['clip_g']!.states).toBe(both.streams['clip_g']!.states);
    expect(edited.streams['clip_l']!.states).not.toBe(both.streams['clip_l']!.states);
  });

  test.each([Number.NaN, Infinity])('refuses strength %s', (strength) => {
    expect(() => createInjector(encoders, [{ table: zorb, strength }])).toThrowError(/strength must be a finite number/);
  });
});

describe('checkCompatible', () => {
  const part = zorb.streams[0]!;
  test.each<[string, Partial<ConceptTable>, RegExp]>([
    ['family', { family: 'sd35' }, /is for the family "sd35", got "sd15" \(the test model\)/],
    ['stream', { streams: [{ ...part, stream: 't5' }] }, /has a part for the text stream "t5", got the test model with "clip_l"/],
    ['width', { streams: [{ ...part, width: 2 }] }, /vectors of width 2, got text states of width 4/],
    ['tokenizer', { streams: [{ ...part, tokenizerHash: 'b'.repeat(64) }] }, /made with the tokenizer bbbbbbbbbbbb\.\.\., got aaaaaaaaaaaa\.\.\./],
    ['token ids', { streams: [{ ...part, keys: [[5], [1000, 1]] }] }, /below the vocabulary's 1000, got 1000, 1 in row 1/],
  ])('refuses another %s and says why', (_, more, message) => {
    expect(() => { checkCompatible({ ...zorb, ...more }, encoders); }).toThrowError(message);
  });

  test('accepts what fits', () => {
    expect(() => { checkCompatible(zorb, encoders); }).not.toThrow();
  });
});
