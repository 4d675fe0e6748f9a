import { join } from 'node:path';
import type { BatchRowRecord, RowOutput } from '../../../contract/batch-events.ts';
import type { BatchPlan } from '../../../contract/batch-plan.ts';
import { cancelledError, toErrorData, type ErrorData } from '../../../contract/errors.ts';
import { writeFileAtomic } from '../atomic-write.ts';
import { nodeFileSystem, type FileSystem } from '../file-system.ts';
import { decodeImageFile, resizeImage } from '../images/codec.ts';
import { drawContactSheet } from '../images/contact-sheet.ts';
import { encodePicture } from '../images/encode.ts';
import type { RgbImage } from '../images/rgb-image.ts';
import { layOutSheet, type SheetSpec } from '../images/sheet-layout.ts';
import { picturesOf, reportMetadata, rowLabels } from './row-labels.ts';

/** Folder of the sheets below the output folder. */
const FOLDER = 'sheets';
/** Largest side of a picture on a sheet, in pixels: larger ones are reduced. */
const MAX_CELL = 256;
/** Smallest side: smaller ones are enlarged by a whole factor. */
const MIN_CELL = 128;
/** Most pixels of a page, and its longest side: what viewers open without trouble. */
const PAGE_PIXELS = 32_000_000;
const PAGE_SIDE = 12_000;
/** Most columns of a page. */
const MAX_COLUMNS = 32;

/** One grid of two axes; everything else is fixed in it. */
export interface Grid {
  readonly rowAxis: string;
  readonly columnAxis: string;
  /** Values of the axes that are fixed. */
  readonly fixed: Readonly<Record<string, string>>;
  /** Which of the pictures of every row it shows, from 0, and of how many. */
  readonly picture: number;
  readonly pictures: number;
  readonly rowValues: readonly string[];
  readonly columnValues: readonly string[];
  /** The picture file for a row value and a column value, by {@link cellKey}. */
  readonly cells: ReadonlyMap<string, RowOutput>;
}

/** Names a cell of a {@link Grid}. */
export function cellKey(rowValue: string, columnValue: string): string {
  return JSON.stringify([rowValue, columnValue]);
}

interface Shown { readonly index: number; readonly labels: Readonly<Record<string, string>>; readonly pictures: readonly RowOutput[] }

/** Every row of the batch file with its pictures, those included that another row makes for it. */
function shownRows(plan: BatchPlan, records: readonly BatchRowRecord[]): Shown[] {
  const labelsOf = rowLabels(plan, reportMetadata(plan));
  const byIndex = new Map(records.map((record) => [record.row.index, picturesOf(record)]));
  const own = records.map(({ row }) => ({ index: row.index, labels: labelsOf(row), pictures: byIndex.get(row.index) ?? [] }));
  const doubles = plan.duplicates.map((duplicate) => ({ index: duplicate.index, labels: labelsOf(duplicate), pictures: byIndex.get(duplicate.of) ?? [] }));
  return [...own, ...doubles].sort((a, b) => a.index - b.index);
}

/** Axes that stay free to vary in a grid: its own two, and those that advance together with them. */
function freeAxes(plan: BatchPlan, rowAxis: string, columnAxis: string): ReadonlySet<string> {
  const groups = plan.batch.groups.map((group) => Object.keys(group)).filter((axes) => axes.includes(rowAxis) || axes.includes(columnAxis));
  return new Set([rowAxis, columnAxis, ...groups.flat()]);
}

/**
 * The grids of two axes: one for each combination of values of all other axes, and for each picture where rows make several.
 * Axes of the groups of the two advance together with them and split nothing.
 */
export function gridsOf(plan: BatchPlan, records: readonly BatchRowRecord[], rowAxis: string, columnAxis: string): Grid[] {
  const free = freeAxes(plan, rowAxis, columnAxis);
  const fixedAxes = plan.axes.filter((axis) => !free.has(axis));
  const parts = new Map<string, { fixed: Record<string, string>; rows: Shown[] }>();
  for (const row of shownRows(plan, records)) {
    const fixed = Object.fromEntries(fixedAxes.map((axis) => [axis, row.labels[axis] ?? '']));
    const key = JSON.stringify(fixed);
    const part = parts.get(key) ?? { fixed, rows: [] };
    part.rows.push(row);
    parts.set(key, part);
  }
  return [...parts.values()].flatMap(({ fixed, rows }) => {
    const pictures = rows.reduce((most, row) => Math.max(most, row.pictures.length), 1);
    return Array.from({ length: pictures }, (_, picture) => gridOf(rows, { rowAxis, columnAxis, fixed, picture, pictures }));
  });
}

function gridOf(rows: readonly Shown[], of: Pick<Grid, 'rowAxis' | 'columnAxis' | 'fixed' | 'picture' | 'pictures'>): Grid {
  const cells = new Map<string, RowOutput>();
  for (const { labels, pictures } of rows) {
    const key = cellKey(labels[of.rowAxis] ?? '', labels[of.columnAxis] ?? '');
    const picture = pictures[of.picture];
    // Of rows with equal labels (a value that is listed twice) the first is shown.
    if (picture !== undefined && !cells.has(key)) cells.set(key, picture);
  }
  const values = (axis: string): string[] => [...new Set(rows.map(({ labels }) => labels[axis] ?? ''))];
  return { ...of, rowValues: values(of.rowAxis), columnValues: values(of.columnAxis), cells };
}

/** A part of a grid that fits onto one page: rows and columns, first to last (excluded). */
export interface Page {
  readonly rows: readonly [number, number];
  readonly columns: readonly [number, number];
}

function sliced(count: number, per: number): [number, number][] {
  return Array.from({ length: Math.ceil(count / per) }, (_, index) => [index * per, Math.min(count, (index + 1) * per)]);
}

