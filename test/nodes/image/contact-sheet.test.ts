import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import { contactSheetNode } from '../../../nodes/image/contact-sheet.ts';
import type { ImageBatch, Picture } from '../../../nodes/values.ts';
import { decodeImage } from '../../../src/main/services/images/codec.ts';
import { readPngText } from '../../../src/main/services/images/png-text.ts';
import { faultOf } from '../../support/fault.ts';
import { nodeBench } from '../../support/node-bench.ts';
import { picture } from '../../support/pictures.ts';

const bench = nodeBench();

function batch(count: number, seed: number): ImageBatch {
  return { pictures: Array.from({ length: count }, (_, index) => picture(16, 16, seed + index)) };
}

async function sheetOf(images: readonly ImageBatch[], params: Record<string, unknown> = {}): Promise<{ sheet: Picture; path: string }> {
  const { values, artifacts } = await bench.run<{ sheet: ImageBatch }>(contactSheetNode, { images }, { columns: ['base', 'engram'], cellSize: 16, name: 'sheet', ...params });
  expect(artifacts).toMatchObject([{ kind: 'contact-sheet' }]);
  return { sheet: values.sheet.pictures[0]!, path: artifacts[0]!.path };
}

/** Whether a picture stands somewhere on the sheet, unscaled. */
function holds(sheet: Picture, { width, height, pixels }: Picture): boolean {
  const row = (y: number): Buffer => Buffer.from(pixels.subarray(y * width * 3, (y + 1) * width * 3));
  const all = Buffer.from(sheet.pixels);
  for (let at = all.indexOf(row(0)); at !== -1; at = all.indexOf(row(0), at + 1)) {
    if (Array.from({ length: height }, (_, y) => y).every((y) => all.subarray(at + y * sheet.width * 3, at + y * sheet.width * 3 + width * 3).equals(row(y)))) return true;
  }
  return false;
}

describe('Contact Sheet', () => {
  it('shows every picture of every batch, and writes what it shows with the graph', async () => {
    const images = [batch(3, 1), batch(3, 10)];
    const { sheet, path } = await sheetOf(images);
    for (const { pictures } of images) for (const each of pictures) expect(holds(sheet, each)).toBe(true);
    expect(basename(path)).toBe('sheet.png');
    const bytes = await readFile(path);
    expect((await decodeImage(bytes, path)).pixels).toEqual(sheet.pixels);
    expect(readPngText(bytes, path).has('engram-graph')).toBe(true);
  });

  it('without metadata tells no prompt: neither in the file nor on the sheet', async () => {
    const [first, second] = [[{ pictures: [picture(16, 16, 1, { label: 'my secret' })] }], [{ pictures: [picture(16, 16, 1, { label: 'other text' })] }]];
    const [a, b] = [await sheetOf(first, { metadata: 'none' }), await sheetOf(second, { metadata: 'none' })];
    expect(a.sheet.pixels).toEqual(b.sheet.pixels);
    expect((await sheetOf(first)).sheet.pixels).not.toEqual((await sheetOf(second)).sheet.pixels);
    expect([...readPngText(await readFile(a.path), 'x').keys()]).toEqual(['Pixels-SHA256']);
  });

  it('leaves a place free where a batch is shorter', async () => {
    const { sheet } = await sheetOf([batch(2, 1), batch(1, 10)]);
    expect(holds(sheet, picture(16, 16, 2))).toBe(true);
  });

  it('eight prompts, base and engram, fit a screen', async () => {
    const { sheet } = await sheetOf([batch(8, 1), batch(8, 20)], { cellSize: 192 });
    expect([sheet.width <= 1920, sheet.height <= 1080, sheet.height / sheet.width < 1.3]).toEqual([true, true, true]);
  });

  it('refuses to show nothing', async () => {
    expect(await faultOf(() => sheetOf([{ pictures: [] }]))).toMatchObject({ code: 'sheet.empty' });
  });
});
