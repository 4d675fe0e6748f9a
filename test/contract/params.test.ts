import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkParam, parseParamText, printValue, type ParamSchema } from '../../src/contract/params.ts';

const doc = 'x';
const MAX = Number.MAX_SAFE_INTEGER;

interface Case {
  readonly schema: ParamSchema;
  readonly good: readonly unknown[];
  /** Value and what is shown of it. */
  readonly bad: readonly (readonly [unknown, string])[];
  readonly rule: string;
}

const CASES: readonly Case[] = [
  { schema: { kind: 'integer', min: 1, max: 9, default: 1, doc }, good: [1, 9], bad: [[0, '0'], [10, '10'], [1.5, '1.5'], ['3', '"3"'], [NaN, 'null']], rule: 'must be a whole number in 1..9' },
  { schema: { kind: 'number', min: -1, max: 1, default: 0, doc }, good: [-1, 0.5, 1], bad: [[1.01, '1.01'], [NaN, 'null'], [Infinity, 'null'], ['1', '"1"']], rule: 'must be a number in -1..1' },
  { schema: { kind: 'seed', default: 0, doc }, good: [0, MAX], bad: [[-1, '-1'], [MAX + 1, String(MAX + 1)], [0.5, '0.5']], rule: `must be a whole number in 0..${MAX}` },
  { schema: { kind: 'boolean', default: true, doc }, good: [true, false], bad: [[1, '1'], ['true', '"true"']], rule: 'must be true or false' },
  { schema: { kind: 'text', default: '', doc }, good: ['', 'a'], bad: [[1, '1'], [null, 'null'], [['a'], '["a"]']], rule: 'must be text' },
  { schema: { kind: 'text-list', default: [], doc }, good: [[], ['a', '']], bad: [['a', '"a"'], [['a', 1], '["a",1]']], rule: 'must be a list of texts' },
  { schema: { kind: 'integer-list', min: 0, max: 5, default: [], doc }, good: [[], [0, 5]], bad: [[[6], '[6]'], [[0.5], '[0.5]'], [3, '3']], rule: 'must be a list of whole numbers in 0..5' },
  { schema: { kind: 'choice', options: ['a', 'b'], default: 'a', doc }, good: ['a', 'b'], bad: [['c', '"c"'], ['', '""'], [0, '0']], rule: 'must be one of a, b' },
  { schema: { kind: 'path', target: 'folder', access: 'read', default: '', doc }, good: ['models:x', '../y'], bad: [['', '""'], ['a\0b', '"a\\u0000b"'], [1, '1']], rule: 'must be the path of a folder' },
];

describe('checkParam', () => {
  it.each(CASES)('$schema.kind: accepts what is allowed, and says what is', ({ schema, good, bad, rule }) => {
    for (const value of good) expect(checkParam(schema, value, 'Sample "portrait"', 'steps')).toBeUndefined();
    for (const [value, shown] of bad) {
      const error = checkParam(schema, value, 'Sample "portrait"', 'steps', 'portrait');
      expect(error?.message).toBe(`Sample "portrait": steps ${rule}, got ${shown}`);
      expect(error?.data).toMatchObject({ code: 'graph.param-value', kind: 'input', port: 'steps', nodeId: 'portrait' });
    }
  });
});

describe('parseParamText', () => {
  it.each(CASES)('$schema.kind: reads back what is allowed', ({ schema, good }) => {
    for (const value of good) expect(parseParamText(schema, Array.isArray(value) ? JSON.stringify(value) : String(value))).toEqual(value);
  });

  it('reads lists without brackets: lines of text, numbers with commas', () => {
    expect(parseParamText({ kind: 'text-list', default: [], doc }, 'a fox\na robot')).toEqual(['a fox', 'a robot']);
    expect(parseParamText({ kind: 'integer-list', min: 0, max: 9, default: [], doc }, '1, 2,3')).toEqual([1, 2, 3]);
  });

  it('gives what no schema accepts for texts that are no value', () => {
    for (const [kind, text] of [['integer', ''], ['integer', 'x'], ['boolean', 'yes'], ['integer-list', '1,,2'], ['number', ' ']] as const) {
      const { schema } = CASES.find((candidate) => candidate.schema.kind === kind)!;
      expect(checkParam(schema, parseParamText(schema, text), 'x', 'x')).toBeDefined();
    }
  });
});

describe('printValue', () => {
  it('is short for any value', () => {
    fc.assert(fc.property(fc.anything(), (value) => {
      fc.pre(!JSON.stringify(value, (_key, item: unknown) => (typeof item === 'bigint' ? '__bigint__' : item))?.includes('__bigint__'));
      expect(printValue(value).length).toBeLessThanOrEqual(80);
    }));
  });
});
