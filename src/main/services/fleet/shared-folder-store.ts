import { randomBytes } from 'node:crypto';
import { link, readdir, readFile, realpath, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { inputError } from '../../../contract/errors.ts';
import { syncFolder, sweepTemporaryFiles, writeFileAtomic } from '../atomic-write.ts';
import { errorCode } from '../file-system.ts';
import { isInside, resolveWrite } from '../path-scope.ts';
import { storeError, type Store, type StoreKind } from './store.ts';

const MISSING: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR']);

function isMissing(thrown: unknown): boolean {
  return MISSING.has(errorCode(thrown) ?? '');
}

/** A folder that every machine of the fleet mounts (NFS, SMB, or a local disk when all workers run here). */
class SharedFolder implements Store {
  constructor(readonly location: string) {}

  async check(): Promise<void> {
    const name = `.check-${process.pid}-${randomBytes(6).toString('hex')}`;
    try {
      if (!(await stat(this.location)).isDirectory()) throw new Error('it is not a folder');
      // One probe for all that is needed: write, flush, hard link (`create` rests on it), read, remove.
      await this.create(name, new Uint8Array([1]));
      if (await this.create(name, new Uint8Array([2]))) throw new Error('a second file of the same name could be made');
      await this.delete(name);
    } catch (thrown) {
      throw storeError('check', this.location, '', thrown);
    }
  }

  async has(name: string): Promise<boolean> {
    return (await this.readable(name)) !== undefined;
  }

  async get(name: string): Promise<Uint8Array | undefined> {
    const path = await this.readable(name);
    if (path === undefined) return undefined;
    try {
      return new Uint8Array(await readFile(path));
    } catch (thrown) {
      if (isMissing(thrown)) return undefined;
      throw storeError('read', this.location, name, thrown);
    }
  }

  async put(name: string, bytes: Uint8Array): Promise<void> {
    try {
      await writeFileAtomic(await this.writable(name), bytes);
    } catch (thrown) {
      throw storeError('write', this.location, name, thrown);
    }
  }

  async create(name: string, bytes: Uint8Array): Promise<boolean> {
    try {
      const path = await this.writable(name);
      // A hard link to a whole, flushed file is atomic and fails when the name is taken, on NFS too; `open` with O_EXCL would show half a file.
      const draft = join(dirname(path), `.${basename(path).slice(0, 80)}.new.${process.pid}-${randomBytes(6).toString('hex')}.engram-tmp`);
      await writeFileAtomic(draft, bytes);
      try {
        await link(draft, path);
        return true;
      } catch (thrown) {
        if (errorCode(thrown) === 'EEXIST') return false;
        throw thrown;
      } finally {
        await unlink(draft);
        await syncFolder(dirname(path));
      }
    } catch (thrown) {
      throw storeError('write', this.location, name, thrown);
    }
  }

  async *list(folder: string): AsyncIterable<string> {
    const path = await this.readable(folder);
    if (path === undefined) return;
    let entries;
    try {
      await sweepTemporaryFiles(path);
      entries = await readdir(path, { withFileTypes: true });
    } catch (thrown) {
      if (isMissing(thrown)) return;
      throw storeError('read', this.location, folder, thrown);
    }
    for (const entry of entries) {
      if (entry.name.startsWith('.')) continue;
      const name = `${folder}/${entry.name}`;
      if (entry.isDirectory()) yield* this.list(name);
      else if (entry.isFile()) yield name;
    }
  }

  async delete(name: string): Promise<void> {
    const path = await this.readable(name);
    if (path === undefined) return;
    try {
      await unlink(path);
    } catch (thrown) {
      if (!isMissing(thrown)) throw storeError('write', this.location, name, thrown);
    }
  }

  private writable(name: string): Promise<string> {
    return resolveWrite(this.location, name, `Store ${this.location}`);
  }

  /** The real path of something that is there. @throws AppError when the name or a symbolic link leads out of the store. */
  private async readable(name: string): Promise<string | undefined> {
    if (name.split('/').some((part) => part === '' || part === '.' || part === '..') || /[\\:\0]/.test(name)) {
      throw inputError('store.name', `Store ${this.location}`, 'names must be relative and stay in the store', { got: JSON.stringify(name) });
    }
    try {
      const [root, real] = [await realpath(this.location), await realpath(join(this.location, ...name.split('/')))];
      if (!isInside(root, real)) throw new Error('a symbolic link leads out of the store');
      return real;
    } catch (thrown) {
      if (isMissing(thrown)) return undefined;
      throw storeError('read', this.location, name, thrown);
    }
  }
}

/** A shared folder, by its path. */
export const sharedFolderStore: StoreKind = {
  title: 'a shared folder',
  accepts: (location) => !/^[a-z][a-z0-9+.-]+:\/\//i.test(location),
  open: (location) => new SharedFolder(resolve(location)),
};
