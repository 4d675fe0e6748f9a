import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { PICTURE_FORMATS, type PictureEncoding } from '../../../../src/contract/image-metadata.ts';
import { decodeImage } from '../../../../src/main/services/images/codec.ts';
import { encodePicture } from '../../../../src/main/services/images/encode.ts';
import { parseImageMetadata } from '../../../../src/main/services/images/metadata.ts';
import { pixelHash, type RgbImage } from '../../../../src/main/services/images/rgb-image.ts';
import { faultOf } from '../../../support/fault.ts';
import { picture } from '../../../support/pictures.ts';

const encoding = (more: Partial<PictureEncoding>): PictureEncoding => ({ format: 'png', quality: 90, lossless: false, chroma: '4:4:4', ...more });

/** Soft waves of colour, as pictures have them and noise hasn't. */
function waves(width: number, height: number): RgbImage {
  const pixels = Uint8Array.from({ length: width * height * 3 }, (_, index) => {
    const [x, y, channel] = [Math.floor(index / 3) % width, Math.floor(index / 3 / width), index % 3];
    return Math.round(127 + 60 * Math.sin((x + 20 * channel) / 11) + 60 * Math.cos(y / (9 + channel)));
  });
  return { width, height, pixels };
}

function meanDifference(a: RgbImage, b: RgbImage): number {
  return a.pixels.reduce((sum, value, index) => sum + Math.abs(value - (b.pixels[index] as number)), 0) / a.pixels.length;
}

const LOSSLESS = [encoding({ format: 'png' }), encoding({ format: 'webp', lossless: true }), encoding({ format: 'avif', lossless: true })];
const TEXTS = { 'engram-graph': '{"nodes":{"ü":"<&>"}}', 'engram-node': 'save', 'engram-prompt': 'ein Bär, 日本 🎨' };

describe('encodePicture', () => {
  test.each(LOSSLESS)('$format keeps every pixel', async (how) => {
    const image = picture(67, 41, 3); // every byte differs from its neighbours
    const { bytes } = await encodePicture(image, how);
    expect(pixelHash(await decodeImage(bytes, 'x'))).toBe(pixelHash(image));
  });

  test.each(PICTURE_FORMATS)('%s carries texts, the hash of the pixels and an sRGB profile, and no time', async (format) => {
    const image = waves(64, 48);
    const { bytes, leftOut } = await encodePicture(image, encoding({ format }), TEXTS);
    expect(leftOut).toEqual([]);
    const { texts, width, height } = await parseImageMetadata(bytes, 'x');
    expect([width, height]).toEqual([64, 48]);
    expect(Object.fromEntries(texts)).toEqual({ ...TEXTS, 'Pixels-SHA256': pixelHash(image) });
    const { icc, exif } = await sharp(bytes).metadata();
    expect(exif).toBeUndefined();
    expect(icc?.toString('latin1')).toContain('acsp'); // the signature of ICC profiles
    expect((await sharp(bytes).metadata()).space).toBe('srgb');
  });

  test.each([...PICTURE_FORMATS.map((format) => encoding({ format })), ...LOSSLESS])('$format: equal pictures give equal bytes, with any number of threads', async (how) => {
    const image = waves(300, 300); // AVIF: several tiles, if there were several threads
    const first = await encodePicture(image, how, TEXTS);
    await new Promise((resolve) => setTimeout(resolve, 1100)); // times count seconds
    expect(sharp.concurrency()).toBe(1);
    const second = await encodePicture(image, how, TEXTS);
    expect(Buffer.compare(first.bytes, second.bytes)).toBe(0);
  });

  test.each(['webp', 'avif', 'jpeg'] as const)('%s: quality decides size and likeness', async (format) => {
    const image = waves(128, 128);
    const [low, high] = [await encodePicture(image, encoding({ format, quality: 10 })), await encodePicture(image, encoding({ format, quality: 95 }))];
    expect(high.bytes.length).toBeGreaterThan(low.bytes.length * 1.5);
    const [lowOff, highOff] = [meanDifference(await decodeImage(low.bytes, 'x'), image), meanDifference(await decodeImage(high.bytes, 'x'), image)];
    expect(highOff).toBeLessThan(lowOff);
    expect(highOff).toBeLessThan(3); // of 255: what no eye sees
  });

  test.each(['avif', 'jpeg'] as const)('%s: colour at half resolution blurs coloured edges', async (format) => {
    const pixels = Uint8Array.from({ length: 64 * 64 * 3 }, (_, index) => ((Math.floor(index / 3) % 2 === 0) === (index % 3 === 0) ? 220 : 30));
    const stripes: RgbImage = { width: 64, height: 64, pixels };
    const [full, half] = await Promise.all((['4:4:4', '4:2:0'] as const).map(async (chroma) => meanDifference(await decodeImage((await encodePicture(stripes, encoding({ format, quality: 95, chroma }))).bytes, 'x'), stripes)));
    expect(half).toBeGreaterThan(2 * (full as number));
  });

  test('texts that do not fit into a JPEG are told, and what fits stays', async () => {
    const image = waves(16, 16);
    let state = 1;
    const noise = Array.from({ length: 90_000 }, () => ((state = (state * 48271) % 0x7fffffff) % 36).toString(36)).join(''); // can't be packed below 60,000 bytes
    const long = { ...TEXTS, 'engram-graph': noise, 'engram-seed': '7' };
    const jpeg = await encodePicture(image, encoding({ format: 'jpeg' }), long);
    expect(jpeg.leftOut).toEqual(['engram-graph', 'engram-prompt']);
    expect(Object.fromEntries((await parseImageMetadata(jpeg.bytes, 'x')).texts)).toEqual({ 'engram-node': 'save', 'engram-seed': '7', 'Pixels-SHA256': pixelHash(image) });
    for (const format of ['png', 'webp', 'avif'] as const) {
      const whole = await encodePicture(image, encoding({ format }), long);
      expect(whole.leftOut).toEqual([]);
      expect((await parseImageMetadata(whole.bytes, 'x')).texts.get('engram-graph')).toBe(noise);
    }
  });

  test('a JPEG holds every packet up to the limit: none is dropped without a word', async () => {
    const image = waves(8, 8);
    let state = 7;
    for (const length of [58_000, 59_000, 59_500, 59_900, 60_100]) {
      // Short enough to stay plain in each part, together near the limit.
      const texts = Object.fromEntries(Array.from({ length: 4 }, (_, part) => [`engram-part${part}`, Array.from({ length: Math.floor(length / 4) - 100 }, () => ((state = (state * 48271) % 0x7fffffff) % 36).toString(36)).join('')]));
      const { bytes, leftOut } = await encodePicture(image, encoding({ format: 'jpeg' }), texts);
      const found = (await parseImageMetadata(bytes, 'x')).texts;
      for (const keyword of Object.keys(texts)) expect(found.has(keyword)).toBe(!leftOut.includes(keyword));
      expect(found.has('Pixels-SHA256')).toBe(true);
    }
  });

  test('a picture too long for its format is refused with what to do', async () => {
    const image: RgbImage = { width: 16_500, height: 1, pixels: new Uint8Array(16_500 * 3) };
    expect(await faultOf(() => encodePicture(image, encoding({ format: 'webp' })))).toMatchObject({ code: 'image.side', got: '16500x1' });
    expect((await encodePicture(image, encoding({ format: 'png' }))).bytes.length).toBeGreaterThan(0);
  });
});
