import { describe, expect, test } from 'vitest';
import { layOutSheet, wrapLabel, type SheetLayout, type SheetSpec } from '../../../../src/main/services/images/sheet-layout.ts';

describe('wrapLabel', () => {
  test('breaks at spaces, inside words only where one is too long, and stops after four lines', () => {
    const width = 10 * 12; // ten characters
    expect(wrapLabel('a red coat and hat', width)).toEqual(['a red coat', 'and hat']);
    expect(wrapLabel('abcdefghijklmno', width)).toEqual(['abcdefghij', 'klmno']);
    expect(wrapLabel('', width)).toEqual([]);
    expect(wrapLabel('one two three four five six seven eight nine ten', width)).toEqual(['one two', 'three four', 'five six', 'seven e...'].map((line, index) => (index === 3 ? expect.stringMatching(/\.\.\.$/) as string : line)));
  });
});

/** A sheet of grey squares. */
function sheetOf(rows: number, columns: number, label = (row: number) => `prompt ${row}`): SheetSpec {
  const cell = { width: 64, height: 64, pixels: new Uint8Array(64 * 64 * 3) };
  return { columnLabels: Array.from({ length: columns }, (_, index) => `column ${index}`), rows: Array.from({ length: rows }, (_, row) => ({ label: label(row), cells: Array.from({ length: columns }, () => cell) })), cellSize: 192 };
}

/** Rows by block: those whose first picture has the same left edge. */
function blocksOf({ cells }: SheetLayout): number[][] {
  const lefts = [...new Set(cells.filter(({ column }) => column === 0).map(({ left }) => left))].sort((a, b) => a - b);
  return lefts.map((left) => cells.filter((cell) => cell.column === 0 && cell.left === left).map(({ row }) => row));
}

describe('layOutSheet', () => {
  test('keeps a sheet that is not too tall in one block, row under row', () => {
    expect(blocksOf(layOutSheet(sheetOf(2, 2)))).toEqual([[0, 1]]);
    expect(blocksOf(layOutSheet(sheetOf(8, 9)))).toEqual([[0, 1, 2, 3, 4, 5, 6, 7]]);
  });

  test('flows a tall sheet into blocks side by side, so that it fits a screen', () => {
    const layout = layOutSheet(sheetOf(8, 2));
    expect(blocksOf(layout)).toEqual([[0, 1, 2], [3, 4, 5], [6, 7]]);
    expect(layout.width).toBeLessThanOrEqual(1920);
    expect(layout.height).toBeLessThanOrEqual(1080);
  });

  test.each([[4, 2], [5, 2], [8, 1], [12, 2], [40, 3], [100, 1]])('is about 3:2 with %i rows of %i pictures', (rows, columns) => {
    const { width, height } = layOutSheet(sheetOf(rows, columns));
    // Whole blocks only come so close: half or twice the ideal is the worst that two blocks against one can give.
    expect(width / height).toBeGreaterThan(0.75);
    expect(width / height).toBeLessThan(3);
  });

  test('repeats the column labels over every block, and aligns pictures beside each other however long their labels are', () => {
    const layout = layOutSheet(sheetOf(8, 2, (row) => (row === 1 ? 'a long prompt about a person in a red coat on a beach at sunset' : 'short')));
    expect(layout.lines.filter(({ text }) => text === 'column 0')).toHaveLength(3);
    const top = (row: number): number => layout.cells.find((cell) => cell.row === row)?.top ?? NaN;
    expect(top(1)).toBe(top(4));
    expect(top(4)).toBe(top(7));
    // The short label stands right above its picture, on the height of the long one's last line.
    const last = layout.lines.filter(({ text }) => text.includes('sunset'))[0]?.top;
    expect(layout.lines.filter(({ text, top: at }) => text === 'short' && at === last)).toHaveLength(2);
  });

  test.each([[1, 1], [7, 2], [13, 3], [64, 1]])('places every picture of %i x %i once, inside the sheet and over no other', (rows, columns) => {
    const { cells, width, height } = layOutSheet(sheetOf(rows, columns));
    expect(new Set(cells.map(({ row, column }) => `${row} ${column}`)).size).toBe(rows * columns);
    expect(cells).toHaveLength(rows * columns);
    for (const [index, a] of cells.entries()) {
      expect(a.left >= 0 && a.top >= 0 && a.left + a.width <= width && a.top + a.height <= height).toBe(true);
      for (const b of cells.slice(index + 1)) {
        const apart = a.left + a.width <= b.left || b.left + b.width <= a.left || a.top + a.height <= b.top || b.top + b.height <= a.top;
        expect(apart).toBe(true);
      }
    }
  });
});
