import { access, lstat, mkdir, open, readdir, readFile, realpath, rename, stat, statfs, unlink, utimes } from 'node:fs/promises';

/** The file operations that services use. Tests put failing ones in their place (a full disk, a folder without rights). */
export const nodeFileSystem = { access, lstat, mkdir, open, readdir, readFile, realpath, rename, stat, statfs, unlink, utimes } as const;
export type FileSystem = typeof nodeFileSystem;

/** The system's name of what went wrong: `ENOSPC`. */
export function errorCode(thrown: unknown): string | undefined {
  const code = (thrown as NodeJS.ErrnoException | undefined)?.code;
  return typeof code === 'string' ? code : undefined;
}
