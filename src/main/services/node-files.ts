import { createHash } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { internalError, runError } from '../../contract/errors.ts';
import { sweepTemporaryFiles, writeFileAtomic, writeResultAtomic } from './atomic-write.ts';
import { errorCode, nodeFileSystem, type FileSystem } from './file-system.ts';
import { resolveWrite } from './path-scope.ts';

/** Output folders in which this process has removed what killed runs left. */
const swept = new Set<string>();

/** Work that nobody has come back to for this long is given up. */
const WORK_KEPT_MS = 30 * 24 * 3600 * 1000;

export interface NodeFilesOptions {
  /** For messages: `Save Image "portrait"`. */
  readonly where: string;
  /** Paths that the run may read: the checked path params of the node. */
  readonly readable: readonly string[];
  readonly outputFolder: string;
  /** Folder of the unfinished work of this content key. */
  readonly workFolder: string;
  readonly fileSystem?: FileSystem;
}

/** Files as one run of one node may touch them. */
export interface NodeFiles {
  read(path: string): Promise<Uint8Array>;
  write(name: string, bytes: Uint8Array): Promise<{ readonly path: string; readonly sha256: string }>;
  readWork(name: string): Promise<Uint8Array | undefined>;
  writeWork(name: string, bytes: Uint8Array): Promise<void>;
}

/** Makes the file service of one node run. */
export function createNodeFiles(options: NodeFilesOptions): NodeFiles {
  const { where, readable, outputFolder, workFolder, fileSystem = nodeFileSystem } = options;
  const workPath = (name: string): string => {
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(name)) throw internalError('files.work-name', where, 'names of work files must be plain', { got: name });
    return join(workFolder, name);
  };
  return {
    async read(path) {
      // A node reads what its params name and nothing else, whatever a file that it has read may say.
      if (!readable.includes(path)) throw internalError('files.unnamed', where, 'a node may only read the files that its params name', { got: path });
      try {
        return new Uint8Array(await fileSystem.readFile(path));
      } catch (error) {
        throw runError('files.read', where, 'file must be readable', { got: (error as Error).message, path });
      }
    },
    async write(name, bytes) {
      const path = await resolveWrite(outputFolder, name, where, fileSystem);
      if (!swept.has(dirname(path))) await sweepTemporaryFiles(dirname(path));
      swept.add(dirname(path));
      await writeResultAtomic(path, bytes, fileSystem);
      return { path, sha256: createHash('sha256').update(bytes).digest('hex') };
    },
    async readWork(name) {
      try {
        return new Uint8Array(await fileSystem.readFile(workPath(name)));
      } catch (error) {
        if (errorCode(error) === 'ENOENT') return undefined;
        throw runError('files.read', where, 'unfinished work must be readable', { got: (error as Error).message, path: workPath(name) });
      }
    },
    writeWork: (name, bytes) => writeFileAtomic(workPath(name), bytes, fileSystem),
  };
}

/** Removes the work of a content key, once its results are kept elsewhere. */
export async function removeWork(folder: string, contentKey: string): Promise<void> {
  await rm(join(folder, contentKey), { recursive: true, force: true });
}

/** Removes unfinished work that is older than 30 days from the folder that holds all of it. */
export async function sweepWork(folder: string, now: number = Date.now()): Promise<string[]> {
  const removed: string[] = [];
  for (const name of await readdir(folder).catch(() => [])) {
    const path = join(folder, name);
    const info = await stat(path).catch(() => undefined);
    if (info === undefined || !/^[0-9a-f]{64}$/.test(name) || now - info.mtimeMs < WORK_KEPT_MS) continue;
    await rm(path, { recursive: true, force: true });
    removed.push(path);
  }
  return removed;
}
