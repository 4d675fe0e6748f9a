import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { countRows, expandBatch, stepsOf, type ExpandedBatch } from '../../../../src/main/services/batch/expand.ts';
import { parseBatch } from '../../../../src/main/services/batch/read-batch.ts';
import { BatchFiles } from '../../../../src/main/services/batch/sources.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

async function expand(groups: unknown, files: Record<string, string> = {}): Promise<ExpandedBatch> {
  const folder = await temporaryFolder();
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  const batch = parseBatch(JSON.stringify({ format: 'engram-batch', version: 1, graph: 'a', groups }), 'x.batch.json');
  return expandBatch(batch, 'x.batch.json', new BatchFiles({ base: folder, roots: {} }));
}

/** Every row as text, from the axes' labels. */
function rowsOf({ axes, groups, rows }: ExpandedBatch): string[] {
  return Array.from({ length: rows }, (_, row) => {
    const steps = stepsOf(groups, row);
    return axes.map(({ group, values }) => values[steps[group] as number]?.label).join(' ');
  });
}

describe('product and zip', () => {
  test('the first group varies slowest; the axes of a group advance together', async () => {
    const expanded = await expand([{ a: { values: ['x', 'y'] } }, { b: { values: [1, 2] }, c: { values: ['p', 'q'] } }]);
    expect(rowsOf(expanded)).toEqual(['x 1 p', 'x 2 q', 'y 1 p', 'y 2 q']);
  });

  test('without axes there is one row', async () => {
    expect(rowsOf(await expand([]))).toEqual(['']);
  });

  const lengths = fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 5 });

  test('laws of the product: the count is the product of the lengths, rows differ, and the last group advances first', () => {
    fc.assert(fc.property(lengths, (groups) => {
      const rows = Array.from({ length: countRows(groups) }, (_, row) => stepsOf(groups, row));
      expect(rows).toHaveLength(groups.reduce((product, length) => product * length, 1));
      expect(new Set(rows.map(String)).size).toBe(rows.length);
      for (const steps of rows) steps.forEach((step, group) => { expect(step).toBeLessThan(groups[group] as number); });
      const sorted = [...rows].sort((a, b) => { const at = a.findIndex((step, group) => step !== b[group]); return at < 0 ? 0 : (a[at] as number) - (b[at] as number); });
      expect(rows).toEqual(sorted);
    }));
  });

  test('law of nesting: product over (A, B) is product over A of products over B', () => {
    fc.assert(fc.property(lengths, lengths, (a, b) => {
      const all = Array.from({ length: countRows([...a, ...b]) }, (_, row) => stepsOf([...a, ...b], row));
      const nested = Array.from({ length: countRows(a) }, (_, left) => Array.from({ length: countRows(b) }, (_right, right) => [...stepsOf(a, left), ...stepsOf(b, right)])).flat();
      expect(all).toEqual(nested);
    }));
  });

  test('law of zip: a group of several axes has the rows of each of its axes alone, side by side', async () => {
    await fc.assert(fc.asyncProperty(fc.array(fc.tuple(fc.integer(), fc.string({ minLength: 1 })), { minLength: 1, maxLength: 6 }), async (pairs) => {
      const [numbers, texts] = [pairs.map(([number]) => number), pairs.map(([, text]) => text)];
      const together = await expand([{ n: { values: numbers }, t: { values: texts } }]);
      expect(together.axes.map(({ values }) => values.map(({ value }) => value))).toEqual([numbers, texts]);
      expect(rowsOf(together)).toEqual(pairs.map(([number, text]) => `${number} ${text}`));
    }), { numRuns: 25 });
  });
});

