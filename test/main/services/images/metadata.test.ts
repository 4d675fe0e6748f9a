import { truncate, writeFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AppError } from '../../../../src/contract/errors.ts';
import { PICTURE_FORMATS, PICTURE_TEXTS, type PictureFormat } from '../../../../src/contract/image-metadata.ts';
import { encodePicture } from '../../../../src/main/services/images/encode.ts';
import { parseImageMetadata, readImageMetadata } from '../../../../src/main/services/images/metadata.ts';
import { pixelHash } from '../../../../src/main/services/images/rgb-image.ts';
import { faultOf } from '../../../support/fault.ts';
import { picture } from '../../../support/pictures.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const key = 'a'.repeat(64);
const provenance = { program: '1.2.3', device: 'cpu onnxruntime-1 threads-2 plan-default', contentKey: key, nodes: { save: { type: 'SaveImage', version: 2, params: { name: 'x' } } }, files: [{ node: 'backbone', param: 'folder', value: 'models:x', contents: key }] };
const TEXTS: Record<string, string> = {
  [PICTURE_TEXTS.graph]: '{"format":"engram-graph","nodes":{}}', [PICTURE_TEXTS.node]: 'save', [PICTURE_TEXTS.inputs]: JSON.stringify({ image: [key] }),
  [PICTURE_TEXTS.prompt]: 'a fox <b>', [PICTURE_TEXTS.seed]: '9007199254740991', [PICTURE_TEXTS.place]: '2/3', [PICTURE_TEXTS.provenance]: JSON.stringify(provenance),
};
const image = picture(24, 16, 5);

async function file(format: PictureFormat, texts: Record<string, string> = TEXTS): Promise<Buffer> {
  return Buffer.from((await encodePicture(image, { format, quality: 90, lossless: false, chroma: '4:4:4' }, texts)).bytes);
}

describe('reading back', () => {
  test.each(PICTURE_FORMATS)('%s tells all that was written', async (format) => {
    const folder = await temporaryFolder();
    const path = join(folder, `x.${format}`);
    await writeFile(path, await file(format));
    const { picture: found, width, height } = await readImageMetadata(path);
    expect([width, height]).toEqual([24, 16]);
    expect(found).toEqual({
      graph: TEXTS[PICTURE_TEXTS.graph], node: 'save', inputs: { image: [key] }, prompt: 'a fox <b>', seed: Number.MAX_SAFE_INTEGER, place: { index: 1, count: 3 }, provenance, pixels: pixelHash(image),
    });
  });

  test('files of earlier versions, without place and provenance, are read', async () => {
    const { [PICTURE_TEXTS.place]: _place, [PICTURE_TEXTS.provenance]: _provenance, ...old } = TEXTS;
    const { picture: found } = await parseImageMetadata(await file('png', old), 'x');
    expect([found?.node, found?.place, found?.provenance]).toEqual(['save', undefined, undefined]);
  });

  test('a file without a graph has no metadata of ours', async () => {
    expect((await parseImageMetadata(await file('webp', {}), 'x')).picture).toBeUndefined();
  });

  test.each([
    [PICTURE_TEXTS.inputs, '{"image":'], [PICTURE_TEXTS.inputs, '{"image":["short"]}'], [PICTURE_TEXTS.seed, '-1'], [PICTURE_TEXTS.seed, '1e3'], [PICTURE_TEXTS.place, '4/3'], [PICTURE_TEXTS.place, '0/1'],
    [PICTURE_TEXTS.provenance, '[]'], [PICTURE_TEXTS.provenance, JSON.stringify({ ...provenance, contentKey: 'x' })],
  ])('%s = %j is named as damaged', async (keyword, text) => {
    for (const format of ['png', 'webp'] as const) {
      expect(await faultOf(async () => parseImageMetadata(await file(format, { ...TEXTS, [keyword]: text }), 'file'))).toMatchObject({ code: 'metadata.damaged', kind: 'input', where: 'file', rule: expect.stringContaining(keyword) as string });
    }
  });
});

describe('hostile files', () => {
  test('bombs in text chunks are refused, also in many parts', async () => {
    const png = await file('png', {});
    const packed = deflateSync(Buffer.alloc(40 * 1024 * 1024));
    const bomb = (keyword: string): Uint8Array => Buffer.concat([Buffer.from(`${keyword}\0\0`), packed]);
    const chunkOf = (data: Uint8Array): Uint8Array => {
      const head = Buffer.alloc(8);
      head.writeUInt32BE(data.length);
      head.write('zTXt', 4, 'latin1');
      const tail = Buffer.alloc(4);
      tail.writeUInt32BE(crc32(Buffer.concat([Buffer.from('zTXt'), data])));
      return Buffer.concat([head, data, tail]);
    };
    const bombs = Buffer.concat([png.subarray(0, 33), chunkOf(bomb('a')), chunkOf(bomb('b')), png.subarray(33)]);
    expect(bombs.length).toBeLessThan(200_000);
    expect((await faultOf(() => parseImageMetadata(bombs, 'x'))).rule).toContain('unpack');
  });

  test.each(PICTURE_FORMATS)('%s cut short or with flipped bytes is read or refused, and nothing else', async (format) => {
    const whole = await file(format);
    await fc.assert(fc.asyncProperty(fc.integer({ min: 0, max: whole.length }), fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 4 }), async (length, flips) => {
      const bytes = Buffer.from(whole);
      for (const [at, value] of flips) bytes[at] = value;
      try {
        const found = await parseImageMetadata(bytes.subarray(0, length), 'x');
        expect(found.width).toBeGreaterThan(0);
      } catch (error) {
        expect(error).toBeInstanceOf(AppError);
      }
    }), { numRuns: 150 });
  });

  test('missing, huge and no files', async () => {
    const folder = await temporaryFolder();
    expect((await faultOf(() => readImageMetadata(join(folder, 'none.png')))).code).toBe('files.read');
    await mkdir(join(folder, 'folder.png'));
    expect(['image.not-a-file', 'files.read']).toContain((await faultOf(() => readImageMetadata(join(folder, 'folder.png')))).code);
    await writeFile(join(folder, 'big.png'), '');
    await truncate(join(folder, 'big.png'), 256 * 2 ** 20 + 1);
    expect((await faultOf(() => readImageMetadata(join(folder, 'big.png')))).code).toBe('image.too-large');
    await writeFile(join(folder, 'text.png'), 'hello');
    expect((await faultOf(() => readImageMetadata(join(folder, 'text.png')))).code).toBe('image.unreadable');
  });
});
