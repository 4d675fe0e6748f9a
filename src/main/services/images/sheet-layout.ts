import { drawableText, GLYPH_ADVANCE, GLYPH_HEIGHT } from './bitmap-font.ts';
import type { RgbImage } from './rgb-image.ts';

/** A labelled grid of pictures. */
export interface SheetSpec {
  /** Above everything. */
  readonly title?: string;
  readonly columnLabels: readonly string[];
  readonly rows: readonly { readonly label: string; readonly cells: readonly (RgbImage | undefined)[] }[];
  /** Smallest side of a picture on the sheet in pixels: smaller ones are enlarged by a whole factor, without smoothing. */
  readonly cellSize: number;
}

/** A line of text, by the top left corner of its first glyph, in pixels. */
export interface PlacedLine {
  readonly text: string;
  readonly left: number;
  readonly top: number;
}

/** The place of one picture, in pixels: the box that an absent one leaves grey. */
export interface PlacedCell {
  readonly row: number;
  readonly column: number;
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Where everything goes. */
export interface SheetLayout {
  readonly width: number;
  readonly height: number;
  readonly lines: readonly PlacedLine[];
  readonly cells: readonly PlacedCell[];
}

/** Every font pixel is drawn as 2 x 2. */
export const TEXT_SCALE = 2;
export const CHARACTER_WIDTH = GLYPH_ADVANCE * TEXT_SCALE;

const LINE_HEIGHT = (GLYPH_HEIGHT + 2) * TEXT_SCALE;
const MARGIN = 12;
const GAP = 8;
/** Between blocks: clearly more than between pictures. */
const BLOCK_GAP = 32;
/** Longer labels end in "...". */
const MAX_LINES = 4;
/** A sheet of tiny cells is still wide enough for its labels to be read. */
const LEAST_LABEL_WIDTH = 30 * CHARACTER_WIDTH;
/** A sheet up to this many times as high as wide stays one block. */
const TALLEST = 1.3;
/** Width to height that several blocks aim at: about a screen's. */
const WANTED_ASPECT = 1.5;

/** Breaks a label into lines of at most `width` pixels, at spaces where there are some; at most {@link MAX_LINES} of them. */
export function wrapLabel(label: string, width: number): string[] {
  const room = Math.max(1, Math.floor((width + TEXT_SCALE) / CHARACTER_WIDTH));
  const lines: string[] = [];
  let rest = [...drawableText(label)];
  while (rest.length > 0) {
    const cut = rest.slice(0, room + 1).lastIndexOf(' ');
    const end = rest.length <= room ? rest.length : cut > 0 ? cut : room;
    lines.push(rest.slice(0, end).join(''));
    rest = rest.slice(rest[end] === ' ' ? end + 1 : end);
  }
  if (lines.length <= MAX_LINES) return lines;
  const last = [...(lines[MAX_LINES - 1] as string)].slice(0, Math.max(0, room - 3)).join('');
  return [...lines.slice(0, MAX_LINES - 1), `${last}...`];
}

/** The whole factor by which a picture is enlarged. */
export function scaleOf(image: RgbImage, cellSize: number): number {
  return Math.max(1, Math.ceil(cellSize / Math.min(image.width, image.height)));
}

/** Sizes that are the same however the rows are laid out. */
interface Measures {
  readonly title: string;
  readonly columns: readonly { readonly left: number; readonly width: number; readonly lines: readonly string[] }[];
  readonly blockWidth: number;
  readonly headHeight: number;
  readonly rows: readonly { readonly lines: readonly string[]; readonly height: number }[];
}

function measure({ title = '', columnLabels, rows, cellSize }: SheetSpec): Measures {
  const count = Math.max(1, columnLabels.length, ...rows.map((row) => row.cells.length));
  const sizeOf = (cell: RgbImage | undefined, side: 'width' | 'height'): number => (cell === undefined ? 0 : cell[side] * scaleOf(cell, cellSize));
  let left = 0;
  const columns = Array.from({ length: count }, (_, index) => {
    const width = rows.reduce((most, { cells }) => Math.max(most, sizeOf(cells[index], 'width')), cellSize);
    const column = { left, width, lines: wrapLabel(columnLabels[index] ?? '', width) };
    left += width + GAP;
    return column;
  });
  const blockWidth = Math.max(left - GAP, LEAST_LABEL_WIDTH);
  const headLines = Math.max(...columns.map((column) => column.lines.length));
  return {
    title, columns, blockWidth,
    headHeight: headLines === 0 ? 0 : headLines * LINE_HEIGHT + GAP,
    rows: rows.map(({ label, cells }) => ({ lines: wrapLabel(label, blockWidth), height: cells.reduce((most, cell) => Math.max(most, sizeOf(cell, 'height')), cellSize) })),
  };
}

/** Rows flow down a block, then on to the next block on the right. Rows beside each other are aligned, with their labels right above the pictures. */
function place({ title, columns, blockWidth, headHeight, rows }: Measures, perBlock: number): SheetLayout {
  const blocks = Math.max(1, Math.ceil(rows.length / perBlock));
  const blockLeft = (block: number): number => MARGIN + block * (blockWidth + BLOCK_GAP);
  const width = blockLeft(blocks) - BLOCK_GAP + MARGIN;
  const titleLines = wrapLabel(title, width - 2 * MARGIN);
  const headTop = MARGIN + (titleLines.length === 0 ? 0 : titleLines.length * LINE_HEIGHT + GAP);
  const lines: PlacedLine[] = titleLines.map((text, index) => ({ text, left: MARGIN, top: MARGIN + index * LINE_HEIGHT }));
  const cells: PlacedCell[] = [];
  for (let block = 0; block < blocks; block += 1) {
    for (const column of columns) column.lines.forEach((text, index) => lines.push({ text, left: blockLeft(block) + column.left, top: headTop + index * LINE_HEIGHT }));
  }
  let top = headTop + headHeight;
  for (let place = 0; place < Math.min(perBlock, rows.length); place += 1) {
    const beside = Array.from({ length: blocks }, (_, block) => block * perBlock + place).filter((row) => row < rows.length);
    const labelLines = Math.max(...beside.map((row) => (rows[row] as Measures['rows'][number]).lines.length));
    const cellTop = top + labelLines * LINE_HEIGHT;
    const height = Math.max(...beside.map((row) => (rows[row] as Measures['rows'][number]).height));
    beside.forEach((row, block) => {
      const own = (rows[row] as Measures['rows'][number]).lines;
      own.forEach((text, index) => lines.push({ text, left: blockLeft(block), top: cellTop - (own.length - index) * LINE_HEIGHT }));
      columns.forEach((column, index) => cells.push({ row, column: index, left: blockLeft(block) + column.left, top: cellTop, width: column.width, height }));
    });
    top = cellTop + height + GAP;
  }
  return { width, height: top - GAP + MARGIN, lines, cells };
}

/**
 * Lays out a sheet, in pixels: one row of pictures under the other, and in several blocks side by side where that would be too tall to be taken in at once.
 * Of the numbers of blocks near the ideal one, that whose sheet comes closest to 3:2 is taken.
 */
export function layOutSheet(sheet: SheetSpec): SheetLayout {
  const measures = measure(sheet);
  const count = Math.max(1, sheet.rows.length);
  const single = place(measures, count);
  if (single.height <= TALLEST * single.width) return single;
  // n blocks are about n times as wide and 1/n as high.
  const ideal = Math.sqrt((WANTED_ASPECT * single.height) / single.width);
  const candidates = [Math.floor(ideal), Math.ceil(ideal)].map((blocks) => place(measures, Math.ceil(count / Math.min(count, Math.max(1, blocks)))));
  const distance = ({ width, height }: SheetLayout): number => Math.abs(Math.log(width / height / WANTED_ASPECT));
  return candidates.reduce((best, candidate) => (distance(candidate) < distance(best) ? candidate : best));
}
