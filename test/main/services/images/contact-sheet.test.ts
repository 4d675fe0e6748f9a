import { describe, expect, test } from 'vitest';
import { drawableText, GLYPH_HEIGHT, GLYPH_WIDTH, glyphPixel } from '../../../../src/main/services/images/bitmap-font.ts';
import { drawContactSheet } from '../../../../src/main/services/images/contact-sheet.ts';
import { pixelHash, type RgbImage } from '../../../../src/main/services/images/rgb-image.ts';
import { faultOf } from '../../../support/fault.ts';

function flat(width: number, height: number, value: number): RgbImage {
  return { width, height, pixels: new Uint8Array(width * height * 3).fill(value) };
}

/** A glyph as text, `#` for set pixels. */
function glyph(character: string): string[] {
  return Array.from({ length: GLYPH_HEIGHT }, (_, y) => Array.from({ length: GLYPH_WIDTH }, (_pixel, x) => (glyphPixel(character, x, y) ? '#' : '.')).join(''));
}

describe('the font', () => {
  test('draws letters, with descent where they have it', () => {
    expect(glyph('A')).toEqual(['.###.', '#...#', '#...#', '#####', '#...#', '#...#', '#...#', '.....', '.....']);
    expect(glyph('p').at(-1)).toBe('#....');
  });

  test('has every printable character of ASCII, all different, and a box for the rest', () => {
    const drawn = Array.from({ length: 95 }, (_, index) => glyph(String.fromCharCode(32 + index)).join('\n'));
    expect(new Set(drawn).size).toBe(95);
    expect(glyph('日')).toEqual(['#####', '#...#', '#...#', '#...#', '#...#', '#...#', '#####', '.....', '.....']);
  });

  test('drops accents and replaces typographic marks', () => {
    expect(drawableText('  Café “naïve” – Ünïcode…\n2×3 ')).toBe('Cafe "naive" - Unicode... 2x3');
  });
});

describe('drawContactSheet', () => {
  const sheet = { columnLabels: ['base', 'engram'], rows: [{ label: 'a red coat', cells: [flat(64, 64, 10), flat(64, 64, 200)] }, { label: 'b', cells: [flat(64, 32, 90), undefined] }], cellSize: 192 };

  test('enlarges small pictures by a whole factor without smoothing, and copies large ones', () => {
    const count = (image: RgbImage, value: number): number => {
      let found = 0;
      for (let index = 0; index < image.pixels.length; index += 3) if (image.pixels[index] === value && image.pixels[index + 1] === value && image.pixels[index + 2] === value) found += 1;
      return found;
    };
    const drawn = drawContactSheet(sheet);
    expect(count(drawn, 10)).toBe(192 * 192); // 64 px: factor 3
    expect(count(drawn, 200)).toBe(192 * 192);
    expect(count(drawn, 90)).toBe(384 * 192); // its smaller side is 32 px: factor 6
    const large = drawContactSheet({ columnLabels: [], rows: [{ label: '', cells: [flat(512, 300, 10)] }], cellSize: 192 });
    expect(count(large, 10)).toBe(512 * 300);
  });

  test('gives the same pixels everywhere: its hash is fixed', () => {
    // Changed on purpose only: whoever changes font or layout looks at a sheet and writes the new hash here.
    expect(pixelHash(drawContactSheet(sheet))).toMatchInlineSnapshot(`"af4e8377b0144194a5156d2ef4f0865faea4acf25e4795d51ddc96fd4abcf47a"`);
  });

  test('labels are drawn, and only they change the picture', () => {
    const other = drawContactSheet({ ...sheet, columnLabels: ['base', 'Engram'] });
    const drawn = drawContactSheet(sheet);
    const rows = new Set<number>();
    drawn.pixels.forEach((value, index) => { if (value !== other.pixels[index]) rows.add(Math.floor(index / 3 / drawn.width)); });
    expect(rows.size).toBeGreaterThan(4);
    expect(Math.max(...rows)).toBeLessThan(40);
  });

  test('a sheet beyond 64 megapixels is refused', async () => {
    const rows = Array.from({ length: 400 }, () => ({ label: 'x', cells: [flat(8, 8, 0)] }));
    expect((await faultOf(() => drawContactSheet({ columnLabels: [], rows, cellSize: 2048 }))).code).toBe('sheet.too-large');
  });

  test('an empty sheet is still a picture', () => {
    const { width, height } = drawContactSheet({ columnLabels: [], rows: [], cellSize: 192 });
    expect(width * height).toBeGreaterThan(0);
  });
});
