import type { Sharp } from 'sharp';
import { PICTURE_TEXTS, type PictureEncoding, type PictureFormat } from '../../../contract/image-metadata.ts';
import { AppError, runError } from '../../../contract/errors.ts';
import { fromPixels } from './codec.ts';
import { insertPngText } from './png-text.ts';
import { checkImage, pixelHash, type RgbImage } from './rgb-image.ts';
import { writeXmp } from './xmp.ts';

/** A picture as the bytes of a file. */
export interface EncodedPicture {
  readonly bytes: Uint8Array;
  /** With its dot. */
  readonly extension: string;
  /** Texts that the format had no room for. They belong beside the file. */
  readonly leftOut: readonly string[];
}

interface Format {
  readonly extension: string;
  /** Longest side in pixels. */
  readonly maxSide: number;
  /** Most bytes of an XMP packet; undefined where texts go another way. */
  readonly xmpBytes: number | undefined;
  readonly encode: (pipeline: Sharp, encoding: PictureEncoding) => Sharp;
}

/** One APP1 segment has 65,535 bytes with its head (XMP specification part 3, 1.1.3), and libvips drops packets of more than 60,000 without a word. */
const JPEG_XMP_BYTES = 60_000;

/** Measured on contact sheets: level 9 takes nine times as long as 6 and saves 4%. */
const PNG_LEVEL = 6;

/** How each format is written, one entry each. */
const FORMATS: Readonly<Record<PictureFormat, Format>> = {
  png: { extension: '.png', maxSide: 65_535, xmpBytes: undefined, encode: (pipeline) => pipeline.png({ compressionLevel: PNG_LEVEL, adaptiveFiltering: true, palette: false }) },
  webp: { extension: '.webp', maxSide: 16_383, xmpBytes: Infinity, encode: (pipeline, { quality, lossless }) => pipeline.webp(lossless ? { lossless, quality: 100, effort: 4 } : { quality, smartSubsample: true, effort: 4 }) },
  avif: { extension: '.avif', maxSide: 16_384, xmpBytes: Infinity, encode: (pipeline, { quality, lossless, chroma }) => pipeline.avif(lossless ? { lossless, chromaSubsampling: '4:4:4', effort: 4 } : { quality, chromaSubsampling: chroma, effort: 4 }) },
  jpeg: { extension: '.jpg', maxSide: 65_535, xmpBytes: JPEG_XMP_BYTES, encode: (pipeline, { quality, chroma }) => pipeline.jpeg({ quality, chromaSubsampling: chroma, mozjpeg: false }) },
};

/** What stays in a file whose texts don't fit: enough to tell which picture it is. */
const ALWAYS: ReadonlySet<string> = new Set([PICTURE_TEXTS.pixels, PICTURE_TEXTS.node, PICTURE_TEXTS.place, PICTURE_TEXTS.seed]);

/** The packet that fits, and what had to stay out of it. */
function fitXmp(texts: Readonly<Record<string, string>>, limit: number): { packet: string; leftOut: string[] } {
  const whole = writeXmp(texts);
  if (Buffer.byteLength(whole) <= limit) return { packet: whole, leftOut: [] };
  const kept = Object.fromEntries(Object.entries(texts).filter(([keyword]) => ALWAYS.has(keyword)));
  return { packet: writeXmp(kept), leftOut: Object.keys(texts).filter((keyword) => !ALWAYS.has(keyword)).sort() };
}

/**
 * A picture as a file with an sRGB profile, with texts in it (PNG: iTXt chunks; others: an XMP packet), `Pixels-SHA256` among them.
 * Equal input gives equal bytes on every run and with any number of threads; neither time nor host is written.
 * @throws AppError `image.side` when the format has no pictures that large, `image.encode`.
 */
export async function encodePicture(image: RgbImage, encoding: PictureEncoding, texts: Readonly<Record<string, string>> = {}): Promise<EncodedPicture> {
  checkImage(image, 'Picture');
  const format = FORMATS[encoding.format];
  const where = encoding.format.toUpperCase();
  if (Math.max(image.width, image.height) > format.maxSide) {
    throw runError('image.side', where, `a picture must have at most ${format.maxSide} pixels per side`, { got: `${image.width}x${image.height}`, hint: 'Write it as PNG, or smaller' });
  }
  const all = { ...texts, [PICTURE_TEXTS.pixels]: pixelHash(image) };
  const xmp = format.xmpBytes === undefined ? undefined : fitXmp(all, format.xmpBytes);
  try {
    const pipeline = fromPixels(image).withIccProfile('srgb');
    const bytes = await format.encode(xmp === undefined ? pipeline : pipeline.withXmp(xmp.packet), encoding).toBuffer();
    return { bytes: xmp === undefined ? insertPngText(bytes, all) : bytes, extension: format.extension, leftOut: xmp?.leftOut ?? [] };
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw runError('image.encode', where, 'the picture must be writable', { got: (error as Error).message });
  }
}
