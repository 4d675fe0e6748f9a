import sharp from 'sharp';
import { inputError, runError } from '../../../contract/errors.ts';
import { decodableFormat, decodeImage } from './codec.ts';
import { stripPng } from './png-text.ts';
import { pixelHash } from './rgb-image.ts';
import { stripAvif } from './strip-avif.ts';
import { stripJpeg, stripWebp, type Stripped } from './strip-segments.ts';

/** Formats whose metadata can go without touching the picture, one entry each. */
const STRIPPERS: Readonly<Record<string, (bytes: Uint8Array, where: string) => Stripped>> = { PNG: stripPng, JPEG: stripJpeg, WebP: stripWebp, AVIF: stripAvif };

/**
 * A picture file without anything but its picture: no graph, prompt, EXIF, XMP, IPTC, comments or time. Pixels aren't encoded again.
 * @returns the file, and what was left out of it.
 * @throws AppError `strip.format` for GIF and TIFF, `strip.orientation` for pictures that are turned by their EXIF alone, `image.damaged`, `png.damaged`.
 */
export async function stripPicture(bytes: Uint8Array, where: string): Promise<Stripped> {
  const { format } = await decodableFormat(bytes, where);
  const strip = Object.hasOwn(STRIPPERS, format) ? STRIPPERS[format] : undefined;
  if (strip === undefined) throw inputError('strip.format', where, `must be one of ${Object.keys(STRIPPERS).join(', ')}`, { got: format });
  const { orientation = 1 } = await sharp(bytes, { pages: 1 }).metadata();
  if (orientation !== 1 && format !== 'AVIF') {
    throw inputError('strip.orientation', where, 'a picture must stand upright without its EXIF', { got: `orientation ${orientation}`, hint: 'Load it in a graph and save it: Load Image turns it upright' });
  }
  const stripped = strip(bytes, where);
  const [before, after] = [await decodeImage(bytes, where), await decodeImage(stripped.bytes, where)];
  if (pixelHash(before) !== pixelHash(after)) throw runError('strip.pixels', where, 'pixels must stay as they are', { hint: 'Nothing was written' });
  return stripped;
}
