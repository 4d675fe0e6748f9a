import { deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AppError } from '../../../../src/contract/errors.ts';
import { readXmp, writeXmp } from '../../../../src/main/services/images/xmp.ts';
import { faultOf } from '../../../support/fault.ts';

/** A packet of our namespace with a body of the test's own. */
const packet = (body: string): string => writeXmp({}).replace('</rdf:Description>', `${body}</rdf:Description>`);

describe('XMP packets', () => {
  test('whatever the texts, they are read back, and equal texts give equal packets in any order', () => {
    const keyword = fc.stringMatching(/^[a-zA-Z][a-zA-Z0-9-]{0,30}$/);
    const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 40 }), fc.string({ unit: 'grapheme', maxLength: 40 }), fc.constantFrom('<a>&amp;', '\0', '\r\n', '\ufffe', ' x ', ']]>')).map((value) => Buffer.from(value).toString()); // no lone surrogates: UTF-8 has none
    fc.assert(fc.property(fc.dictionary(keyword, text, { maxKeys: 5 }), (texts) => {
      const written = writeXmp(texts);
      expect(Object.fromEntries(readXmp(written, 'x'))).toEqual({ ...texts });
      expect(writeXmp(Object.fromEntries(Object.entries(texts).reverse()))).toBe(written);
    }), { numRuns: 200 });
  });

  test('short texts can be read by anyone; markup in them stays text', () => {
    const written = writeXmp({ 'engram-prompt': 'a <script> & "x"' });
    expect(written).toContain('<engram:engram-prompt>a &lt;script&gt; &amp; "x"</engram:engram-prompt>');
    expect(written.match(/<engram:/g)).toHaveLength(1);
  });

  test('long texts are packed', () => {
    const long = 'a graph '.repeat(10_000);
    const written = writeXmp({ 'engram-graph': long });
    expect(written.length).toBeLessThan(2000);
    expect(readXmp(written, 'x').get('engram-graph')).toBe(long);
  });

  test('packets of other programs hold nothing of ours', () => {
    expect(readXmp('<x:xmpmeta><engram:engram-prompt>other namespace</engram:engram-prompt></x:xmpmeta>', 'x').size).toBe(0);
    expect(readXmp('', 'x').size).toBe(0);
  });

  test('of a keyword that comes twice the first counts', () => {
    expect(readXmp(packet('<engram:a>1</engram:a><engram:a>2</engram:a>'), 'x').get('a')).toBe('1');
  });

  test.each(['&bogus;', '&amp', '&#x110000;', '&#xzz;', '&'])('the entity %j is a damaged packet', async (entity) => {
    expect(await faultOf(() => readXmp(packet(`<engram:a>${entity}</engram:a>`), 'file.webp'))).toMatchObject({ code: 'xmp.damaged', where: 'file.webp' });
  });

  test('numbers of characters are read', () => {
    expect(readXmp(packet('<engram:a>&#65;&#x1F3A8;&apos;</engram:a>'), 'x').get('a')).toBe('A🎨\'');
  });

  test('a deflate bomb is refused, also one in many parts', async () => {
    const bomb = deflateRawSync(Buffer.alloc(40 * 1024 * 1024)).toString('base64');
    expect(bomb.length).toBeLessThan(100_000);
    const bombs = packet(`<engram:a.deflated>${bomb}</engram:a.deflated><engram:b.deflated>${bomb}</engram:b.deflated>`);
    expect((await faultOf(() => readXmp(bombs, 'x'))).rule).toContain('unpack');
    expect((await faultOf(() => readXmp(packet('<engram:a.deflated>no deflate</engram:a.deflated>'), 'x'))).code).toBe('xmp.damaged');
  });

  test('any text is read or refused, and never takes long', () => {
    fc.assert(fc.property(fc.string({ maxLength: 200 }), (body) => {
      try {
        readXmp(packet(body), 'x');
      } catch (error) {
        expect(error).toBeInstanceOf(AppError);
      }
    }), { numRuns: 300 });
    const started = performance.now();
    readXmp(packet('<engram:a'.repeat(200_000)), 'x');
    expect(performance.now() - started).toBeLessThan(15_000); // quadratic matching would take minutes
  });

  test('refuses keywords that are no XML names', async () => {
    expect((await faultOf(() => writeXmp({ '1a': '' }))).code).toBe('xmp.keyword');
  });
});
