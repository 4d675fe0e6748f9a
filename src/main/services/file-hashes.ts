import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, realpath, stat, readdir } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';
import { z } from 'zod';
import { runError } from '../../contract/errors.ts';
import { writeFileAtomic } from './atomic-write.ts';
import { COMPANION_FILES, isReadableKind } from './file-kinds.ts';

/** Files below this size are hashed afresh each time: that is quicker than looking them up. */
const MEMO_FROM_BYTES = 4 * 1024 * 1024;

/** A file changed this recently may change again within the same time stamp: its hash isn't remembered. */
const SETTLED_AFTER_MS = 2000;

const memoSchema = z.object({ size: z.string(), mtimeNs: z.string(), inode: z.string(), sha256: z.string().regex(/^[0-9a-f]{64}$/) });
type Memo = z.infer<typeof memoSchema>;

async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) hash.update(chunk as Buffer);
  } catch (error) {
    throw runError('files.read', path, 'file must be readable', { got: (error as Error).message, path });
  }
  return hash.digest('hex');
}

/** SHA-256 of files and folders. Hashes of large files are kept on disk by real path, size, time of change and inode. */
export class FileHashes {
  /** @param folder Where hashes are kept; without it nothing is remembered. */
  constructor(private readonly folder: string | undefined) {}

  /** SHA-256 of a file's content, hex. @throws AppError `files.read`. */
  async file(path: string): Promise<string> {
    const real = await this.read(path, () => realpath(path));
    const info = await this.read(path, () => stat(real, { bigint: true }));
    if (this.folder === undefined || info.size < MEMO_FROM_BYTES) return sha256OfFile(real);
    const memoPath = join(this.folder, `${createHash('sha256').update(real).digest('hex')}.json`);
    const key = { size: String(info.size), mtimeNs: String(info.mtimeNs), inode: String(info.ino) };
    const memo = await this.recall(memoPath);
    if (memo !== undefined && memo.size === key.size && memo.mtimeNs === key.mtimeNs && memo.inode === key.inode) return memo.sha256;
    const sha256 = await sha256OfFile(real);
    if (Date.now() - Number(info.mtimeMs) > SETTLED_AFTER_MS) await writeFileAtomic(memoPath, JSON.stringify({ ...key, sha256 }));
    return sha256;
  }

  /**
   * SHA-256 over the sorted relative names and content hashes of what the program can read in a folder; see file-kinds.ts. Hidden files and folders don't count.
   * @throws AppError `files.read`.
   */
  async folderContents(folder: string): Promise<string> {
    const names = await this.read(folder, () => listReadable(folder, ''));
    const hash = createHash('sha256');
    for (const name of names) hash.update(`${name}\0${await this.file(join(folder, ...name.split('/')))}\n`);
    return hash.digest('hex');
  }

  /** Content hash of a file, or of a folder with the companion files beside it (datasets read those). */
  async path(path: string): Promise<string> {
    const info = await this.read(path, () => stat(path));
    if (!info.isDirectory()) return this.file(path);
    const hash = createHash('sha256').update(await this.folderContents(path));
    for (const name of COMPANION_FILES) {
      const companion = join(dirname(path), name);
      const exists = await stat(companion).then((found) => found.isFile(), () => false);
      if (exists) hash.update(`../${name}\0${await this.file(companion)}\n`);
    }
    return hash.digest('hex');
  }

  private async recall(memoPath: string): Promise<Memo | undefined> {
    const text = await readFile(memoPath, 'utf8').catch(() => undefined);
    if (text === undefined) return undefined;
    try {
      return memoSchema.safeParse(JSON.parse(text)).data;
    } catch {
      return undefined; // a damaged memo costs one more hashing
    }
  }

  private async read<T>(path: string, action: () => Promise<T>): Promise<T> {
    try {
      return await action();
    } catch (error) {
      throw runError('files.read', path, 'must be readable', { got: (error as Error).message, path });
    }
  }
}

/** Relative names with forward slashes of the readable files below a folder, sorted by code units. Links are followed; a circle of them ends at the system's limit. */
async function listReadable(folder: string, prefix: string): Promise<string[]> {
  const names: string[] = [];
  for (const entry of await readdir(join(folder, prefix), { withFileTypes: true })) {
    if (entry.name.startsWith('.')) continue;
    const name = prefix === '' ? entry.name : `${prefix}/${entry.name}`;
    const info = entry.isSymbolicLink() ? await stat(join(folder, name)) : entry;
    if (info.isDirectory()) names.push(...(await listReadable(folder, name)));
    else if (info.isFile() && isReadableKind(extname(entry.name))) names.push(name);
  }
  return names.sort();
}
