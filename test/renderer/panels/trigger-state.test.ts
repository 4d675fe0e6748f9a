import { describe, expect, it } from 'vitest';
import type { TriggerReport, TriggerStream } from '../../../src/contract/studio-api.ts';
import { acts, firing, whyIdle } from '../../../src/renderer/panels/inspector/trigger-state.ts';

const stream = (id: string, ...strengths: readonly (readonly [table: number, strength: number])[]): TriggerStream => ({
  stream: id, maxLength: 77, tokens: [], hits: [], truncated: [], presence: [], contested: [], warnings: [],
  tables: strengths.map(([table, strength]) => ({ table, strength, rows: 1, gateMean: 1, gateMax: 1 })),
});
const prompt = (negative: boolean, ...streams: readonly TriggerStream[]): TriggerReport['prompts'][number] => ({ text: '', negative, silent: false, streams: [...streams] });
const tables = (...negatives: readonly boolean[]): Pick<TriggerReport, 'tables'> => ({ tables: negatives.map((negative, index) => ({ trigger: `T${index}`, strength: 1, negative, family: 'f', rows: 1 })) });

describe('which tables act', () => {
  it('those that are not turned off in the stream', () => {
    const mixed = stream('a', [0, 1], [1, 0]);
    expect([0, 1, 2].map((table) => acts({ table }, mixed))).toEqual([true, false, false]);
    expect(firing(tables(true, true), prompt(false, mixed, stream('b', [1, 0])))).toEqual(['T0']);
  });

  it('why none does, where that is not for the prompt\'s words', () => {
    expect(whyIdle(tables(), prompt(false, stream('a')))).toBe('No table is attached to these text encoders.');
    expect(whyIdle(tables(false), prompt(true, stream('a')))).toMatch(/^Tables leave negative prompts alone/);
    expect(whyIdle(tables(true), prompt(false, stream('a')))).toBe('No attached table has a part in the text streams of this model.');
    expect(whyIdle(tables(true, true), prompt(false, stream('a', [0, 0], [1, 0])))).toBe('Every table that may act in this prompt is turned off.');
    expect(whyIdle(tables(true), prompt(false, stream('a', [0, 0]), stream('b', [0, 2])))).toBeUndefined();
  });
});
