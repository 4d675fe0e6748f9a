import { randomBytes } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import { runError, type AppError, type ErrorData } from '../../contract/errors.ts';
import { errorCode, nodeFileSystem, type FileSystem } from './file-system.ts';

/** `.name.PID-random.engram-tmp`: hidden, in the target's folder, and told from every other file by its ending. */
const TEMPORARY = /^\..*\.(\d+)-[0-9a-f]{12}\.engram-tmp$/;

/** A temporary file of another machine (shared folder) may be in use although no process here has its number; nobody writes one file for this long. */
const ORPHAN_AFTER_MS = 10 * 60 * 1000;

/** What a person can do about it, by the system's code. */
const HINTS: Readonly<Record<string, string>> = {
  ENOSPC: 'Free some space on the disk',
  EDQUOT: 'Your disk quota is used up: free some space',
  EACCES: 'Choose a folder that you may write to',
  EPERM: 'Choose a folder that you may write to',
  EROFS: 'The disk is read-only: choose another folder',
  ENAMETOOLONG: 'Choose a shorter name',
};

/** Codes with which systems refuse to flush a folder: Windows, and some network file systems. */
const NO_FOLDER_SYNC = new Set(['EPERM', 'EACCES', 'EISDIR', 'EINVAL', 'ENOTSUP', 'EBADF']);

/** A failed write as an AppError `files.write` of kind run. */
export function writeError(path: string, thrown: unknown): AppError {
  const code = errorCode(thrown);
  const hint = code === undefined ? undefined : HINTS[code];
  return runError('files.write', path, 'file must be writable', {
    got: thrown instanceof Error ? thrown.message : String(thrown), path, ...(hint === undefined ? {} : { hint }),
  });
}

/** True for a failed write whose cause is a full disk or a used-up disk quota, from whichever process the error came. */
export function isDiskFull({ code, got }: ErrorData): boolean {
  return code === 'files.write' && got !== undefined && /^(?:ENOSPC|EDQUOT)\b/.test(got);
}

/** Flushes a folder's entries: files made, renamed or removed in it stay so after a power cut. Does nothing where systems can't. */
export async function syncFolder(folder: string, fileSystem: FileSystem = nodeFileSystem): Promise<void> {
  try {
    const handle = await fileSystem.open(folder, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (!NO_FOLDER_SYNC.has(errorCode(error) ?? '')) throw error;
  }
}

/**
 * Makes a folder and those above it, so that they are still there after a power cut: each new one is flushed into the one above.
 * @throws the system's error.
 */
export async function makeFolder(folder: string, fileSystem: FileSystem = nodeFileSystem): Promise<void> {
  const first = await fileSystem.mkdir(folder, { recursive: true });
  if (first === undefined) return;
  for (let made = folder; ; made = dirname(made)) {
    await syncFolder(dirname(made), fileSystem);
    if (made === first || made === dirname(made)) return;
  }
}

async function writeSynced(path: string, bytes: Uint8Array | string, fileSystem: FileSystem): Promise<void> {
  const handle = await fileSystem.open(path, 'wx');
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Writes a file so that at every moment, power cuts included, either the old or the new content is there:
 * temporary file in the same folder, flush, rename, flush of the folder. The folder is made when missing.
 * @throws AppError `files.write` with the path; nothing is left behind.
 */
export async function writeFileAtomic(path: string, bytes: Uint8Array | string, fileSystem: FileSystem = nodeFileSystem): Promise<void> {
  const folder = dirname(path);
  const temporary = join(folder, `.${basename(path).slice(0, 100)}.${process.pid}-${randomBytes(6).toString('hex')}.engram-tmp`);
  try {
    await makeFolder(folder, fileSystem);
    await writeSynced(temporary, bytes, fileSystem);
    await fileSystem.rename(temporary, path);
    await syncFolder(folder, fileSystem);
  } catch (error) {
    // The first failure is the one to tell; a temporary file that can't be removed either is swept at the next start.
    await fileSystem.unlink(temporary).catch(() => undefined);
    throw writeError(path, error);
  }
}

/** Whether a file holds these bytes, and holds them after a power cut too. Anything that can't be looked into doesn't. */
async function holds(path: string, bytes: Uint8Array, fileSystem: FileSystem): Promise<boolean> {
  try {
    const info = await fileSystem.lstat(path);
    if (!info.isFile() || info.size !== bytes.length || Buffer.compare(await fileSystem.readFile(path), bytes) !== 0) return false;
    const handle = await fileSystem.open(path, 'r+');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
    await syncFolder(dirname(path), fileSystem);
    return true;
  } catch {
    return false;
  }
}

/**
 * {@link writeFileAtomic} for results: a file that holds the very bytes stays as it is. Work that is done again because its process was killed right
 * after the file was in place makes no second file.
 * @throws AppError `files.write` with the path.
 */
export async function writeResultAtomic(path: string, bytes: Uint8Array, fileSystem: FileSystem = nodeFileSystem): Promise<void> {
  if (!(await holds(path, bytes, fileSystem))) await writeFileAtomic(path, bytes, fileSystem);
}

/** Whether there is a process of that number. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
}

/** Removes the temporary files of a folder (not below it) for which `isLeft` says so. @returns their paths; none when the folder isn't there. */
async function sweep(folder: string, fileSystem: FileSystem, isLeft: (modified: number, pid: number) => boolean): Promise<string[]> {
  const removed: string[] = [];
  for (const name of await fileSystem.readdir(folder).catch(() => [])) {
    const pid = TEMPORARY.exec(name)?.[1];
    if (pid === undefined) continue;
    const path = join(folder, name);
    const info = await fileSystem.lstat(path).catch(() => undefined);
    if (info === undefined || !isLeft(info.mtimeMs, Number(pid))) continue;
    if (await fileSystem.unlink(path).then(() => true, () => false)) removed.push(path);
  }
  return removed;
}

/**
 * Removes temporary files that a killed process left in a folder (not below it), which other processes and machines may be writing to.
 * @returns the paths that were removed; none when the folder isn't there.
 */
export function sweepTemporaryFiles(folder: string, now: number = Date.now(), fileSystem: FileSystem = nodeFileSystem): Promise<string[]> {
  return sweep(folder, fileSystem, (modified, pid) => now - modified >= ORPHAN_AFTER_MS && !isRunning(pid));
}

/**
 * As {@link sweepTemporaryFiles}, for a folder that the caller has locked: nobody else begins to write there, and only a process that outlived its
 * parent may be about to finish a file.
 */
export function sweepLockedFolder(folder: string, fileSystem: FileSystem = nodeFileSystem, running: (pid: number) => boolean = isRunning, now: number = Date.now()): Promise<string[]> {
  return sweep(folder, fileSystem, (modified, pid) => now - modified >= ORPHAN_AFTER_MS || !running(pid));
}
