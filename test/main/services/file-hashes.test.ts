import { createHash } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { FileHashes } from '../../../src/main/services/file-hashes.ts';
import { faultOf } from '../../support/fault.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const SIZE = 4 * 2 ** 20;
const OLD = new Date(Date.now() - 3_600_000);

function sha256(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

async function bigFile(folder: string, name = 'big.bin', fill = 1): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, Buffer.alloc(SIZE, fill));
  await utimes(path, OLD, OLD);
  return path;
}

/** Changes one byte and puts the times back: only a real hashing notices. */
async function changeUnseen(path: string): Promise<void> {
  const handle = await open(path, 'r+');
  await handle.write(Uint8Array.of(9), 0, 1, 100);
  await handle.close();
  await utimes(path, OLD, OLD);
}

describe('FileHashes', () => {
  test('hashes files of any size', async () => {
    const folder = await temporaryFolder();
    const hashes = new FileHashes(join(folder, 'memo'));
    await writeFile(join(folder, 'small'), 'abc');
    expect(await hashes.file(join(folder, 'small'))).toBe(sha256('abc'));
    expect(await hashes.file(await bigFile(folder))).toBe(sha256(Buffer.alloc(SIZE, 1)));
  });

  test('large files are hashed once, also by another process, until size, time, inode or path change', async () => {
    const folder = await temporaryFolder();
    const memo = join(folder, 'memo');
    const path = await bigFile(folder);
    const first = await new FileHashes(memo).file(path);
    expect(await readdir(memo)).toHaveLength(1);
    await changeUnseen(path);
    expect(await new FileHashes(memo).file(path)).toBe(first); // proves that it wasn't read again
    await utimes(path, OLD, new Date(OLD.getTime() + 1000));
    const changed = await new FileHashes(memo).file(path);
    expect(changed).not.toBe(first);
    await bigFile(folder, 'replacement', 2);
    await rename(join(folder, 'replacement'), path); // same path and size, another inode
    await utimes(path, OLD, new Date(OLD.getTime() + 1000));
    expect(await new FileHashes(memo).file(path)).toBe(sha256(Buffer.alloc(SIZE, 2)));
  });

  test('a file that was changed a moment ago is not remembered', async () => {
    const folder = await temporaryFolder();
    const path = join(folder, 'fresh.bin');
    await writeFile(path, Buffer.alloc(SIZE));
    await new FileHashes(join(folder, 'memo')).file(path);
    expect(await readdir(join(folder, 'memo')).catch(() => [])).toEqual([]);
  });

  test('a damaged memory costs one more hashing, nothing else', async () => {
    const folder = await temporaryFolder();
    const memo = join(folder, 'memo');
    const path = await bigFile(folder);
    const right = await new FileHashes(memo).file(path);
    const [name = ''] = await readdir(memo);
    for (const damage of ['', '{', '[]', '{"size":"1"}', (await readFile(join(memo, name), 'utf8')).replace(right, 'z'.repeat(64))]) {
      await writeFile(join(memo, name), damage);
      expect(await new FileHashes(memo).file(path)).toBe(right);
    }
  });

  test('a dataset folder counts with the metadata beside it', async () => {
    const top = await temporaryFolder();
    const folder = join(top, 'preprocessed');
    await mkdir(folder);
    await writeFile(join(folder, 'a.png'), 'x');
    const hashes = new FileHashes(undefined);
    const before = await hashes.path(folder);
    await writeFile(join(top, 'unrelated.json'), '{}');
    expect(await hashes.path(folder)).toBe(before);
    await writeFile(join(top, 'metadata.json'), '{}');
    const withMetadata = await hashes.path(folder);
    expect(withMetadata).not.toBe(before);
    await writeFile(join(top, 'metadata.json'), '{"a.png":""}');
    expect(await hashes.path(folder)).not.toBe(withMetadata);
    expect(await hashes.path(join(folder, 'a.png'))).toBe(sha256('x'));
  });

  test('names what cannot be read', async () => {
    const folder = await temporaryFolder();
    const hashes = new FileHashes(undefined);
    expect(await faultOf(() => hashes.file(join(folder, 'none')))).toMatchObject({ code: 'files.read', path: join(folder, 'none') });
    expect((await faultOf(() => hashes.folderContents(join(folder, 'none')))).code).toBe('files.read');
    expect((await stat(folder)).isDirectory()).toBe(true);
  });
});