/** Cuts a grid into pages within the limits of size, for pictures of `width` x `height` on the sheet. Pages of columns come first, as one reads. */
export function pagesOf(grid: Grid, width: number, height: number): Page[] {
  const perRow = Math.min(grid.columnValues.length, MAX_COLUMNS, Math.max(1, Math.floor(PAGE_SIDE / (width + 16))));
  // The layout may stand rows in blocks side by side: what it takes is asked of itself.
  const cell: RgbImage = { width, height, pixels: new Uint8Array(0) };
  const fits = (count: number): boolean => {
    const layout = layOutSheet({ ...textsOf(grid, { rows: [0, count], columns: [0, perRow] }), rows: grid.rowValues.slice(0, count).map((label) => ({ label: `${grid.rowAxis} ${label}`, cells: Array.from({ length: perRow }, () => cell) })), cellSize: Math.min(width, height) });
    return layout.width * layout.height <= PAGE_PIXELS && Math.max(layout.width, layout.height) <= PAGE_SIDE;
  };
  let perColumn = grid.rowValues.length;
  while (perColumn > 1 && !fits(perColumn)) perColumn = Math.ceil(perColumn / 2);
  return sliced(grid.rowValues.length, perColumn).flatMap((rows) => sliced(grid.columnValues.length, perRow).map((columns) => ({ rows, columns })));
}

function textsOf(grid: Grid, page: Page): { readonly title: string; readonly columnLabels: readonly string[] } {
  const fixed = Object.entries(grid.fixed).map(([axis, value]) => `${axis} ${value}`);
  const which = grid.pictures === 1 ? [] : [`picture ${grid.picture + 1} of ${grid.pictures}`];
  return {
    title: [`${grid.rowAxis} (rows) by ${grid.columnAxis} (columns)`, ...fixed, ...which].join(' | '),
    columnLabels: grid.columnValues.slice(...page.columns).map((value) => `${grid.columnAxis} ${value}`),
  };
}

/** The size on a sheet: reduced to {@link MAX_CELL}, never enlarged here. */
function cellSize({ width, height }: { readonly width: number; readonly height: number }): { width: number; height: number } {
  const scale = Math.min(1, MAX_CELL / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

/** What sheets are made with. */
export interface SheetsOptions {
  readonly outputFolder: string;
  readonly plan: BatchPlan;
  readonly records: readonly BatchRowRecord[];
  readonly signal?: AbortSignal;
  readonly fileSystem?: FileSystem;
}

/** Paths of what was written, and pictures that could not be shown. */
export interface WrittenReports {
  readonly files: readonly string[];
  readonly warnings: readonly ErrorData[];
}

/** Reads pictures for sheets; one that can't be read is told once and left out. */
class CellReader {
  readonly warnings: ErrorData[] = [];

  constructor(private readonly outputFolder: string) {}

  async read(output: RowOutput | undefined): Promise<RgbImage | undefined> {
    if (output === undefined) return undefined;
    const { file } = output;
    try {
      const image = await decodeImageFile(join(this.outputFolder, ...file.split('/')));
      const { width, height } = cellSize(image);
      return await resizeImage(image, width, height, 'stretch');
    } catch (thrown) {
      this.warnings.push(toErrorData(thrown, file, 'run'));
      return undefined;
    }
  }
}

async function drawPage(grid: Grid, page: Page, reader: CellReader): Promise<RgbImage> {
  const rows: SheetSpec['rows'][number][] = [];
  for (const rowValue of grid.rowValues.slice(...page.rows)) {
    const outputs = grid.columnValues.slice(...page.columns).map((columnValue) => grid.cells.get(cellKey(rowValue, columnValue)));
    rows.push({ label: `${grid.rowAxis} ${rowValue}`, cells: await Promise.all(outputs.map((output) => reader.read(output))) });
  }
  return drawContactSheet({ ...textsOf(grid, page), rows, cellSize: MIN_CELL });
}

/**
 * Draws the sheets that the batch file asks for into `sheets/` below the output folder: one grid for each combination of the other axes
 * (`prompt-by-seed-02.png`), in several pages where it is large (`prompt-by-seed-02-page-1.png`). Rows that are not done leave grey boxes.
 * @throws AppError `files.write`, `run.cancelled`.
 */
export async function writeSheets({ outputFolder, plan, records, signal, fileSystem = nodeFileSystem }: SheetsOptions): Promise<WrittenReports> {
  const reader = new CellReader(outputFolder);
  const files: string[] = [];
  for (const { rows, columns } of plan.batch.sheets) {
    const grids = gridsOf(plan, records, rows, columns).filter(({ cells }) => cells.size > 0);
    for (const [index, grid] of grids.entries()) {
      const [first] = grid.cells.values();
      const size = await reader.read(first);
      const scale = size === undefined ? 1 : Math.max(1, Math.ceil(MIN_CELL / Math.min(size.width, size.height)));
      const pages = pagesOf(grid, (size?.width ?? MIN_CELL) * scale, (size?.height ?? MIN_CELL) * scale);
      for (const [number, page] of pages.entries()) {
        if (signal?.aborted === true) throw cancelledError('Sheets');
        const suffix = `${grids.length === 1 ? '' : `-${String(index + 1).padStart(2, '0')}`}${pages.length === 1 ? '' : `-page-${number + 1}`}`;
        const path = join(outputFolder, FOLDER, `${rows}-by-${columns}${suffix}.png`);
        const { bytes } = await encodePicture(await drawPage(grid, page, reader), { format: 'png', quality: 100, lossless: true, chroma: '4:4:4' });
        await writeFileAtomic(path, bytes, fileSystem);
        files.push(path);
      }
    }
  }
  return { files, warnings: reader.warnings };
}
