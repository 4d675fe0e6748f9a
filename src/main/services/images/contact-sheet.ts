import { inputError } from '../../../contract/errors.ts';
import { GLYPH_HEIGHT, GLYPH_WIDTH, glyphPixel } from './bitmap-font.ts';
import { checkImage, MAX_PIXELS, type RgbImage } from './rgb-image.ts';
import { CHARACTER_WIDTH, layOutSheet, scaleOf, TEXT_SCALE, type SheetSpec } from './sheet-layout.ts';

type Colour = readonly [number, number, number];
const PAPER: Colour = [250, 250, 248];
const INK: Colour = [32, 32, 36];
const EMPTY: Colour = [228, 228, 224];

interface Canvas extends RgbImage {
  readonly pixels: Uint8Array;
}

function makeCanvas(width: number, height: number): Canvas {
  const canvas = { width, height, pixels: new Uint8Array(width * height * 3) };
  fillRect(canvas, 0, 0, width, height, PAPER);
  return canvas;
}

function fillRect(canvas: Canvas, left: number, top: number, width: number, height: number, colour: Colour): void {
  if (width === 0 || height === 0) return;
  const first = (top * canvas.width + left) * 3;
  for (let x = 0; x < width; x += 1) canvas.pixels.set(colour, first + x * 3);
  for (let y = 1; y < height; y += 1) canvas.pixels.copyWithin(first + y * canvas.width * 3, first, first + width * 3);
}

/** Copies a picture, each pixel as `scale` x `scale`. */
function drawImage(canvas: Canvas, image: RgbImage, left: number, top: number, scale: number): void {
  const row = new Uint8Array(image.width * scale * 3);
  for (let source = 0; source < image.height; source += 1) {
    const pixels = image.pixels.subarray(source * image.width * 3, (source + 1) * image.width * 3);
    for (let at = 0; at < row.length; at += 1) row[at] = pixels[Math.floor(Math.floor(at / 3) / scale) * 3 + (at % 3)] as number;
    for (let copy = 0; copy < scale; copy += 1) canvas.pixels.set(row, ((top + source * scale + copy) * canvas.width + left) * 3);
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

/**
 * Draws a contact sheet: column labels at the top, each row's label above its pictures, left out pictures as grey boxes; many rows stand in blocks side by side.
 * Equal input gives equal pixels everywhere.
 * @throws AppError `sheet.too-large` above 64 megapixels.
 */
export function drawContactSheet(sheet: SheetSpec): RgbImage {
  sheet.rows.forEach((row) => row.cells.forEach((cell) => cell && checkImage(cell, 'Contact sheet')));
  const layout = layOutSheet(sheet);
  if (layout.width * layout.height > MAX_PIXELS) {
    throw inputError('sheet.too-large', 'Contact sheet', `must have at most ${MAX_PIXELS} pixels`, { got: `${layout.width}x${layout.height}`, hint: 'Use fewer pictures per sheet or a smaller cell size' });
  }
  const canvas = makeCanvas(layout.width, layout.height);
  for (const { text, left, top } of layout.lines) drawLine(canvas, text, left, top);
  for (const { row, column, left, top, width, height } of layout.cells) {
    const image = sheet.rows[row]?.cells[column];
    if (image === undefined) fillRect(canvas, left, top, width, height, EMPTY);
    else drawImage(canvas, image, left, top, scaleOf(image, sheet.cellSize));
  }
  return canvas;
}
