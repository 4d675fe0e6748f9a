import { readFile, stat } from 'node:fs/promises';
import sharp, { type Metadata, type Sharp } from 'sharp';
import { AppError, inputError, runError } from '../../../contract/errors.ts';
import { PICTURE_TEXTS } from '../../../contract/image-metadata.ts';
import { insertPngText } from './png-text.ts';
import { checkImage, MAX_PIXELS, pixelHash, type RgbImage } from './rgb-image.ts';

/** Largest image file that is read. */
export const MAX_FILE_BYTES = 256 * 1024 * 1024;

/** The loaders that may run: pictures only. SVG, PDF and the like can name other files, and ImageMagick guesses. */
const LOADERS = ['VipsForeignLoadPng', 'VipsForeignLoadJpeg', 'VipsForeignLoadWebp', 'VipsForeignLoadHeif', 'VipsForeignLoadNsgif', 'VipsForeignLoadTiff'];

/** Formats by sharp's name, as people call them. */
const FORMATS: Readonly<Record<string, string>> = { png: 'PNG', jpeg: 'JPEG', webp: 'WebP', heif: 'AVIF', gif: 'GIF', tiff: 'TIFF' };

/** Keyword of the pixels' hash in the PNG files that we write. */
export const PIXELS_KEYWORD = PICTURE_TEXTS.pixels;

sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({ operation: LOADERS });
// Vector code sums in other orders on other processors: training on resized pictures must not depend on it.
sharp.simd(false);
// AVIF is cut into as many tiles as there are threads: with one, equal pictures give equal bytes on every machine.
sharp.concurrency(1);
// Every picture is read once: libvips' cache would only hold memory and open files.
sharp.cache(false);

function unreadable(where: string, path: string | undefined, thrown: unknown): AppError {
  const allowed = Object.values(FORMATS).join(', ');
  return inputError('image.unreadable', where, `must be an undamaged picture (${allowed}) of at most ${MAX_PIXELS} pixels`, {
    got: thrown instanceof Error ? thrown.message.split('\n')[0] ?? '' : String(thrown), ...(path === undefined ? {} : { path }),
  });
}

async function readLimited(path: string): Promise<Buffer> {
  try {
    const { size } = await stat(path);
    if (size > MAX_FILE_BYTES) throw inputError('image.too-large', path, `an image file must have at most ${MAX_FILE_BYTES} bytes`, { got: String(size), path });
    return await readFile(path);
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw runError('files.read', path, 'file must be readable', { got: (error as Error).message, path });
  }
}

/** 8-bit RGB of a pipeline. */
async function toRgb(pipeline: Sharp): Promise<RgbImage> {
  const { data, info } = await pipeline.toColourspace('srgb').raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
  // A copy that owns its memory: it is kept for long and crosses process borders.
  return { width: info.width, height: info.height, pixels: new Uint8Array(data) };
}

/**
 * Format and size of a picture, without decoding it: those that {@link decodeImage} takes.
 * @throws AppError `image.unreadable`.
 */
export async function decodableFormat(bytes: Uint8Array, where: string): Promise<{ readonly format: string; readonly width: number; readonly height: number }> {
  try {
    const { format, width, height } = await sharp(bytes, { limitInputPixels: MAX_PIXELS, pages: 1 }).metadata();
    if (!Object.hasOwn(FORMATS, format)) throw new Error(`format ${format}`);
    return { format: FORMATS[format] as string, width, height };
  } catch (error) {
    throw unreadable(where, undefined, error);
  }
}

/**
 * Decodes a picture: first frame, turned upright by its EXIF orientation, colour profile applied, 16 bits reduced to 8, transparency laid on white.
 * @param where For messages: the file's name.
 * @throws AppError `image.unreadable` for other formats (SVG among them), damaged files and more than 64 megapixels.
 */
export async function decodeImage(bytes: Uint8Array, where: string, path?: string): Promise<RgbImage> {
  try {
    const input = sharp(bytes, { failOn: 'error', limitInputPixels: MAX_PIXELS, pages: 1, autoOrient: true });
    const { format }: Metadata = await input.metadata();
    if (format === undefined || !Object.hasOwn(FORMATS, format)) throw new Error(`format ${format ?? 'unknown'}`);
    return await toRgb(input.flatten({ background: '#ffffff' }));
  } catch (error) {
    throw unreadable(where, path, error);
  }
}

/** As {@link decodeImage}, from a file. @throws AppError `image.too-large` above 256 MiB, `files.read`. */
export async function decodeImageFile(path: string): Promise<RgbImage> {
  return decodeImage(await readLimited(path), path, path);
}

/** How a picture is brought to a size: cut at the longer side, bordered in black at the shorter one, or distorted. */
export const FITS = { cover: 'cover', contain: 'contain', stretch: 'fill' } as const;
export type Fit = keyof typeof FITS;

/**
 * Resizes, centred: Lanczos (a = 3) where it gets smaller, bicubic where it gets larger, on gamma-encoded sRGB values. A picture that has the size is returned as it is.
 * @throws AppError `image.target-size` for sizes below 1 or above 64 megapixels.
 */
export async function resizeImage(image: RgbImage, width: number, height: number, fit: Fit): Promise<RgbImage> {
  checkImage(image, 'Resize');
  if (![width, height].every((side) => Number.isInteger(side) && side >= 1) || width * height > MAX_PIXELS) {
    throw inputError('image.target-size', 'Resize', `width and height must be whole numbers from 1 on, with at most ${MAX_PIXELS} pixels`, { got: `${width}x${height}` });
  }
  if (image.width === width && image.height === height) return image;
  return toRgb(fromPixels(image).resize({ width, height, fit: FITS[fit], position: 'centre', kernel: 'lanczos3', background: '#000000' }));
}

/** A sharp pipeline that begins with a picture's pixels. */
export function fromPixels(image: RgbImage): Sharp {
  return sharp(image.pixels, { raw: { width: image.width, height: image.height, channels: 3 }, limitInputPixels: MAX_PIXELS });
}

/** A small WebP of a picture for looking at, at most `side` pixels long; nothing is in it but pixels. */
export async function encodeThumbnail(image: RgbImage, side: number): Promise<Uint8Array> {
  checkImage(image, 'Thumbnail');
  return fromPixels(image).resize({ width: side, height: side, fit: 'inside', withoutEnlargement: true }).webp({ quality: 80, effort: 3 }).toBuffer();
}

/**
 * A PNG file of a picture with texts in it, `Pixels-SHA256` among them. Equal input gives equal bytes; neither time nor host is written.
 * @throws AppError when the picture has more than 64 megapixels.
 */
export async function encodePng(image: RgbImage, texts: Readonly<Record<string, string>> = {}): Promise<Uint8Array> {
  checkImage(image, 'PNG');
  try {
    const png = await fromPixels(image).png({ compressionLevel: 9, adaptiveFiltering: true, palette: false }).toBuffer();
    return insertPngText(png, { ...texts, [PIXELS_KEYWORD]: pixelHash(image) });
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw runError('image.encode', 'PNG', 'the picture must be writable', { got: (error as Error).message });
  }
}
