import { createHash } from 'node:crypto';
import { truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { decodeImage, decodeImageFile, encodePng, PIXELS_KEYWORD, resizeImage } from '../../../../src/main/services/images/codec.ts';
import { readPngText } from '../../../../src/main/services/images/png-text.ts';
import { pixelHash, type RgbImage } from '../../../../src/main/services/images/rgb-image.ts';
import { faultOf } from '../../../support/fault.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

/** Every pixel is different. */
function gradient(width: number, height: number): RgbImage {
  const pixels = Uint8Array.from({ length: width * height * 3 }, (_, index) => (index * 37 + (index >> 8)) % 256);
  return { width, height, pixels };
}

function flat(width: number, height: number, colour: readonly [number, number, number]): RgbImage {
  return { width, height, pixels: Uint8Array.from({ length: width * height * 3 }, (_, index) => colour[index % 3] as number) };
}

function raw(image: RgbImage): ReturnType<typeof sharp> {
  return sharp(image.pixels, { raw: { width: image.width, height: image.height, channels: 3 } });
}

function pixelAt(image: RgbImage, x: number, y: number): number[] {
  const at = (y * image.width + x) * 3;
  return [...image.pixels.subarray(at, at + 3)];
}

describe('PNG files of our own', () => {
  test('keep every pixel and carry texts and the hash of their pixels', async () => {
    const image = gradient(37, 23);
    const png = await encodePng(image, { 'engram-graph': '{}' });
    expect(await decodeImage(png, 'x.png')).toEqual(image);
    const texts = readPngText(png, 'x.png');
    expect(texts.get('engram-graph')).toBe('{}');
    expect(texts.get(PIXELS_KEYWORD)).toBe(pixelHash(image));
  });

  test('equal pictures give equal bytes, with no time and no camera or colour metadata in them', async () => {
    const first = await encodePng(gradient(64, 64), { a: 'b' });
    await new Promise((resolve) => setTimeout(resolve, 1100)); // a tIME chunk counts seconds
    expect(Buffer.compare(await encodePng(gradient(64, 64), { a: 'b' }), first)).toBe(0);
    const types = Buffer.from(first).toString('latin1').match(/IHDR|tIME|tEXt|zTXt|iTXt|eXIf|pHYs|iCCP|IEND/g);
    expect(new Set(types)).toEqual(new Set(['IHDR', 'iTXt', 'pHYs', 'IEND']));
  });

  test('pixels and size that do not belong together are refused', async () => {
    expect((await faultOf(() => encodePng({ width: 2, height: 2, pixels: new Uint8Array(11) }))).code).toBe('image.size');
  });
});

describe('pixelHash', () => {
  test('is the SHA-256 of width and height (32 bits, little-endian) and the pixels', () => {
    const image = gradient(3, 2);
    const bytes = Buffer.concat([Buffer.from([3, 0, 0, 0, 2, 0, 0, 0]), image.pixels]);
    expect(pixelHash(image)).toBe(createHash('sha256').update(bytes).digest('hex'));
    expect(pixelHash({ ...image, width: 2, height: 3 })).not.toBe(pixelHash(image));
  });
});

describe('decodeImage', () => {
  test.each(['png', 'webp', 'tiff'] as const)('reads %s without loss', async (format) => {
    const image = gradient(20, 10);
    const options = { png: {}, webp: { lossless: true }, tiff: { compression: 'lzw' } } as const;
    expect(await decodeImage(await raw(image).toFormat(format, options[format]).toBuffer(), 'x')).toEqual(image);
  });

  test.each(['jpeg', 'avif', 'gif'] as const)('reads %s, nearly', async (format) => {
    const decoded = await decodeImage(await raw(flat(16, 16, [200, 100, 50])).toFormat(format).toBuffer(), 'x');
    expect([decoded.width, decoded.height]).toEqual([16, 16]);
    pixelAt(decoded, 8, 8).forEach((value, channel) => expect(Math.abs(value - ([200, 100, 50][channel] as number))).toBeLessThanOrEqual(4)); // lossy coding of a flat colour
  });

  test('turns pictures upright', async () => {
    const image = gradient(4, 2);
    const turned = await raw(image).png().withMetadata({ orientation: 6 }).toBuffer();
    const decoded = await decodeImage(turned, 'x');
    expect([decoded.width, decoded.height]).toEqual([2, 4]);
    expect(pixelAt(decoded, 1, 0)).toEqual(pixelAt(image, 0, 0)); // top left goes to top right
  });

  test('grey, 16-bit, palette and CMYK pictures become 8-bit RGB; transparency is laid on white', async () => {
    const grey = await sharp(Uint8Array.of(0, 128, 255, 10), { raw: { width: 2, height: 2, channels: 1 } }).png().toBuffer();
    expect([...(await decodeImage(grey, 'x')).pixels]).toEqual([0, 0, 0, 128, 128, 128, 255, 255, 255, 10, 10, 10]);
    const deep = await raw(flat(2, 2, [10, 20, 30])).toColourspace('rgb16').png().toBuffer();
    expect((await sharp(deep).metadata()).depth).toBe('ushort');
    expect(pixelAt(await decodeImage(deep, 'x'), 0, 0)).toEqual([10, 20, 30]);
    const palette = await raw(flat(2, 2, [10, 20, 30])).png({ palette: true }).toBuffer();
    expect(pixelAt(await decodeImage(palette, 'x'), 0, 0)).toEqual([10, 20, 30]);
    const cmyk = await decodeImage(await raw(flat(8, 8, [255, 255, 255])).toColourspace('cmyk').jpeg({ quality: 100 }).toBuffer(), 'x');
    expect(cmyk.pixels).toHaveLength(8 * 8 * 3);
    expect(Math.min(...cmyk.pixels)).toBeGreaterThan(245); // white stays white but for JPEG and the profile
    const clear = await sharp(Uint8Array.of(255, 0, 0, 255, 0, 0, 255, 0), { raw: { width: 2, height: 1, channels: 4 } }).png().toBuffer();
    expect([...(await decodeImage(clear, 'x')).pixels]).toEqual([255, 0, 0, 255, 255, 255]);
  });

  test('of an animation the first frame', async () => {
    const frames = Buffer.concat([flat(4, 4, [255, 0, 0]).pixels, flat(4, 4, [0, 0, 255]).pixels]);
    const animation = await sharp(frames, { raw: { width: 4, height: 8, channels: 3, pageHeight: 4 } }).gif().toBuffer();
    expect((await sharp(animation).metadata()).pages).toBe(2);
    const decoded = await decodeImage(animation, 'x');
    expect([decoded.width, decoded.height, ...pixelAt(decoded, 0, 0)]).toEqual([4, 4, 255, 0, 0]);
  });

  test('refuses SVG, which can name other files, and everything that is no picture', async () => {
    const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="4" height="4"><image href="file:///etc/passwd"/></svg>';
    for (const bytes of [Buffer.from(svg), Buffer.from(`<?xml version="1.0"?>${svg}`), Buffer.from('%PDF-1.4'), Buffer.from('text'), Buffer.alloc(0), Buffer.alloc(4096)]) {
      expect(await faultOf(() => decodeImage(bytes, 'x.png'))).toMatchObject({ code: 'image.unreadable', kind: 'input', where: 'x.png' });
    }
  });

  test('refuses pictures that are cut short', async () => {
    for (const format of ['png', 'jpeg', 'webp'] as const) {
      const whole = await raw(gradient(64, 64)).toFormat(format).toBuffer();
      expect((await faultOf(() => decodeImage(whole.subarray(0, Math.floor(whole.length * 0.6)), 'x'))).code).toBe('image.unreadable');
    }
  });

  test('refuses a small file that would become a huge picture', async () => {
    const bomb = Buffer.from(await raw(flat(8, 8, [0, 0, 0])).png().toBuffer());
    bomb.writeUInt32BE(16_000, 16); // width and height in IHDR, with the checksum that follows it
    bomb.writeUInt32BE(16_000, 20);
    bomb.writeUInt32BE(crc32(bomb.subarray(12, 29)), 29);
    expect((await sharp(bomb, { limitInputPixels: false }).metadata()).width).toBe(16_000);
    expect((await faultOf(() => decodeImage(bomb, 'bomb.png'))).got).toContain('pixel limit');
  });

  test('names files that are missing or too large', async () => {
    const folder = await temporaryFolder();
    expect(await faultOf(() => decodeImageFile(join(folder, 'none.png')))).toMatchObject({ code: 'files.read', path: join(folder, 'none.png') });
    await writeFile(join(folder, 'big.png'), '');
    await truncate(join(folder, 'big.png'), 256 * 2 ** 20 + 1);
    expect((await faultOf(() => decodeImageFile(join(folder, 'big.png')))).code).toBe('image.too-large');
  });
});

describe('resizeImage', () => {
  test('a picture that has the size comes back as it is', async () => {
    const image = gradient(8, 8);
    expect(await resizeImage(image, 8, 8, 'cover')).toBe(image);
  });

  test('cover cuts the longer side at both ends, contain borders the shorter one, stretch distorts', async () => {
    // Three squares side by side: red, green, blue.
    const pixels = Uint8Array.from({ length: 24 * 8 * 3 }, (_, index) => (Math.floor((Math.floor(index / 3) % 24) / 8) === index % 3 ? 255 : 0));
    const image: RgbImage = { width: 24, height: 8, pixels };
    const cover = await resizeImage(image, 8, 8, 'cover');
    expect(cover).toEqual(flat(8, 8, [0, 255, 0]));
    const contain = await resizeImage(image, 24, 24, 'contain');
    expect([pixelAt(contain, 4, 0), pixelAt(contain, 4, 12), pixelAt(contain, 20, 12), pixelAt(contain, 20, 23)]).toEqual([[0, 0, 0], [255, 0, 0], [0, 0, 255], [0, 0, 0]]);
    const stretch = await resizeImage(image, 48, 48, 'stretch');
    expect([pixelAt(stretch, 4, 4), pixelAt(stretch, 24, 44), pixelAt(stretch, 44, 24)]).toEqual([[255, 0, 0], [0, 255, 0], [0, 0, 255]]);
  });

  test('keeps a flat colour exactly, up and down', async () => {
    for (const size of [5, 16, 100]) expect(pixelHash(await resizeImage(flat(40, 40, [13, 77, 211]), size, size, 'cover'))).toBe(pixelHash(flat(size, size, [13, 77, 211])));
  });

  test.each([[0, 8], [8, 1.5], [-1, 8], [1e5, 1e5]])('refuses the size %d x %d', async (width, height) => {
    expect((await faultOf(() => resizeImage(gradient(4, 4), width, height, 'cover'))).code).toBe('image.target-size');
  });
});
