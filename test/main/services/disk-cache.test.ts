import { readdir, readFile, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AppError } from '../../../src/contract/errors.ts';
import { DiskCache } from '../../../src/main/services/disk-cache.ts';
import { nodeFileSystem } from '../../../src/main/services/file-system.ts';
import { faultOf } from '../../support/fault.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** Bytes that an entry takes besides its content. */
const OVERHEAD = 15 + 32;

async function entryPaths(folder: string): Promise<string[]> {
  const parts = await readdir(folder);
  return (await Promise.all(parts.map(async (part) => (await readdir(join(folder, part))).map((name) => join(folder, part, name))))).flat().sort();
}

describe('DiskCache', () => {
  test('gives back what was put, also to another instance', async () => {
    const folder = await temporaryFolder();
    const cache = new DiskCache({ folder, limit: 1e6 });
    await cache.put('key-1.image', Uint8Array.of(1, 2, 3));
    await cache.put('key-1.image', Uint8Array.of(4, 5));
    expect(await cache.get('key-1.image')).toEqual(Uint8Array.of(4, 5));
    expect(await new DiskCache({ folder, limit: 1e6 }).get('key-1.image')).toEqual(Uint8Array.of(4, 5));
    expect(await cache.has('key-1.image')).toBe(true);
    expect(await cache.has('key-2.image')).toBe(false);
    expect(await cache.size()).toBe(2 + OVERHEAD);
  });

  test('an entry that is changed or cut in any place reads as missing, and is dropped', async () => {
    const folder = await temporaryFolder();
    const cache = new DiskCache({ folder, limit: 1e6 });
    const content = Uint8Array.from({ length: 64 }, (_, index) => index);
    await fc.assert(fc.asyncProperty(fc.nat(63 + OVERHEAD), fc.integer({ min: 1, max: 255 }), fc.boolean(), async (at, change, cut) => {
      await cache.put('key-1', content);
      const [path = ''] = await entryPaths(folder);
      const bytes = await readFile(path);
      bytes[at] = (bytes[at] as number) ^ change;
      await writeFile(path, bytes);
      if (cut) await truncate(path, at);
      expect(await cache.get('key-1')).toBeUndefined();
      expect(await entryPaths(folder)).toEqual([]);
    }), { numRuns: 60 });
  });

  test('stays within its limit; what was used last stays', async () => {
    const folder = await temporaryFolder();
    const each = 1000 + OVERHEAD;
    const cache = new DiskCache({ folder, limit: 10 * each });
    const tick = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 3));
    for (let index = 0; index < 10; index += 1) {
      await cache.put(`key-${index}`, new Uint8Array(1000));
      await tick();
    }
    await cache.get('key-0');
    await tick();
    await cache.put('key-10', new Uint8Array(1000)); // 11 entries: down to 9
    expect(await cache.size()).toBe(9 * each);
    expect([await cache.has('key-0'), await cache.has('key-1'), await cache.has('key-2'), await cache.has('key-3'), await cache.has('key-10')]).toEqual([true, false, false, true, true]);
  });

  test('the order of use outlives the process', async () => {
    const folder = await temporaryFolder();
    const each = 100 + OVERHEAD;
    const first = new DiskCache({ folder, limit: 10 * each });
    for (const name of ['key-a', 'key-b', 'key-c']) await first.put(name, new Uint8Array(100));
    for (const path of await entryPaths(folder)) await utimes(path, new Date(path.endsWith('key-b') ? 1e12 : 2e12), new Date(path.endsWith('key-b') ? 1e12 : 2e12));
    const second = new DiskCache({ folder, limit: 3.4 * each });
    await second.put('key-d', new Uint8Array(100));
    expect(await second.has('key-b')).toBe(false);
    expect(await second.has('key-a')).toBe(true);
  });

  test('does not keep what is larger than the whole cache; a limit of 0 keeps nothing', async () => {
    const folder = await temporaryFolder();
    const cache = new DiskCache({ folder, limit: 100 });
    await cache.put('key-1', new Uint8Array(10));
    await cache.put('key-2', new Uint8Array(1000));
    expect([await cache.has('key-1'), await cache.has('key-2')]).toEqual([true, false]);
    const none = new DiskCache({ folder: join(folder, 'none'), limit: 0 });
    await none.put('key-1', new Uint8Array(0));
    expect(await none.has('key-1')).toBe(false);
  });

  test('two instances on one folder do not mind each other\'s removals', async () => {
    const folder = await temporaryFolder();
    const [one, two] = [new DiskCache({ folder, limit: 300 }), new DiskCache({ folder, limit: 300 })];
    await one.put('key-1', new Uint8Array(100));
    await two.put('key-2', new Uint8Array(100));
    await one.put('key-3', new Uint8Array(200));
    await two.put('key-4', new Uint8Array(200));
    expect(await two.get('key-4')).toHaveLength(200);
    expect(await one.get('key-1')).toBeUndefined();
  });

  test('a full disk means that an entry is not kept; the run is told and goes on', async () => {
    const folder = await temporaryFolder();
    const failure = Object.assign(new Error('ENOSPC: injected'), { code: 'ENOSPC' });
    const fileSystem = { ...nodeFileSystem, rename: () => Promise.reject(failure) };
    const told: AppError[] = [];
    const cache = new DiskCache({ folder, limit: 1e6, fileSystem, onWriteFailure: (error) => told.push(error) });
    await cache.put('key-1', new Uint8Array(10));
    expect(await cache.get('key-1')).toBeUndefined();
    expect(told.map((error) => error.data.code)).toEqual(['files.write']);
    expect((await faultOf(() => new DiskCache({ folder, limit: 1e6, fileSystem }).put('key-1', new Uint8Array(10)))).code).toBe('files.write');
  });

  test.each(['../escape', 'a/b/c', '.hidden', 'abc', '', 'name with space', 'x'.repeat(201)])('refuses the name %j', async (name) => {
    expect((await faultOf(async () => new DiskCache({ folder: await temporaryFolder(), limit: 10 }).get(name))).code).toBe('cache.name');
  });

  test('refuses a limit that is no size', async () => {
    expect((await faultOf(() => new DiskCache({ folder: '/none', limit: Number.NaN }))).code).toBe('cache.limit');
  });
});
