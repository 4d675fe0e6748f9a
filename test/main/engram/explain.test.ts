import { describe, expect, test } from 'vitest';
import { captionsWithoutTrigger } from '../../../src/main/engram/captions.ts';
import { explainTokens, type PromptExplanation } from '../../../src/main/engram/explain.ts';
import { buildMatcher } from '../../../src/main/engram/matcher.ts';
import { buildRegistry } from '../../../src/main/engram/registry.ts';
import { createPieceTokenizer } from './support/piece-tokenizer.ts';

const tokenizer = createPieceTokenizer({ padding: '!</w>' });
const streams = [{ id: 'clip_l', width: 4, tokenizer }];
const tableFor = (trigger: string): { trigger: string; keys: readonly (readonly number[])[] } => ({ trigger, keys: buildRegistry(trigger, streams, 7).streams[0]!.keys });

function explain(prompt: string, ...triggers: string[]): PromptExplanation {
  const tables = triggers.map(tableFor);
  const tokens = tokenizer.encodePrompt(prompt);
  return explainTokens('clip_l', tokens, tokenizer, tables, buildMatcher(tables.map(({ keys }) => keys)).match(tokens.ids));
}

describe('explainTokens', () => {
  test('lists every token with its text and whether it belongs to the prompt', () => {
    const { tokens } = explain('red Zorblax', 'Zorblax');
    expect(tokens).toHaveLength(16);
    expect(tokens.slice(0, 6).map(({ text, inText }) => `${text}${inText ? '' : ' -'}`)).toEqual(['<start> -', 'red</w>', 'zorb', 'lax</w>', '<end> -', '!</w> -']);
  });

  test('says which n-gram hits which row, with its text', () => {
    const { matches } = explain('a Zorblax 9', 'Zorblax 9');
    expect(matches.map(({ row, start, length, text, outsideText }) => ({ row, start, length, text, outsideText }))).toEqual([
      { row: 0, start: 2, length: 2, text: 'zorblax', outsideText: false },
      { row: 2, start: 2, length: 3, text: 'zorblax 9', outsideText: false },
      { row: 1, start: 3, length: 2, text: 'lax 9', outsideText: false },
    ]);
  });

  test.each([
    ['whole', 'the Zorblax Quvanti walks', []],
    ['partial', 'the Quvanti walks', ['prompt.trigger-partial']],
    ['none', 'a dog', []],
    ['cut', 'one two cats sing high and low on some tall hill Zorblax Quvanti', ['prompt.trigger-cut']],
    ['cut', 'one two cats sing high and low on some tall hill side near here Zorblax Quvanti', ['prompt.trigger-cut']],
  ])('tells a trigger that is %s: %s', (presence, prompt, codes) => {
    const explanation = explain(prompt, 'Zorblax Quvanti');
    expect(explanation.presence).toEqual([presence]);
    expect(explanation.warnings.map(({ code }) => code)).toEqual(codes);
  });

  test('shows what was cut off', () => {
    const { truncated } = explain('one two cats sing high and low on some tall hill side near Zorblax', 'Zorblax');
    expect(truncated).toEqual([{ id: tokenizer.encode('lax')[0], text: 'lax</w>' }]);
  });

  test('reports spans that two tables claim, with the tables', () => {
    const { contested, warnings } = explain('Zorblax Quvanti Mirk and Quvanti', 'Zorblax Quvanti', 'Quvanti Mirk', 'Unseen Thing');
    expect(contested).toEqual([{ start: 3, length: 2, tables: [0, 1] }, { start: 7, length: 2, tables: [0, 1] }]);
    expect(warnings.filter(({ code }) => code === 'prompt.contested-span').map(({ got }) => got)).toEqual(['"Zorblax Quvanti", "Quvanti Mirk"', '"Zorblax Quvanti", "Quvanti Mirk"']);
  });

  test('says nothing of a table that has no part in the stream', () => {
    const tokens = tokenizer.encodePrompt('one two cats sing high and low on some tall hill Zorblax Quvanti');
    const { presence, warnings } = explainTokens('clip_l', tokens, tokenizer, [{ trigger: 'Zorblax Quvanti', keys: [] }], []);
    expect({ presence, warnings }).toEqual({ presence: ['none'], warnings: [] });
  });

  test('a table that is turned off is shown where it matches, and changes, contests and warns of nothing', () => {
    const tables = [tableFor('Zorblax Quvanti'), { ...tableFor('Quvanti Mirk'), acts: false }];
    const tokens = tokenizer.encodePrompt('Zorblax Quvanti and Quvanti');
    const { matches, presence, contested, warnings } = explainTokens('clip_l', tokens, tokenizer, tables, buildMatcher(tables.map(({ keys }) => keys)).match(tokens.ids));
    expect(matches.filter(({ table }) => table === 1).length).toBeGreaterThan(0);
    expect(presence).toEqual(['whole', 'partial']);
    expect({ contested, warnings }).toEqual({ contested: [], warnings: [] });
  });

  test('one table that overlaps itself is no contest', () => {
    expect(explain('Zorblax Quvanti', 'Zorblax Quvanti').contested).toEqual([]);
  });

  test('matches in the padding are found, as the authors find them, and reported', () => {
    const { matches, warnings } = explain('a dog', 'zorb!!');
    expect(matches.length).toBeGreaterThan(0);
    expect(matches.every(({ outsideText }) => outsideText)).toBe(true);
    expect(warnings.map(({ code }) => code)).toContain('prompt.match-outside-text');
  });
});

describe('captionsWithoutTrigger', () => {
  test('names the captions in which the trigger is missing, incomplete or cut', () => {
    const captions = ['Zorblax Quvanti in a park', 'a man in a park', 'Quvanti runs', 'one two cats sing high and low on some tall hill side near here Zorblax Quvanti'];
    expect(captionsWithoutTrigger(captions, buildRegistry('Zorblax Quvanti', streams, 7), streams)).toEqual([
      { caption: 1, stream: 'clip_l', presence: 'none' },
      { caption: 2, stream: 'clip_l', presence: 'partial' },
      { caption: 3, stream: 'clip_l', presence: 'cut' },
    ]);
  });

  test('looks at streams that the table has a part in, by its own keys', () => {
    const { keys } = tableFor('Zorblax Quvanti');
    const table = { trigger: 'Zorblax Quvanti', streams: [{ stream: 'clip_l', keys: keys.slice(0, 1) }] };
    expect(captionsWithoutTrigger(['a man', 'Quvanti runs'], table, [...streams, { id: 'other', width: 4, tokenizer }])).toEqual([
      { caption: 0, stream: 'clip_l', presence: 'none' },
      { caption: 1, stream: 'clip_l', presence: 'none' },
    ]);
  });
});
