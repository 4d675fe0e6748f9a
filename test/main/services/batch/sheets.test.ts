import { rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cellKey, gridsOf, pagesOf, writeSheets, type Grid } from '../../../../src/main/services/batch/sheets.ts';
import { decodeImageFile } from '../../../../src/main/services/images/codec.ts';
import { readImageMetadata } from '../../../../src/main/services/images/metadata.ts';
import { layOutSheet } from '../../../../src/main/services/images/sheet-layout.ts';
import { doneRecord, planOf, renderRows, rowColour, type BatchShape } from '../../../support/batch-records.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const three: BatchShape = { groups: [{ prompt: ['a fox', 'a robot'] }, { seed: ['1', '2', '3'] }, { strength: ['0', '1'] }], batch: { sheets: [{ rows: 'prompt', columns: 'seed' }] } };

/** Row index that each cell shows, row by row; -1 where it is empty. */
function shown(grid: Grid): number[][] {
  return grid.rowValues.map((row) => grid.columnValues.map((column) => Number(/\d+/.exec(grid.cells.get(cellKey(row, column))?.file ?? '-1')?.[0] ?? -1)));
}

describe('grids of two axes', () => {
  test('one for each value of the other axes, every row in its cell', () => {
    const plan = planOf(three);
    const grids = gridsOf(plan, plan.rows.map((row) => doneRecord(row, [`row-${row.index}.png`])), 'prompt', 'seed');
    expect(grids.map(({ fixed }) => fixed)).toEqual([{ strength: '0' }, { strength: '1' }]);
    expect(grids.map(shown)).toEqual([[[0, 2, 4], [6, 8, 10]], [[1, 3, 5], [7, 9, 11]]]);
  });

  test('axes that advance together with rows or columns split nothing', () => {
    const plan = planOf({ groups: [{ prompt: ['a', 'b'], table: ['x', 'y'] }, { seed: ['1', '2'] }] });
    const grids = gridsOf(plan, plan.rows.map((row) => doneRecord(row, [`row-${row.index}.png`])), 'prompt', 'seed');
    expect(grids.map(({ fixed }) => fixed)).toEqual([{}]);
    expect(shown(grids[0]!)).toEqual([[0, 1], [2, 3]]);
  });

  test('rows that make several pictures have a grid for each', () => {
    const plan = planOf({ groups: [{ a: ['1', '2'] }, { b: ['1'] }] });
    const grids = gridsOf(plan, plan.rows.map((row) => doneRecord(row, [`row-${row.index}.png`, `second-${row.index}.png`])), 'a', 'b');
    expect(grids.map(({ picture, pictures, cells }) => [picture, pictures, [...cells.values()].map(({ file }) => file)])).toEqual([[0, 2, ['row-0.png', 'row-1.png']], [1, 2, ['second-0.png', 'second-1.png']]]);
  });

  test('a row that is another row again shows its picture; rows that are not done leave a place free', () => {
    const plan = planOf({ groups: [{ a: ['1', '2'] }, { b: ['1', '2'] }], duplicates: [{ index: 4, of: 1, labels: { a: '3', b: '1' } }] });
    const records = plan.rows.map((row) => (row.index === 2 ? { row, state: 'failed' as const, attempts: 3 } : doneRecord(row, [`row-${row.index}.png`])));
    const [grid] = gridsOf(plan, records, 'a', 'b');
    expect(grid?.rowValues).toEqual(['1', '2', '3']);
    expect([...grid!.cells].map(([key, { file }]) => [key, file])).toEqual([['["1","1"]', 'row-0.png'], ['["1","2"]', 'row-1.png'], ['["2","2"]', 'row-3.png'], ['["3","1"]', 'row-1.png']]);
  });
});

