import { readdir, realpath, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { isReadableKind } from '../file-kinds.ts';

/** Folders of models are nested this deep at most (a Hugging Face cache has models--x/snapshots/revision/unet). */
const MAX_DEPTH = 8;

/** A file or folder that may be what a row needs. */
export interface Candidate {
  readonly path: string;
  readonly kind: 'file' | 'folder';
  /** Of a folder: of the files in it that the program can read. Equal contents have equal bytes, which is quick to know; the hash decides. */
  readonly bytes: number;
}

/** Bytes of a folder's readable files and all folders and files below that hold some, largest scope last. Links are followed, circles cut. */
async function walk(folder: string, depth: number, above: readonly string[], found: Candidate[]): Promise<number> {
  const real = await realpath(folder).catch(() => undefined);
  if (real === undefined || depth > MAX_DEPTH || above.includes(real)) return 0;
  let bytes = 0;
  for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
    if (entry.name.startsWith('.')) continue;
    const path = join(folder, entry.name);
    const info = await stat(path).catch(() => undefined);
    if (info?.isDirectory() === true) bytes += await walk(path, depth + 1, [...above, real], found);
    if (info?.isFile() !== true || !isReadableKind(extname(entry.name))) continue;
    found.push({ path, kind: 'file', bytes: info.size });
    bytes += info.size;
  }
  if (bytes > 0) found.push({ path: folder, kind: 'folder', bytes });
  return bytes;
}

/** Everything below a folder that a row may need: names and sizes only, nothing is read. */
export async function listCandidates(folder: string): Promise<Candidate[]> {
  const found: Candidate[] = [];
  await walk(folder, 0, [], found);
  return found;
}

/** Kind and bytes of one file or folder. @throws the system's error when there is none. */
export async function measure(path: string): Promise<Pick<Candidate, 'kind' | 'bytes'>> {
  const info = await stat(path);
  return info.isDirectory() ? { kind: 'folder', bytes: await walk(path, 0, [], []) } : { kind: 'file', bytes: info.size };
}