describe('faults', () => {
  test('axes of one group with different lengths', async () => {
    const { faults } = await expand([{ a: { values: [1, 2] }, b: { values: [1] } }, { c: { values: [1] }, d: { values: { seeds: 3 } } }]);
    expect(faults).toMatchObject([
      { code: 'batch.lengths', where: 'x.batch.json, group 1', got: 'a 2, b 1' },
      { code: 'batch.lengths', where: 'x.batch.json, group 2', got: 'c 1, d 3' },
    ]);
  });

  test('all axes are looked at before anything is said', async () => {
    const { faults } = await expand([{ a: { values: { lines: 'none.txt' } } }, { b: { values: { from: 1, to: 0, step: 1 } } }, { c: { values: ['{a'], wildcards: 'all' } }]);
    expect(faults.map(({ code, where }) => [code, where])).toEqual([
      ['files.missing', 'x.batch.json, group 1, axis "a"'], ['batch.range', 'x.batch.json, group 2, axis "b"'], ['wildcards.open', 'x.batch.json, group 3, axis "c"'],
    ]);
  });

  test('too many rows are told with the product and what is allowed, before they are made', async () => {
    const { faults } = await expand([{ a: { values: { seeds: 2000 } } }, { b: { values: { seeds: 1000 } } }]);
    expect(faults).toMatchObject([{ code: 'batch.too-many-rows', rule: 'a batch must have at most 1000000 rows', got: '2000000 (2000 x 1000)' }]);
  });

  test('a small file can not ask for more values than fit into memory', async () => {
    const seeds = { values: { seeds: 1_000_000 } };
    const across = await expand(Array.from({ length: 60 }, (_, index) => ({ [`a${index}`]: seeds })));
    expect(across.faults).toMatchObject([{ code: 'batch.too-many-rows', got: '1000000000000 (1000000 x 1000000)' }]);
    const inside = await expand([Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`a${index}`, seeds]))]);
    expect(inside.faults).toMatchObject([{ code: 'batch.too-many-values', rule: 'the axes of a batch must have at most 4000000 values together', got: '5000000' }]);
  });

  test('wildcards that explode are told likewise', async () => {
    const { faults } = await expand([{ a: { values: ['{a|b|c|d}'.repeat(50)], wildcards: 'all' } }, { b: { values: ['{1|2|3|4|5|6|7|8|9|10}'.repeat(6), '{1|2}'], wildcards: 'all' } }]);
    expect(faults).toMatchObject([{ code: 'batch.too-many-values', got: 'more than can be counted', rule: 'an axis must have at most 1000000 values' }, { code: 'batch.too-many-values', got: '1000002 or more' }]);
  });
});

describe('wildcards', () => {
  test('are written out before axes advance together', async () => {
    const expanded = await expand([{ p: { values: ['a {red|blue} fox', 'cat'], wildcards: 'all' }, s: { values: { seeds: 3, from: 5 } } }]);
    expect(rowsOf(expanded)).toEqual(['a red fox 5', 'a blue fox 6', 'cat 7']);
  });

  test('take words from files, and from files named in those', async () => {
    const expanded = await expand([{ p: { values: ['a {file:animals.txt}', 7], wildcards: 'all' } }], { 'animals.txt': 'fox\n{big|small} {file:birds.txt}\n', 'birds.txt': 'owl\r\n' });
    expect(rowsOf(expanded)).toEqual(['a fox', 'a big owl', 'a small owl', '7']);
    expect((await expand([{ p: { values: ['{file:../x.txt}'], wildcards: 'all' } }])).faults).toMatchObject([{ code: 'files.outside' }]);
    expect((await expand([{ p: { values: ['{file:a.txt}'], wildcards: 'all' } }], { 'a.txt': '{file:a.txt}' })).faults).toMatchObject([{ code: 'wildcards.cycle', got: 'a.txt -> a.txt' }]);
  });

  test('draws give as many texts as asked for, from each text, equal for equal seeds and independent of the other texts', async () => {
    const draw = { draw: 4, seed: 1 };
    const both = rowsOf(await expand([{ p: { values: ['{a|b|c|d|e|f|g|h}{1|2|3|4|5|6|7|8}', 'x{1|2}'], wildcards: draw } }]));
    expect(both).toHaveLength(8);
    expect(rowsOf(await expand([{ p: { values: ['{a|b|c|d|e|f|g|h}{1|2|3|4|5|6|7|8}'], wildcards: draw } }]))).toEqual(both.slice(0, 4));
    expect(rowsOf(await expand([{ p: { values: ['{a|b|c|d|e|f|g|h}{1|2|3|4|5|6|7|8}'], wildcards: { draw: 4, seed: 2 } } }]))).not.toEqual(both.slice(0, 4));
  });

  test('braces are nothing special unless asked for, and that is said', async () => {
    const expanded = await expand([{ p: { values: ['plain', 'a {red|blue} fox'] } }, { q: { values: ['{fine}'] } }]);
    expect(rowsOf(expanded)).toEqual(['plain {fine}', 'a {red|blue} fox {fine}']);
    expect(expanded.notices).toMatchObject([{ code: 'batch.no-wildcards', where: 'x.batch.json, group 1, axis "p"', got: '"a {red|blue} fox"' }]);
  });
});
