import { readFile, writeFile } from 'node:fs/promises';
import sharp from 'sharp';
import { parseImageMetadata } from '../../src/main/services/images/metadata.ts';
import { decodeImage } from '../../src/main/services/images/codec.ts';
import { insertPngText, stripPng } from '../../src/main/services/images/png-text.ts';
import { pixelHash, type RgbImage } from '../../src/main/services/images/rgb-image.ts';
import { writeXmp } from '../../src/main/services/images/xmp.ts';

/** How a picture file is changed. */
export interface Tampering {
  readonly pixels?: (image: { width: number; height: number; pixels: Uint8Array }) => void;
  readonly texts?: (texts: Record<string, string>) => void;
  /** Write the hash of the changed pixels, as somebody would who knows of it. */
  readonly newHash?: boolean;
  /** Options of the codec; those of lossless files, or quality 90, when left out. */
  readonly options?: object;
}

async function encodeWith(image: RgbImage, format: string, texts: Readonly<Record<string, string>>, options: object): Promise<Uint8Array> {
  const pipeline = sharp(image.pixels, { raw: { width: image.width, height: image.height, channels: 3 } }).withIccProfile('srgb');
  if (format === 'PNG') return insertPngText(await pipeline.png().toBuffer(), texts);
  return pipeline.withXmp(writeXmp(texts)).toFormat(format.toLowerCase() as 'webp', options).toBuffer();
}

/** Writes a changed copy of a picture of ours, as another program or a forger would: everything that isn't changed on purpose stays. */
export async function tamper(path: string, target: string, { pixels, texts, newHash = false, options = { quality: 90, chromaSubsampling: '4:4:4' } }: Tampering): Promise<void> {
  const bytes = await readFile(path);
  const { format, texts: found } = await parseImageMetadata(bytes, path);
  const kept = Object.fromEntries(found);
  texts?.(kept);
  const image = await decodeImage(bytes, path);
  pixels?.(image);
  if (newHash) kept['Pixels-SHA256'] = pixelHash(image);
  if (pixels === undefined && format === 'PNG') return writeFile(target, insertPngText(stripPng(bytes, path).bytes, kept));
  return writeFile(target, await encodeWith(image, format, kept, options));
}

/** Changes one value by some levels, within 0..255. */
export function shiftValue(image: { width: number; pixels: Uint8Array }, x: number, y: number, channel: number, by: number): void {
  const at = (y * image.width + x) * 3 + channel;
  const value = image.pixels[at] as number;
  image.pixels[at] = value + by > 255 ? value - by : value + by;
}
