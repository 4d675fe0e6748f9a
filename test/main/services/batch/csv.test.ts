import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatCsvRecord, parseCsv } from '../../../../src/main/services/batch/csv.ts';
import { faultOf } from '../../../support/fault.ts';

function cells(text: string, delimiter = ','): (readonly string[])[] {
  const { header, records } = parseCsv(text, 'rows.csv', delimiter);
  return [header, ...records.map((record) => record.cells)];
}

describe('parseCsv', () => {
  test.each<[string, string[][]]>([
    ['a,b\n1,2', [['a', 'b'], ['1', '2']]],
    ['a,b\r\n1,2\r\n', [['a', 'b'], ['1', '2']]],
    ['a\n"x, ""y"""\n', [['a'], ['x, "y"']]],
    ['a,b\n"two\nlines",x', [['a', 'b'], ['two\nlines', 'x']]],
    ['a,b\n"",\n', [['a', 'b'], ['', '']]],
    ['a\n""\n', [['a'], ['']]],
    ['\n\na,b\n\n1,2\n\n', [['a', 'b'], ['1', '2']]],
    ['a,b\n1,2\r', [['a', 'b'], ['1', '2']]],
    [' a , b\n 1,2 ', [[' a ', ' b'], [' 1', '2 ']]],
    ['a\rb,c\n1,2', [['a\rb', 'c'], ['1', '2']]],
    ['__proto__,constructor\nx,y', [['__proto__', 'constructor'], ['x', 'y']]],
  ])('%j', (text, expected) => {
    expect(cells(text)).toEqual(expected);
  });

  test('takes other delimiters', () => {
    expect(cells('a;b\n1,5;"x;y"', ';')).toEqual([['a', 'b'], ['1,5', 'x;y']]);
  });

  test.each([
    ['', 'csv.empty', 'rows.csv'],
    ['\n\r\n', 'csv.empty', 'rows.csv'],
    ['a,a\n', 'csv.header', 'rows.csv line 1'],
    ['a,b\n1,2\n3\n', 'csv.cells', 'rows.csv line 3'],
    ['a,b\n"x\ny",2\n1,2,3', 'csv.cells', 'rows.csv line 4'],
    ['a\n"open', 'csv.quote', 'rows.csv line 2'],
    ['a\nx"y\n', 'csv.quote', 'rows.csv line 2'],
    ['a\n"x"y\n', 'csv.quote', 'rows.csv line 2'],
    ['a\n"x"\ry\n', 'csv.quote', 'rows.csv line 2'],
  ])('refuses %j', async (text, code, where) => {
    expect(await faultOf(() => parseCsv(text, 'rows.csv'))).toMatchObject({ code, where, kind: 'input' });
  });

  test('reads back every table that was written', () => {
    const cell = fc.string({ unit: fc.constantFrom('a', ',', ';', '"', '\n', '\r', ' ', '\u00e9', '\u{1f98a}'), maxLength: 6 });
    const table = fc.integer({ min: 1, max: 4 }).chain((width) => fc.array(fc.array(cell, { minLength: width, maxLength: width }), { maxLength: 5 }).map((rows) => ({ width, rows })));
    fc.assert(fc.property(table, fc.constantFrom(',', ';', '\t'), ({ width, rows }, delimiter) => {
      const header = Array.from({ length: width }, (_, index) => `column ${index}`);
      expect(cells([header, ...rows].map((row) => formatCsvRecord(row, delimiter)).join(''), delimiter)).toEqual([header, ...rows]);
    }));
  });

  test('takes time in proportion to size, whatever is in it', () => {
    for (const text of [`a\n${'"'.repeat(2_000_000)}`, `a,b\n${'x,y\n'.repeat(300_000)}`, `a\n"${'\n'.repeat(1_000_000)}"`, `a\n${'\r'.repeat(1_000_000)}`]) {
      const started = performance.now();
      try { parseCsv(text, 'x'); } catch { /* refused is as good as read */ }
      expect(performance.now() - started).toBeLessThan(10_000); // some 0.3 s; quadratic time would be minutes
    }
  });
});
