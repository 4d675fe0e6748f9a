import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { AppError, inputError, internalError, runError } from '../../contract/errors.ts';
import type { ByteCache } from '../runtime/value-store.ts';
import { sweepTemporaryFiles, writeFileAtomic } from './atomic-write.ts';
import { errorCode, nodeFileSystem, type FileSystem } from './file-system.ts';

/** First bytes of an entry; raised when its layout changes, so that older entries read as missing. */
const MAGIC = Buffer.from('ENGRAM-CACHE-1\n', 'latin1');
const DIGEST_BYTES = 32;
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{3,199}$/;

/** When the limit is passed, entries go until this part of it is used: not one by one at every write. */
const SHRINK_TO = 0.9;

interface Entry { bytes: number; usedAt: number }

export interface DiskCacheOptions {
  readonly folder: string;
  /** Bytes on disk; 0 keeps nothing. */
  readonly limit: number;
  /** Told of writes that fail (a full disk), which then only mean that an entry isn't kept. Without it they throw. */
  readonly onWriteFailure?: (error: AppError) => void;
  readonly fileSystem?: FileSystem;
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}

/**
 * Bytes by name in a folder, bounded in size: the least recently used entries go first (time of use = the file's time of change).
 * Every entry carries the SHA-256 of its bytes; one that doesn't fit is dropped and reads as missing. Several processes may share a folder.
 */
export class DiskCache implements ByteCache {
  private index: Promise<Map<string, Entry>> | undefined;
  private readonly folder: string;
  private readonly limit: number;
  private readonly fileSystem: FileSystem;
  private readonly onWriteFailure: ((error: AppError) => void) | undefined;

  /** @throws AppError `cache.limit`. */
  constructor(options: DiskCacheOptions) {
    const { folder, limit, onWriteFailure, fileSystem = nodeFileSystem } = options;
    if (!(limit >= 0)) throw inputError('cache.limit', 'Disk cache', 'size limit must be a number of bytes from 0 on', { got: String(limit) });
    this.folder = folder;
    this.limit = limit;
    this.fileSystem = fileSystem;
    this.onWriteFailure = onWriteFailure;
  }

  async has(name: string): Promise<boolean> {
    return (await this.get(name)) !== undefined;
  }

  async get(name: string): Promise<Uint8Array | undefined> {
    const path = this.pathOf(name);
    let content: Buffer;
    try {
      content = await this.fileSystem.readFile(path);
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return this.forget(name);
      throw runError('cache.read', path, 'cache entry must be readable', { got: (error as Error).message, path, hint: 'Check the rights of the cache folder, or remove it: it can be made again' });
    }
    const bytes = content.subarray(MAGIC.length + DIGEST_BYTES);
    const digest = content.subarray(MAGIC.length, MAGIC.length + DIGEST_BYTES);
    if (!content.subarray(0, MAGIC.length).equals(MAGIC) || !sha256(bytes).equals(digest)) {
      await this.remove(name);
      return undefined;
    }
    await this.touch(name, path, content.length);
    return new Uint8Array(bytes);
  }

  /** Keeps bytes. What is larger than the whole cache isn't kept. @returns whether they are kept. @throws AppError `files.write`. */
  async put(name: string, bytes: Uint8Array): Promise<boolean> {
    const path = this.pathOf(name);
    const size = MAGIC.length + DIGEST_BYTES + bytes.length;
    if (size > this.limit) return false;
    const index = await this.entries();
    try {
      await writeFileAtomic(path, Buffer.concat([MAGIC, sha256(bytes), bytes]), this.fileSystem);
    } catch (error) {
      if (this.onWriteFailure === undefined || !(error instanceof AppError)) throw error;
      this.onWriteFailure(error);
      return false;
    }
    index.set(name, { bytes: size, usedAt: Date.now() });
    await this.shrink(index);
    return true;
  }

  /** Bytes on disk that this process knows of. */
  async size(): Promise<number> {
    return [...(await this.entries()).values()].reduce((sum, entry) => sum + entry.bytes, 0);
  }

  /** Names are spread over 256 folders by their hash, so that none gets too long to list. */
  private pathOf(name: string): string {
    if (!NAME.test(name)) throw internalError('cache.name', 'Disk cache', 'names must have 4..200 letters, digits, ".", "-" or "_"', { got: name });
    return join(this.folder, sha256(Buffer.from(name)).toString('hex').slice(0, 2), name);
  }

  private entries(): Promise<Map<string, Entry>> {
    this.index ??= this.scan();
    return this.index;
  }

  private async scan(): Promise<Map<string, Entry>> {
    const index = new Map<string, Entry>();
    for (const part of await this.list(this.folder)) {
      if (!/^[0-9a-f]{2}$/.test(part)) continue;
      const folder = join(this.folder, part);
      await sweepTemporaryFiles(folder, Date.now(), this.fileSystem);
      for (const name of (await this.list(folder)).filter((candidate) => NAME.test(candidate))) {
        const info = await this.fileSystem.stat(join(folder, name)).catch(() => undefined);
        if (info?.isFile() === true) index.set(name, { bytes: info.size, usedAt: info.mtimeMs });
      }
    }
    return index;
  }

  private async list(folder: string): Promise<string[]> {
    try {
      return await this.fileSystem.readdir(folder);
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return [];
      throw runError('cache.read', folder, 'cache folder must be readable', { got: (error as Error).message, path: folder, hint: 'Set another one with ENGRAM_CACHE' });
    }
  }

  private async touch(name: string, path: string, bytes: number): Promise<void> {
    const now = new Date();
    (await this.entries()).set(name, { bytes, usedAt: now.getTime() });
    // Another process may have dropped the entry, or the folder is read-only: only the order of dropping suffers.
    await this.fileSystem.utimes(path, now, now).catch(() => undefined);
  }

  private async forget(name: string): Promise<undefined> {
    if (this.index !== undefined) (await this.index).delete(name);
    return undefined;
  }

  private async remove(name: string): Promise<void> {
    try {
      await this.fileSystem.unlink(this.pathOf(name));
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw runError('cache.remove', this.folder, 'cache entry must be removable', { got: (error as Error).message, path: this.folder });
    }
    await this.forget(name);
  }

  private async shrink(index: Map<string, Entry>): Promise<void> {
    let total = [...index.values()].reduce((sum, entry) => sum + entry.bytes, 0);
    if (total <= this.limit) return;
    const oldestFirst = [...index].sort(([, a], [, b]) => a.usedAt - b.usedAt);
    for (const [name, entry] of oldestFirst.slice(0, -1)) {
      if (total <= this.limit * SHRINK_TO) return;
      await this.remove(name);
      total -= entry.bytes;
    }
  }
}
