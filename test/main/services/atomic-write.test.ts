import { fork } from 'node:child_process';
import { mkdir, readdir, readFile, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { sweepTemporaryFiles, writeFileAtomic, writeResultAtomic } from '../../../src/main/services/atomic-write.ts';
import { nodeFileSystem, type FileSystem } from '../../../src/main/services/file-system.ts';
import { bundleProgram } from '../../support/bundle-program.ts';
import { faultOf } from '../../support/fault.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: injected`), { code });
}

type Handle = Awaited<ReturnType<FileSystem['open']>>;

/** An open file whose methods can be watched or replaced. */
function observed(handle: Handle, onMethod: (name: string | symbol) => (() => Promise<never>) | undefined): Handle {
  return new Proxy(handle, {
    get(target, name) {
      const replaced = onMethod(name);
      if (replaced !== undefined) return replaced;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

/** A file system on which one step fails: an operation of its own, or one on an open file. */
function failing(step: 'mkdir' | 'open' | 'rename' | 'writeFile' | 'sync', code: string): FileSystem {
  const fail = (): Promise<never> => Promise.reject(systemError(code));
  if (step === 'mkdir' || step === 'open' || step === 'rename') return { ...nodeFileSystem, [step]: fail };
  const open: FileSystem['open'] = async (...args) => {
    const handle = await nodeFileSystem.open(...args);
    return observed(handle, (name) => (name === step ? fail : undefined));
  };
  return { ...nodeFileSystem, open };
}

describe('writeResultAtomic', () => {
  const [one, two] = [Uint8Array.of(1, 2, 3), Uint8Array.of(1, 2, 4)];

  test('leaves a file that holds the very bytes as it is, and flushes it', async () => {
    const path = join(await temporaryFolder(), 'a.png');
    await writeFile(path, one);
    const before = await stat(path, { bigint: true });
    const flushed: string[] = [];
    const fileSystem = { ...nodeFileSystem, open: (async (name: string, flags?: string) => observed(await nodeFileSystem.open(name, flags), (method) => { if (method === 'sync') flushed.push(name); return undefined; })) as FileSystem['open'] };
    await writeResultAtomic(path, one, fileSystem);
    const after = await stat(path, { bigint: true });
    expect([after.ino, after.mtimeNs]).toEqual([before.ino, before.mtimeNs]);
    expect(flushed).toEqual([path, join(path, '..')]);
  });

  test('writes whatever else is there anew', async () => {
    const folder = await temporaryFolder();
    const path = join(folder, 'a.png');
    for (const bytes of [two, Uint8Array.of(1, 2), new Uint8Array(0)]) {
      await writeFile(path, bytes);
      await writeResultAtomic(path, one);
      expect(new Uint8Array(await readFile(path))).toEqual(one);
    }
    await writeFile(join(folder, 'elsewhere'), one);
    await symlink(join(folder, 'elsewhere'), join(folder, 'link.png'));
    await writeResultAtomic(join(folder, 'link.png'), one);
    expect((await nodeFileSystem.lstat(join(folder, 'link.png'))).isFile()).toBe(true);
  });
});

describe('writeFileAtomic', () => {
  test('makes folders, writes the content and leaves nothing else', async () => {
    const folder = await temporaryFolder();
    await writeFileAtomic(join(folder, 'a', 'b.txt'), 'one');
    await writeFileAtomic(join(folder, 'a', 'b.txt'), Uint8Array.of(50));
    expect(await readFile(join(folder, 'a', 'b.txt'), 'utf8')).toBe('2');
    expect(await readdir(join(folder, 'a'))).toEqual(['b.txt']);
  });

  test.each([
    ['mkdir', 'EACCES'], ['open', 'EROFS'], ['writeFile', 'ENOSPC'], ['sync', 'EIO'], ['rename', 'EPERM'],
  ] as const)('a failing %s (%s) keeps the old content, removes the temporary file and says what to do', async (step, code) => {
    const folder = await temporaryFolder();
    const path = join(folder, 'file.bin');
    await writeFile(path, 'old');
    const fault = await faultOf(() => writeFileAtomic(path, 'new', failing(step, code)));
    expect(fault).toMatchObject({ code: 'files.write', kind: 'run', path, got: `${code}: injected` });
    if (code !== 'EIO') expect(fault.hint).toBeDefined();
    expect(await readFile(path, 'utf8')).toBe('old');
    expect(await readdir(folder)).toEqual(['file.bin']);
  });

  test('the content is flushed before the rename, the folder after it', async () => {
    const folder = await temporaryFolder();
    const steps: string[] = [];
    const open: FileSystem['open'] = async (path, flags) => {
      const handle = await nodeFileSystem.open(path, flags);
      return observed(handle, (name) => {
        if (name === 'sync') steps.push(flags === 'wx' ? 'sync file' : 'sync folder');
        return undefined;
      });
    };
    const rename: FileSystem['rename'] = async (...args) => {
      steps.push('rename');
      await nodeFileSystem.rename(...args);
    };
    await writeFileAtomic(join(folder, 'x'), 'content', { ...nodeFileSystem, open, rename });
    expect(steps).toEqual(['sync file', 'rename', 'sync folder']);
  });

  test('a process killed at any moment leaves the old or the new content, never a part', async () => {
    const folder = await temporaryFolder();
    const path = join(folder, 'state.json');
    const size = 300_000;
    const program = await bundleProgram('test/main/services/rewrite-forever.ts');
    await writeFileAtomic(path, 'a'.repeat(size));
    for (let round = 0; round < 6; round += 1) {
      const child = fork(program, [path, String(size)], { execArgv: [], stdio: 'ignore' });
      await new Promise((resolve) => child.once('message', resolve));
      await new Promise((resolve) => setTimeout(resolve, 5 + round * 7));
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await ended;
      const text = await readFile(path, 'utf8');
      expect(text.length).toBe(size);
      expect(new Set(text).size).toBe(1);
    }
  }, 60_000);
});

describe('sweepTemporaryFiles', () => {
  test('removes old files of processes that are gone, and nothing else', async () => {
    const folder = await temporaryFolder();
    const orphan = '.a.json.4194304-0123456789ab.engram-tmp'; // above the largest process number of Linux
    const ours = `.b.json.${process.pid}-0123456789ab.engram-tmp`;
    const fresh = '.c.json.4194304-0123456789ab.engram-tmp';
    const users = 'notes.tmp';
    await mkdir(join(folder, 'deeper'));
    for (const name of [orphan, ours, fresh, users]) await writeFile(join(folder, name), 'x');
    const old = new Date(Date.now() - 3_600_000);
    for (const name of [orphan, ours, users]) await utimes(join(folder, name), old, old);
    expect(await sweepTemporaryFiles(folder)).toEqual([join(folder, orphan)]);
    expect((await readdir(folder)).sort()).toEqual([ours, fresh, 'deeper', users].sort());
  });

  test('a folder that is not there has nothing to sweep', async () => {
    expect(await sweepTemporaryFiles(join(await temporaryFolder(), 'none'))).toEqual([]);
  });
});
