import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { inputError } from '../../../contract/errors.ts';
import type { PictureData, PictureDifference } from '../../../contract/studio-api.ts';
import { writeFileAtomic } from '../atomic-write.ts';
import { decodeImageFile, encodePng, fromPixels } from '../images/codec.ts';
import { parseImageMetadata, readPictureBytes } from '../images/metadata.ts';
import type { RgbImage } from '../images/rgb-image.ts';

/** Types that a window can show as they are. */
const SHOWN: Readonly<Record<string, string>> = { PNG: 'image/png', JPEG: 'image/jpeg', WebP: 'image/webp', AVIF: 'image/avif' };

/** Largest file that is sent to a window as it is; larger ones are sent as a smaller picture. */
const MAX_SENT_BYTES = 40 * 1024 * 1024;

/** Pictures for windows, with thumbnails kept on disk. Only paths that the caller has checked come here. */
export class Pictures {
  /** Decoding is work for a thread of its own, and there are few cores: one after the other. */
  private turn: Promise<unknown> = Promise.resolve();

  /** @param folder Where thumbnails are kept. */
  constructor(private readonly folder: string) {}

  /** A WebP thumbnail whose longer side has at most `size` pixels. @throws AppError `files.read`, `image.unreadable`. */
  async thumbnail(path: string, size: number): Promise<PictureData> {
    const kept = join(this.folder, `${await this.nameOf(path)}-${size}.webp`);
    const bytes = (await readFile(kept).catch(() => undefined)) ?? (await this.queued(() => this.makeThumbnail(path, size, kept)));
    return { type: 'image/webp', base64: bytes.toString('base64') };
  }

  /** The picture itself. */
  async full(path: string): Promise<PictureData> {
    const bytes = await readPictureBytes(path);
    const { format, width, height } = await parseImageMetadata(bytes, path);
    const type = SHOWN[format];
    if (type !== undefined && bytes.byteLength <= MAX_SENT_BYTES) return { type, base64: bytes.toString('base64'), width, height };
    const image = await decodeImageFile(path);
    const webp = await fromPixels(image).resize(4096, 4096, { fit: 'inside', withoutEnlargement: true }).webp({ quality: 95 }).toBuffer();
    return { type: 'image/webp', base64: webp.toString('base64'), width, height };
  }

  /** Compares decoded pixels. */
  async difference(a: string, b: string): Promise<PictureDifference> {
    const [first, second] = [await decodeImageFile(a), await decodeImageFile(b)];
    if (first.width !== second.width || first.height !== second.height) {
      return { identical: false, sameSize: false, maxDifference: 255, meanDifference: 255, differingPixels: 0, totalPixels: 0 };
    }
    return compare(first, second);
  }

  private async makeThumbnail(path: string, size: number, kept: string): Promise<Buffer> {
    const image = await decodeImageFile(path);
    const bytes = await fromPixels(image).resize(size, size, { fit: 'inside', withoutEnlargement: true }).webp({ quality: 82 }).toBuffer();
    // A thumbnail that can't be kept is made again next time.
    await writeFileAtomic(kept, bytes).catch(() => undefined);
    return bytes;
  }

  /** A name for the file as it is now. */
  private async nameOf(path: string): Promise<string> {
    const info = await stat(path, { bigint: true }).catch(() => undefined);
    if (info === undefined) throw inputError('files.missing', path, 'picture must still be there', { path, hint: 'It was moved or removed' });
    return createHash('sha256').update(`${path}\0${info.size}\0${info.mtimeNs}`).digest('hex').slice(0, 40);
  }

  private queued<T>(work: () => Promise<T>): Promise<T> {
    const next = this.turn.then(work);
    this.turn = next.catch(() => undefined);
    return next;
  }
}

/** Differences of two pictures of one size. Pure: equal pictures give zeros. */
async function compare(a: RgbImage, b: RgbImage): Promise<PictureDifference> {
  const pixels = new Uint8Array(a.pixels.length);
  let [max, sum, differing] = [0, 0, 0];
  for (let pixel = 0; pixel < pixels.length; pixel += 3) {
    let worst = 0;
    for (let channel = pixel; channel < pixel + 3; channel += 1) {
      const distance = Math.abs((a.pixels[channel] as number) - (b.pixels[channel] as number));
      pixels[channel] = distance;
      sum += distance;
      worst = Math.max(worst, distance);
    }
    if (worst > 0) differing += 1;
    max = Math.max(max, worst);
  }
  const scale = max === 0 ? 0 : 255 / max;
  const map = await encodePng({ width: a.width, height: a.height, pixels: pixels.map((value) => Math.round(value * scale)) });
  return {
    identical: max === 0, sameSize: true, maxDifference: max, meanDifference: sum / pixels.length, differingPixels: differing, totalPixels: pixels.length / 3,
    map: { type: 'image/png', base64: Buffer.from(map).toString('base64'), width: a.width, height: a.height },
  };
}

/** A picture that lies in a folder that may be read, small enough for a file dialog. */
export async function previewPicture(path: string): Promise<PictureData> {
  const image = await decodeImageFile(path);
  const bytes = await fromPixels(image).resize(512, 512, { fit: 'inside', withoutEnlargement: true }).webp().toBuffer();
  return { type: 'image/webp', base64: bytes.toString('base64'), width: image.width, height: image.height };
}
