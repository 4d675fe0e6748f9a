import { createHash } from 'node:crypto';
import { internalError } from '../../../contract/errors.ts';

/** One picture: 8-bit sRGB, row by row. */
export interface RgbImage {
  readonly width: number;
  readonly height: number;
  /** [H, W, 3] */
  readonly pixels: Uint8Array;
}

/** Most pixels of a picture that is read or made: 64 megapixels, 8192 x 8192. */
export const MAX_PIXELS = 8192 * 8192;

/** Throws when pixels and size don't belong together. */
export function checkImage(image: RgbImage, where: string): void {
  if (image.pixels.length !== image.width * image.height * 3) {
    throw internalError('image.size', where, `${image.width}x${image.height} pixels must have ${image.width * image.height * 3} values`, { got: String(image.pixels.length) });
  }
}

/** SHA-256 over width and height (unsigned 32-bit, little-endian) and the pixels [H, W, 3], hex. Pictures are equal when this is. */
export function pixelHash(image: RgbImage): string {
  checkImage(image, 'Pixel hash');
  const size = new Uint8Array(8);
  new DataView(size.buffer).setUint32(0, image.width, true);
  new DataView(size.buffer).setUint32(4, image.height, true);
  return createHash('sha256').update(size).update(image.pixels).digest('hex');
}
