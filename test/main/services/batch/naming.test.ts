import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isNumberedForm, nameKey, parseTemplate, safeSegment, slugOf, UniqueNames } from '../../../../src/main/services/batch/naming.ts';
import { resolveWrite } from '../../../../src/main/services/path-scope.ts';
import { faultOf } from '../../../support/fault.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const anyText = fc.oneof(fc.string({ unit: 'binary', maxLength: 40 }), fc.string({ unit: fc.constantFrom('.', ' ', '/', '\\', ':', 'con', 'NUL', 'com1', '\0', '\u202e', '\ud800', 'a', '\u00e9', '\u{1f98a}'), maxLength: 12 }), fc.string({ minLength: 100, maxLength: 400 }));

describe('safeSegment', () => {
  test.each([
    ['a fox', 'a fox'], ['..', 'untitled'], ['../../etc', '-..-etc'], ['a/b\\c', 'a-b-c'], ['CON', '_CON'], ['con.txt', '_con.txt'], ['com1', '_com1'], ['COM\u00b9', '_COM\u00b9'], ['console', 'console'],
    ['nul .x', '_nul .x'], ['x. . ', 'x'], ['.hidden', 'hidden'], ['.engram-batch', 'engram-batch'], ['a\0b\u202ec', 'a-b-c'], ['e\u0301', '\u00e9'], ['what?*<>|"', 'what-'], ['', 'untitled'], ['   ', 'untitled'], ['\u72d0', '\u72d0'],
  ])('%j becomes %j', (text, expected) => {
    expect(safeSegment(text)).toBe(expected);
  });

  test('anything becomes a name that is safe, is left as it is the second time, and can be written', async () => {
    const folder = await temporaryFolder();
    await fc.assert(fc.asyncProperty(anyText, async (text) => {
      const name = safeSegment(text);
      expect(Buffer.byteLength(name)).toBeLessThanOrEqual(100);
      expect(safeSegment(name)).toBe(name);
      expect(name).toBe(name.normalize('NFC'));
      expect(Buffer.from(name).toString()).toBe(name); // no unpaired surrogates
      const path = await resolveWrite(folder, `${name}.png`, 'row'); // refuses what some system refuses
      expect(dirname(path)).toBe(folder);
      await writeFile(path, '');
    }), { numRuns: 300 });
  });
});

describe('slugOf', () => {
  test.each([
    ['A Portrait of a Fox, in red!', 'a-portrait-of-a-fox-in-red'], ['Aldric Vortex-9', 'aldric-vortex-9'], ['\u00c9t\u00e9 \u00e0 la plage', 'ete-a-la-plage'], ['\u72d0\u306e\u8096\u50cf', '\u72d0\u306e\u8096\u50cf'],
    ['\u0939\u093f\u0928\u094d\u0926\u0940', '\u0939\u093f\u0928\u094d\u0926\u0940'], ['\u{1f98a}', 'untitled'], ['---', 'untitled'], ['../..', 'untitled'], ['x'.repeat(100), 'x'.repeat(60)],
  ])('%s is %s', (text, slug) => {
    expect(slugOf(text)).toBe(slug);
  });

  test('is a slug of itself', () => {
    fc.assert(fc.property(anyText, (text) => { expect(slugOf(slugOf(text))).toBe(slugOf(text)); }));
  });
});

describe('templates', () => {
  const known = new Set(['prompt', 'seed', 'table', 'row']);
  const values: Record<string, string> = { prompt: 'A fox / in "red"', seed: '7', table: 'aldric.engram.safetensors', row: '12' };
  const render = (template: string): string => parseTemplate(template, known, 'output.name').render((token) => values[token] as string);

  test.each([
    ['{prompt:slug}/{seed}', 'a-fox-in-red/7'], ['{prompt}', 'A fox - in -red-'], ['{seed:3}', '007'], ['x-{row:1}y', 'x-12y'], ['{prompt:3}', 'A fox - in -red-'], ['{table:stem}', 'aldric'], ['{table:stem:slug}-{seed}', 'aldric-7'], ['plain', 'plain'], ['{table}', 'aldric.engram.safetensors'],
  ])('%s gives %s', (template, expected) => {
    expect(render(template)).toBe(expected);
  });

  test.each([
    ['{promt}', 'batch.template-token'], ['{prompt:slag}', 'batch.template-filter'], ['{seed:0}', 'batch.template-filter'], ['{seed:toString}', 'batch.template-filter'], ['{constructor}', 'batch.template-token'], ['{prompt', 'batch.template'], ['a}', 'batch.template'], ['../{seed}', 'batch.template'],
    ['/{seed}', 'batch.template'], ['a//b', 'batch.template'], ['.', 'batch.template'], ['C:{seed}', 'batch.template'], ['a\\b', 'batch.template'], ['a\u0000', 'batch.template'], ['1/2/3/4/5/6/7/8/9', 'batch.template'],
  ])('refuses %j', async (template, code) => {
    expect(await faultOf(() => parseTemplate(template, known, 'output.name'))).toMatchObject({ code, where: 'output.name', kind: 'input' });
  });

  test('no value leads out of the folder, whatever it is', () => {
    fc.assert(fc.property(anyText, anyText, (prompt, seed) => {
      const name = parseTemplate('{prompt}/{seed:slug}-{prompt:stem}/{seed}', known, 'x').render((token) => (token === 'prompt' ? prompt : seed));
      expect(name.split('/')).toHaveLength(3);
      for (const segment of name.split('/')) expect(segment).toBe(safeSegment(segment));
    }));
  });
});

describe('unique names', () => {
  test('later ones get numbers, in order, whatever the case', () => {
    const names = new UniqueNames();
    expect(['fox', 'Fox', 'fox', 'fox-2', 'cat', '\u00e9', 'e\u0301'].map((name) => names.take(name))).toEqual(['fox', 'Fox-2', 'fox-3', 'fox-2-2', 'cat', '\u00e9', 'e\u0301-2']);
  });

  test('all names differ on systems that ignore case and composition, with every suffix', () => {
    const name = fc.string({ unit: fc.constantFrom('a', 'A', '-', '2', '\u00e9', 'e\u0301', '\u00df', 'SS'), minLength: 1, maxLength: 4 });
    fc.assert(fc.property(fc.array(name, { maxLength: 40 }), (wanted) => {
      const names = new UniqueNames(['', '-2', '-sheet']);
      const taken = wanted.map((one) => names.take(one));
      const files = taken.flatMap((one) => ['', '-2', '-sheet'].map((suffix) => nameKey(`${one}${suffix}`)));
      expect(new Set(files).size).toBe(files.length);
      taken.forEach((one, index) => { expect(isNumberedForm(one, wanted[index] as string)).toBe(true); });
    }));
  });

  test('ten thousand equal names take no time', () => {
    const names = new UniqueNames();
    const taken = Array.from({ length: 10_000 }, () => names.take('same'));
    expect(taken.at(-1)).toBe('same-10000');
  });
});

test('names of folders and files do not get into each other\'s way', async () => {
  const folder = await temporaryFolder();
  await mkdir(folder, { recursive: true });
  await writeFile(await resolveWrite(folder, 'a.png', 'row'), '');
  await writeFile(await resolveWrite(folder, 'a/b.png', 'row'), '');
  expect((await readdir(folder)).sort()).toEqual(['a', 'a.png']);
});
