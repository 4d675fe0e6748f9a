import { inputError } from '../../../contract/errors.ts';
import { drawableText, GLYPH_ADVANCE, GLYPH_HEIGHT, GLYPH_WIDTH, glyphPixel } from './bitmap-font.ts';
import { checkImage, MAX_PIXELS, type RgbImage } from './rgb-image.ts';

/** A labelled grid of pictures. */
export interface SheetSpec {
  readonly columnLabels: readonly string[];
  readonly rows: readonly { readonly label: string; readonly cells: readonly (RgbImage | undefined)[] }[];
  /** Smallest side of a picture on the sheet in pixels: smaller ones are enlarged by a whole factor, without smoothing. */
  readonly cellSize: number;
}

type Colour = readonly [number, number, number];
const PAPER: Colour = [250, 250, 248];
const INK: Colour = [32, 32, 36];
const EMPTY: Colour = [228, 228, 224];

const MARGIN = 12;
const GAP = 8;
/** Every font pixel is drawn as 2 x 2. */
const TEXT_SCALE = 2;
const LINE_HEIGHT = (GLYPH_HEIGHT + 2) * TEXT_SCALE;
const CHARACTER_WIDTH = GLYPH_ADVANCE * TEXT_SCALE;
/** Longer labels end in "...". */
const MAX_LINES = 4;
/** A sheet of tiny cells is still wide enough for its labels to be read. */
const LEAST_LABEL_WIDTH = 30 * CHARACTER_WIDTH;

interface Canvas extends RgbImage {
  readonly pixels: Uint8Array;
}

function makeCanvas(width: number, height: number): Canvas {
  const pixels = new Uint8Array(width * height * 3);
  for (let index = 0; index < pixels.length; index += 3) pixels.set(PAPER, index);
  return { width, height, pixels };
}

function fillRect(canvas: Canvas, left: number, top: number, width: number, height: number, colour: Colour): void {
  for (let y = top; y < top + height; y += 1) {
    for (let x = left; x < left + width; x += 1) canvas.pixels.set(colour, (y * canvas.width + x) * 3);
  }
}

/** Copies a picture, each pixel as `scale` x `scale`. */
function drawImage(canvas: Canvas, image: RgbImage, left: number, top: number, scale: number): void {
  for (let y = 0; y < image.height * scale; y += 1) {
    const source = Math.floor(y / scale) * image.width;
    for (let x = 0; x < image.width * scale; x += 1) {
      const from = (source + Math.floor(x / scale)) * 3;
      canvas.pixels.set(image.pixels.subarray(from, from + 3), ((top + y) * canvas.width + left + x) * 3);
    }
  }
}

function drawLine(canvas: Canvas, text: string, left: number, top: number): void {
  [...text].forEach((character, index) => {
    for (let y = 0; y < GLYPH_HEIGHT; y += 1) {
      for (let x = 0; x < GLYPH_WIDTH; x += 1) {
        if (!glyphPixel(character, x, y)) continue;
        fillRect(canvas, left + index * CHARACTER_WIDTH + x * TEXT_SCALE, top + y * TEXT_SCALE, TEXT_SCALE, TEXT_SCALE, INK);
      }
    }
  });
}

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
function scaleOf(image: RgbImage, cellSize: number): number {
  return Math.max(1, Math.ceil(cellSize / Math.min(image.width, image.height)));
}

/** Where everything goes. */
interface Layout {
  readonly width: number;
  readonly height: number;
  readonly columns: readonly { readonly left: number; readonly width: number; readonly lines: readonly string[] }[];
  readonly rows: readonly { readonly labelTop: number; readonly lines: readonly string[]; readonly top: number; readonly height: number }[];
}

function layOut(sheet: SheetSpec): Layout {
  const count = Math.max(1, sheet.columnLabels.length, ...sheet.rows.map((row) => row.cells.length));
  let left = MARGIN;
  const columns = Array.from({ length: count }, (_, index) => {
    const widths = sheet.rows.map(({ cells }) => (cells[index] === undefined ? 0 : cells[index].width * scaleOf(cells[index], sheet.cellSize)));
    const width = Math.max(sheet.cellSize, ...widths);
    const column = { left, width, lines: wrapLabel(sheet.columnLabels[index] ?? '', width) };
    left += width + GAP;
    return column;
  });
  const width = Math.max(left - GAP, MARGIN + LEAST_LABEL_WIDTH) + MARGIN;
  const headLines = Math.max(...columns.map((column) => column.lines.length));
  let top = MARGIN + (headLines === 0 ? 0 : headLines * LINE_HEIGHT + GAP);
  const rows = sheet.rows.map(({ label, cells }) => {
    const lines = wrapLabel(label, width - 2 * MARGIN);
    const labelTop = top;
    const cellTop = labelTop + lines.length * LINE_HEIGHT;
    const heights = cells.map((cell) => (cell === undefined ? 0 : cell.height * scaleOf(cell, sheet.cellSize)));
    const height = Math.max(sheet.cellSize, ...heights);
    top = cellTop + height + GAP;
    return { labelTop, lines, top: cellTop, height };
  });
  return { width, height: top - GAP + MARGIN, columns, rows };
}

/**
 * Draws a contact sheet: column labels at the top, each row's label above its pictures, left out pictures as grey boxes. Equal input gives equal pixels everywhere.
 * @throws AppError `sheet.too-large` above 64 megapixels.
 */
export function drawContactSheet(sheet: SheetSpec): RgbImage {
  sheet.rows.forEach((row) => row.cells.forEach((cell) => cell && checkImage(cell, 'Contact sheet')));
  const layout = layOut(sheet);
  if (layout.width * layout.height > MAX_PIXELS) {
    throw inputError('sheet.too-large', 'Contact sheet', `must have at most ${MAX_PIXELS} pixels`, { got: `${layout.width}x${layout.height}`, hint: 'Use fewer pictures per sheet or a smaller cell size' });
  }
  const canvas = makeCanvas(layout.width, layout.height);
  for (const column of layout.columns) column.lines.forEach((line, index) => drawLine(canvas, line, column.left, MARGIN + index * LINE_HEIGHT));
  layout.rows.forEach((row, rowIndex) => {
    row.lines.forEach((line, index) => drawLine(canvas, line, MARGIN, row.labelTop + index * LINE_HEIGHT));
    layout.columns.forEach((column, columnIndex) => {
      const cell = sheet.rows[rowIndex]?.cells[columnIndex];
      if (cell === undefined) fillRect(canvas, column.left, row.top, column.width, row.height, EMPTY);
      else drawImage(canvas, cell, column.left, row.top, scaleOf(cell, sheet.cellSize));
    });
  });
  return canvas;
}
