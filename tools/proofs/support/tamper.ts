import { readFile, writeFile } from 'node:fs/promises';
import { PICTURE_TEXTS, type PictureEncoding, type PictureFormat } from '../../../src/contract/image-metadata.ts';
import { decodeImage } from '../../../src/main/services/images/codec.ts';
import { encodePicture } from '../../../src/main/services/images/encode.ts';
import { parseImageMetadata } from '../../../src/main/services/images/metadata.ts';
import { insertPngText, stripPng } from '../../../src/main/services/images/png-text.ts';

type Pixels = { readonly width: number; readonly height: number; readonly pixels: Uint8Array };

/** Writes a copy of a picture of ours with changed texts; PNG files keep their coded pixels, others must be lossless to keep them. */
export async function changeTexts(path: string, target: string, change: (texts: Record<string, string>) => void): Promise<void> {
  const bytes = await readFile(path);
  const { format, texts } = await parseImageMetadata(bytes, path);
  const changed = Object.fromEntries(texts);
  change(changed);
  if (format === 'PNG') return writeFile(target, insertPngText(stripPng(bytes, path).bytes, changed));
  return writeFile(target, (await encodePicture(await decodeImage(bytes, path), encodingOf(format), changed)).bytes);
}

function encodingOf(format: string): PictureEncoding {
  return { format: format.toLowerCase() as PictureFormat, quality: 90, lossless: format === 'WebP' || format === 'AVIF', chroma: '4:4:4' };
}

/** Writes a copy with changed pixels. With `honest` the recorded hash stays that of the pixels as they were (PNG only); else it is that of the changed ones, as a forger would write it. */
export async function changePixels(path: string, target: string, change: (image: Pixels) => void, options: { readonly honest?: boolean; readonly encoding?: PictureEncoding } = {}): Promise<void> {
  const bytes = await readFile(path);
  const { format, texts } = await parseImageMetadata(bytes, path);
  const image = await decodeImage(bytes, path);
  change(image);
  const kept = Object.fromEntries(texts);
  const { bytes: forged } = await encodePicture(image, options.encoding ?? encodingOf(format), kept);
  const honest = options.honest === true && format === 'PNG';
  await writeFile(target, honest ? insertPngText(stripPng(forged, path).bytes, kept) : forged);
}

/** Changes one value by some levels, staying in 0..255. */
export function shiftValue(image: Pixels, x: number, y: number, channel: number, by: number): void {
  const at = (y * image.width + x) * 3 + channel;
  const value = image.pixels[at] as number;
  image.pixels[at] = value + by > 255 ? value - by : value + by;
}

/** Paints a square. */
export function paintSquare(image: Pixels, left: number, top: number, side: number): void {
  for (let y = top; y < top + side; y += 1) for (let x = left; x < left + side; x += 1) image.pixels.set([255, 0, 255], (y * image.width + x) * 3);
}

/** Changes the embedded graph as a text. @throws Error when the change changes nothing, so that no test passes for that reason. */
export function changeGraph(find: string, put: string): (texts: Record<string, string>) => void {
  return (texts) => {
    const graph = texts[PICTURE_TEXTS.graph] ?? '';
    if (!graph.includes(find)) throw new Error(`the embedded graph holds no ${find}`);
    texts[PICTURE_TEXTS.graph] = graph.replace(find, put);
  };
}
