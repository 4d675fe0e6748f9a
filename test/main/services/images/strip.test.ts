import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { AppError } from '../../../../src/contract/errors.ts';
import { PICTURE_FORMATS, type PictureFormat } from '../../../../src/contract/image-metadata.ts';
import { decodeImage } from '../../../../src/main/services/images/codec.ts';
import { encodePicture } from '../../../../src/main/services/images/encode.ts';
import { parseImageMetadata } from '../../../../src/main/services/images/metadata.ts';
import { pixelHash } from '../../../../src/main/services/images/rgb-image.ts';
import { stripPicture } from '../../../../src/main/services/images/strip.ts';
import { stripAvif } from '../../../../src/main/services/images/strip-avif.ts';
import { stripJpeg, stripWebp } from '../../../../src/main/services/images/strip-segments.ts';
import { faultOf } from '../../../support/fault.ts';
import { picture } from '../../../support/pictures.ts';

const SECRET = 'my secret prompt';
const TEXTS = { 'engram-graph': JSON.stringify({ prompt: SECRET }), 'engram-prompt': SECRET };

async function ours(format: PictureFormat, more: { quality?: number; lossless?: boolean } = {}): Promise<Buffer> {
  return Buffer.from((await encodePicture(picture(40, 30, 3), { format, quality: 90, lossless: false, chroma: '4:4:4', ...more }, TEXTS)).bytes);
}

/** A picture with EXIF, XMP and a profile, as other programs write them. */
async function foreign(format: 'png' | 'webp' | 'avif' | 'jpeg', options: object = {}): Promise<Buffer> {
  const { width, height, pixels } = picture(40, 30, 3);
  return sharp(pixels, { raw: { width, height, channels: 3 } }).withExif({ IFD0: { Copyright: SECRET } }).withXmp(`<x:xmpmeta xmlns:x="adobe:ns:meta/">${SECRET}</x:xmpmeta>`).withIccProfile('p3').toFormat(format, options).toBuffer();
}

describe('stripPicture', () => {
  test.each(PICTURE_FORMATS)('%s: nothing of ours is left but pixels and profile, and the picture is not coded again', async (format) => {
    for (const more of [{}, { lossless: true }]) {
      const bytes = await ours(format, more);
      const { bytes: stripped, removed } = await stripPicture(bytes, 'x');
      expect(removed.length).toBeGreaterThan(0);
      expect(Buffer.from(stripped).includes(SECRET)).toBe(false);
      expect(Buffer.from(stripped).includes('engram')).toBe(false);
      expect((await parseImageMetadata(stripped, 'x')).texts.size).toBe(0);
      expect(pixelHash(await decodeImage(stripped, 'x'))).toBe(pixelHash(await decodeImage(bytes, 'x')));
      expect((await sharp(stripped).metadata()).icc).toEqual((await sharp(bytes).metadata()).icc);
    }
  });

  test.each(['png', 'webp', 'avif', 'jpeg'] as const)('%s of other programs: EXIF and XMP go, the colour profile stays', async (format) => {
    const bytes = await foreign(format);
    expect(bytes.includes(SECRET) || format === 'png').toBe(true);
    const { bytes: stripped, removed } = await stripPicture(bytes, 'x');
    expect(removed.length).toBeGreaterThan(0);
    expect(Buffer.from(stripped).includes(SECRET)).toBe(false);
    const { icc, xmp } = await sharp(stripped).metadata();
    expect(icc).toEqual((await sharp(bytes).metadata()).icc);
    expect(xmp?.toString().trim() ?? '').toBe('');
  });

  test('a progressive JPEG keeps all of its scans', async () => {
    const bytes = await foreign('jpeg', { progressive: true });
    const { bytes: stripped } = await stripPicture(bytes, 'x');
    expect(pixelHash(await decodeImage(stripped, 'x'))).toBe(pixelHash(await decodeImage(bytes, 'x')));
  });

  test('what stands behind a JPEG or in its comments goes too', async () => {
    const bytes = await ours('jpeg');
    const comment = Buffer.concat([Buffer.from([0xff, 0xfe, 0, 2 + SECRET.length]), Buffer.from(SECRET)]);
    const more = Buffer.concat([bytes.subarray(0, 2), comment, bytes.subarray(2), Buffer.from(SECRET)]);
    const stripped = stripJpeg(more, 'x');
    expect(stripped.removed).toContain('comment');
    expect(Buffer.from(stripped.bytes).includes(SECRET)).toBe(false);
  });

  test('twice is as good as once', async () => {
    for (const format of PICTURE_FORMATS) {
      const { bytes } = await stripPicture(await ours(format), 'x');
      expect(Buffer.compare((await stripPicture(bytes, 'x')).bytes, bytes)).toBe(0);
    }
  });

  test('a picture that only its EXIF turns upright is refused, and so are other formats', async () => {
    const { width, height, pixels } = picture(8, 6, 1);
    const turned = await sharp(pixels, { raw: { width, height, channels: 3 } }).withMetadata({ orientation: 6 }).jpeg().toBuffer();
    expect(await faultOf(() => stripPicture(turned, 'x'))).toMatchObject({ code: 'strip.orientation' });
    const gif = await sharp(pixels, { raw: { width, height, channels: 3 } }).gif().toBuffer();
    expect(await faultOf(() => stripPicture(gif, 'x'))).toMatchObject({ code: 'strip.format', got: 'GIF' });
  });

  test.each([['jpeg', stripJpeg], ['webp', stripWebp], ['avif', stripAvif]] as const)('%s with damaged bytes ends with a result or an error', async (format, strip) => {
    const whole = await ours(format);
    fc.assert(fc.property(fc.integer({ min: 0, max: whole.length }), fc.array(fc.tuple(fc.nat(Math.min(whole.length, 700) - 1), fc.nat(255)), { maxLength: 4 }), (length, flips) => {
      const bytes = Buffer.from(whole);
      for (const [at, value] of flips) bytes[at] = value;
      try {
        expect(strip(bytes.subarray(0, length), 'x').bytes.length).toBeLessThanOrEqual(length);
      } catch (error) {
        expect(error).toBeInstanceOf(AppError);
      }
    }), { numRuns: 400 });
  });
});
