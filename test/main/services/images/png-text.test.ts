import { deflateSync, crc32 } from 'node:zlib';
import fc from 'fast-check';
import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import { AppError } from '../../../../src/contract/errors.ts';
import { insertPngText, readPngText } from '../../../../src/main/services/images/png-text.ts';
import { faultOf } from '../../../support/fault.ts';

let png: Uint8Array;

beforeAll(async () => {
  png = await sharp({ create: { width: 3, height: 2, channels: 3, background: '#123456' } }).png().toBuffer();
});

function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  checksum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, checksum]);
}

/** The file with a chunk of the test's own after its header. */
function withChunk(type: string, data: Uint8Array): Uint8Array {
  return Buffer.concat([png.subarray(0, 33), chunk(type, data), png.subarray(33)]);
}

describe('insertPngText', () => {
  test('another reader finds the texts, and the pixels are as before', async () => {
    const texts = { 'engram-graph': '{"nodes":{}}', prompt: 'ein Bär, 日本 🎨', a: '' };
    const tagged = insertPngText(png, texts);
    const { comments } = await sharp(tagged).metadata();
    const graph = comments?.find((comment) => comment.keyword === 'engram-graph');
    expect(graph?.text).toBe(texts['engram-graph']);
    expect(await sharp(tagged).raw().toBuffer()).toEqual(await sharp(png).raw().toBuffer());
  });

  test('whatever the texts, they are read back, and equal texts give equal bytes in any order', () => {
    const keyword = fc.stringMatching(/^[a-zA-Z][a-zA-Z0-9-]{0,60}$/);
    const text = fc.string({ unit: 'binary', maxLength: 40 }).map((value) => Buffer.from(value).toString().replaceAll('\0', ''));
    fc.assert(fc.property(fc.dictionary(keyword, text, { maxKeys: 5 }), (texts) => {
      const tagged = insertPngText(png, texts);
      expect(Object.fromEntries(readPngText(tagged, 'x.png'))).toEqual({ ...texts });
      expect(Buffer.compare(insertPngText(png, Object.fromEntries(Object.entries(texts).reverse())), tagged)).toBe(0);
    }), { numRuns: 100 });
  });

  test.each(['', ' a', 'a ', 'a  b', 'ü', 'x'.repeat(80)])('refuses the keyword %j', async (keyword) => {
    expect((await faultOf(() => insertPngText(png, { [keyword]: 'text' }))).code).toBe('png.keyword');
  });

  test('refuses what is no PNG, and texts with a zero character', async () => {
    expect((await faultOf(() => insertPngText(Uint8Array.of(1, 2, 3), { a: 'b' }))).code).toBe('png.damaged');
    expect((await faultOf(() => insertPngText(png, { a: 'b\0c' }))).code).toBe('png.text');
  });
});

describe('readPngText', () => {
  test('reads the three kinds of text chunks, packed or not', () => {
    expect(readPngText(withChunk('tEXt', Buffer.from('Title\0caf\xe9', 'latin1')), 'x').get('Title')).toBe('café');
    expect(readPngText(withChunk('zTXt', Buffer.concat([Buffer.from('Title\0\0'), deflateSync('packed')])), 'x').get('Title')).toBe('packed');
    expect(readPngText(withChunk('iTXt', Buffer.concat([Buffer.from('Title\0\x01\0de\0Titel\0'), deflateSync('日本')])), 'x').get('Title')).toBe('日本');
  });

  test('of a keyword that comes twice the first counts', () => {
    const twice = insertPngText(withChunk('tEXt', Buffer.from('a\0second')), { a: 'first' });
    expect(readPngText(twice, 'x').get('a')).toBe('first');
  });

  test.each([
    ['a wrong checksum', (file: Buffer) => { file.writeUInt8(file.readUInt8(20) ^ 1, 20); return file; }],
    ['a length beyond the file', (file: Buffer) => { file.writeUInt32BE(0xffffffff, 33); return file; }],
    ['no end', (file: Buffer) => file.subarray(0, -12)],
    ['another first chunk', (file: Buffer) => Buffer.concat([file.subarray(0, 8), chunk('tEXt', Buffer.from('a\0b')), file.subarray(8)])],
  ])('%s is a damaged file', async (_what, damage) => {
    expect(await faultOf(() => readPngText(damage(Buffer.from(png)), 'x.png'))).toMatchObject({ code: 'png.damaged', kind: 'input', where: 'x.png' });
  });

  test.each([
    ['a text without keyword', 'tEXt', Buffer.from('no zero byte')],
    ['an unknown packing', 'zTXt', Buffer.from('a\0\x05xx')],
    ['packed data that is none', 'zTXt', Buffer.from('a\0\0xx')],
    ['an international text cut short', 'iTXt', Buffer.from('a\0\0\0de')],
    ['a text that unpacks to too much', 'zTXt', Buffer.concat([Buffer.from('bomb\0\0'), deflateSync(Buffer.alloc(65 * 2 ** 20))])],
  ])('%s is a damaged file', async (_what, type, data) => {
    expect((await faultOf(() => readPngText(withChunk(type, data), 'x.png'))).code).toBe('png.damaged');
  });

  test('any change of one byte gives texts or an AppError, never anything else', () => {
    const file = insertPngText(png, { a: 'text', b: 'other' });
    fc.assert(fc.property(fc.nat(file.length - 1), fc.integer({ min: 0, max: 255 }), (at, byte) => {
      const changed = Uint8Array.from(file);
      changed[at] = byte;
      try {
        readPngText(changed, 'x.png');
      } catch (error) {
        expect(error).toBeInstanceOf(AppError);
      }
    }), { numRuns: 500 });
  });
});
