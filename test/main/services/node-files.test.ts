import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { nodeFileSystem } from '../../../src/main/services/file-system.ts';
import { createNodeFiles, removeWork, sweepWork, type NodeFiles } from '../../../src/main/services/node-files.ts';
import { faultOf } from '../../support/fault.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

async function files(): Promise<{ folder: string; service: NodeFiles }> {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'named'), 'content');
  await writeFile(join(folder, 'other'), 'secret');
  const service = createNodeFiles({ where: 'Save Image "a"', readable: [join(folder, 'named'), join(folder, 'missing')], outputFolder: join(folder, 'out'), workFolder: join(folder, 'work', 'a'.repeat(64)) });
  return { folder, service };
}

describe('files of a node run', () => {
  test('reads what its params name, nothing else', async () => {
    const { folder, service } = await files();
    expect(new TextDecoder().decode(await service.read(join(folder, 'named')))).toBe('content');
    expect(await faultOf(() => service.read(join(folder, 'other')))).toMatchObject({ code: 'files.unnamed', where: 'Save Image "a"' });
    expect((await faultOf(() => service.read(join(folder, 'named', '..', 'other')))).code).toBe('files.unnamed');
    expect(await faultOf(() => service.read(join(folder, 'missing')))).toMatchObject({ code: 'files.read', kind: 'run' });
  });

  test('writes below the output folder and tells the hash of what it wrote', async () => {
    const { folder, service } = await files();
    const bytes = Uint8Array.of(1, 2, 3);
    expect(await service.write('sub/a.png', bytes)).toEqual({ path: join(folder, 'out', 'sub', 'a.png'), sha256: createHash('sha256').update(bytes).digest('hex') });
    expect([...(await readFile(join(folder, 'out', 'sub', 'a.png')))]).toEqual([1, 2, 3]);
    expect((await faultOf(() => service.write('../a.png', bytes))).code).toBe('files.name');
  });

  test('a full disk is a run error with the path, and leaves nothing behind', async () => {
    const folder = await temporaryFolder();
    const rename = (): Promise<never> => Promise.reject(Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' }));
    const service = createNodeFiles({ where: 'Save', readable: [], outputFolder: join(folder, 'out'), workFolder: join(folder, 'work'), fileSystem: { ...nodeFileSystem, rename } });
    const path = join(folder, 'out', 'a.png');
    expect(await faultOf(() => service.write('a.png', Uint8Array.of(1)))).toMatchObject({ code: 'files.write', kind: 'run', path, hint: 'Free some space on the disk' });
    expect(await readdir(join(folder, 'out'))).toEqual([]);
    expect((await faultOf(() => service.writeWork('checkpoint', Uint8Array.of(1)))).code).toBe('files.write');
  });

  test('what a killed run left in the output folder is removed', async () => {
    const { folder, service } = await files();
    await mkdir(join(folder, 'out'));
    const orphan = join(folder, 'out', '.a.png.4194304-0123456789ab.engram-tmp');
    await writeFile(orphan, '');
    await utimes(orphan, new Date(0), new Date(0));
    await service.write('b.png', Uint8Array.of(1));
    expect(await readdir(join(folder, 'out'))).toEqual(['b.png']);
  });

  test('unfinished work stays until it is removed', async () => {
    const { folder, service } = await files();
    expect(await service.readWork('checkpoint')).toBeUndefined();
    await service.writeWork('checkpoint', Uint8Array.of(5));
    expect(await service.readWork('checkpoint')).toEqual(Uint8Array.of(5));
    await removeWork(join(folder, 'work'), 'a'.repeat(64));
    await removeWork(join(folder, 'work'), 'a'.repeat(64));
    expect(await service.readWork('checkpoint')).toBeUndefined();
    expect((await faultOf(() => service.readWork('../../other'))).code).toBe('files.work-name');
  });
});

describe('sweepWork', () => {
  test('removes what nobody has come back to for a month, and only folders of work', async () => {
    const folder = await temporaryFolder();
    const [old, recent] = ['a'.repeat(64), 'b'.repeat(64)];
    for (const name of [old, recent, 'someone-elses']) await mkdir(join(folder, name));
    const past = new Date(Date.now() - 31 * 24 * 3600 * 1000);
    for (const name of [old, 'someone-elses']) await utimes(join(folder, name), past, past);
    expect(await sweepWork(folder)).toEqual([join(folder, old)]);
    expect(await sweepWork(join(folder, 'none'))).toEqual([]);
  });
});