describe('pages', () => {
  const gridOf = (rows: number, columns: number): Grid => ({
    rowAxis: 'prompt', columnAxis: 'seed', fixed: {}, picture: 0, pictures: 1, cells: new Map(),
    rowValues: Array.from({ length: rows }, (_, index) => `a rather long prompt with number ${index}`), columnValues: Array.from({ length: columns }, (_, index) => String(index)),
  });

  test.each([[5, 4, 64], [2000, 4, 128], [3, 5000, 256], [300, 300, 256], [1, 1, 64], [70, 33, 200]])('%d x %d cells of %d pixels: every cell on one page, none too large', (rows, columns, side) => {
    const grid = gridOf(rows, columns);
    const pages = pagesOf(grid, side, side);
    let cells = 0;
    for (const page of pages) {
      const [height, width] = [page.rows[1] - page.rows[0], page.columns[1] - page.columns[0]];
      cells += height * width;
      const cell = { width: side, height: side, pixels: new Uint8Array(0) };
      const layout = layOutSheet({ title: 'title', columnLabels: grid.columnValues.slice(...page.columns), rows: grid.rowValues.slice(...page.rows).map((label) => ({ label: `prompt ${label}`, cells: Array.from({ length: width }, () => cell) })), cellSize: side });
      expect(layout.width * layout.height).toBeLessThan(40_000_000);
      expect(Math.max(layout.width, layout.height)).toBeLessThan(13_000);
    }
    expect(cells).toBe(rows * columns);
    if (rows * columns <= 20) expect(pages).toHaveLength(1);
  });
});

describe('written sheets', () => {
  test('show every picture where it belongs, and carry nothing but pixels', async () => {
    const folder = await temporaryFolder();
    const plan = planOf(three);
    const { files, warnings } = await writeSheets({ outputFolder: folder, plan, records: await renderRows(folder, plan) });
    expect(warnings).toEqual([]);
    expect(files.map((path) => basename(path))).toEqual(['prompt-by-seed-01.png', 'prompt-by-seed-02.png']);
    const image = await decodeImageFile(files[0]!);
    const found = new Map<string, number>();
    for (let at = 0; at < image.pixels.length; at += 3) {
      const key = image.pixels.subarray(at, at + 3).join(',');
      found.set(key, (found.get(key) ?? 0) + 1);
    }
    for (const index of [0, 2, 4, 6, 8, 10]) expect(found.get(rowColour(index).join(','))).toBe(128 * 128); // 32 pixels, four times
    for (const index of [1, 3, 5]) expect(found.has(rowColour(index).join(','))).toBe(false);
    expect([...(await readImageMetadata(files[0]!)).texts.keys()]).toEqual(['Pixels-SHA256']);
  });

  test('large pictures are reduced, keeping their proportions', async () => {
    const folder = await temporaryFolder();
    const plan = planOf({ groups: [{ a: ['1'] }, { b: ['1'] }], batch: { sheets: [{ rows: 'a', columns: 'b' }] } });
    const { files } = await writeSheets({ outputFolder: folder, plan, records: await renderRows(folder, plan, { width: 1024, height: 512 }) });
    const image = await decodeImageFile(files[0]!);
    const colour = rowColour(0).join(',');
    let count = 0;
    for (let at = 0; at < image.pixels.length; at += 3) if (image.pixels.subarray(at, at + 3).join(',') === colour) count += 1;
    expect(count).toBe(256 * 128);
  });

  test('a picture that is gone or damaged leaves its place free and is told', async () => {
    const folder = await temporaryFolder();
    const plan = planOf(three);
    const records = await renderRows(folder, plan);
    await rm(join(folder, 'row-0.png'));
    await writeFile(join(folder, 'row-2.png'), 'damaged');
    const { files, warnings } = await writeSheets({ outputFolder: folder, plan, records });
    expect(files).toHaveLength(2);
    expect(new Set(warnings.map(({ code }) => code))).toEqual(new Set(['files.read', 'image.unreadable']));
  });

  test('without metadata prompts are not drawn', async () => {
    const draw = async (prompt: string, metadata: 'full' | 'none') => {
      const folder = await temporaryFolder();
      const plan = planOf({ groups: [{ prompt: [prompt, 'b'] }, { seed: ['1'] }], batch: { sheets: [{ rows: 'prompt', columns: 'seed' }], output: { metadata } } });
      return (await decodeImageFile((await writeSheets({ outputFolder: folder, plan, records: await renderRows(folder, plan) })).files[0]!)).pixels;
    };
    expect(await draw('secret', 'none')).toEqual(await draw('another', 'none'));
    expect(await draw('secret', 'full')).not.toEqual(await draw('another', 'full'));
  });
});
