import { execFileSync } from 'node:child_process';
import { mkdir, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { linesOf, MAX_TEXT_BYTES, readTextFile } from '../../../../src/main/services/batch/text-files.ts';
import { faultOf } from '../../../support/fault.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

async function fileWith(bytes: string | Uint8Array): Promise<string> {
  const path = join(await temporaryFolder(), 'file.txt');
  await writeFile(path, bytes);
  return path;
}

describe('readTextFile', () => {
  test('reads UTF-8 and drops a byte order mark at the start alone', async () => {
    expect(await readTextFile(await fileWith('\uFEFFa fox \u{1f98a}\uFEFF\n'), 'x')).toBe('a fox \u{1f98a}\uFEFF\n');
  });

  test.each([
    ['UTF-16, little endian', Uint8Array.from([0xff, 0xfe, 0x61, 0]), 'batch.encoding'],
    ['UTF-16, big endian', Uint8Array.from([0xfe, 0xff, 0, 0x61]), 'batch.encoding'],
    ['Latin-1', Uint8Array.from([0x61, 0xe9]), 'batch.encoding'],
    ['NUL characters', 'a\0b', 'batch.binary'],
  ])('refuses %s', async (_name, bytes, code) => {
    expect(await faultOf(async () => readTextFile(await fileWith(bytes), 'axis "a"'))).toMatchObject({ code, where: 'axis "a"' });
  });

  test('refuses 100 MB without reading them', async () => {
    const path = await fileWith('');
    const handle = await open(path, 'r+');
    await handle.truncate(100_000_000);
    await handle.close();
    expect(await faultOf(() => readTextFile(path, 'a'))).toMatchObject({ code: 'batch.text-size', rule: `text files must have at most ${MAX_TEXT_BYTES} bytes`, got: `100000000 in ${path}` });
  });

  test('refuses what is no file, and does not wait for a pipe', async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, 'folder'));
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    expect(await faultOf(() => readTextFile(join(folder, 'folder'), 'a'))).toMatchObject({ code: 'batch.not-a-file' });
    expect(await faultOf(() => readTextFile(join(folder, 'pipe'), 'a'))).toMatchObject({ code: 'batch.not-a-file' });
    expect(await faultOf(() => readTextFile(join(folder, 'none'), 'a'))).toMatchObject({ code: 'files.read' });
  });
});

test('linesOf numbers lines, keeps spaces, and leaves out blank ones', () => {
  expect(linesOf('a\r\n\n  b \n \t\r\nc\rd')).toEqual([{ number: 1, text: 'a' }, { number: 3, text: '  b ' }, { number: 5, text: 'c\rd' }]);
  expect(linesOf('')).toEqual([]);
  expect(linesOf('\n'.repeat(3))).toEqual([]);
});
