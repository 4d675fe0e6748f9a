import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, extname, join, relative, sep } from 'node:path';
import { GRAPH_ENDING, TABLE_ENDING } from '../../../contract/file-endings.ts';
import type { FileKind, FolderEntry, FolderListing } from '../../../contract/studio-api.ts';
import { IMAGE_FILE_KINDS } from '../file-kinds.ts';
import { isInside, realPathIfAny } from '../path-scope.ts';
import type { GrantedFolders } from './granted-folders.ts';

/** Most entries of one listing. */
const LIMIT = 2000;

function kindOf(name: string): FileKind {
  if (name.endsWith(GRAPH_ENDING)) return 'graph';
  if (name.endsWith(TABLE_ENDING)) return 'table';
  return IMAGE_FILE_KINDS.includes(extname(name).toLowerCase()) ? 'image' : 'other';
}

/**
 * How a graph names a file: below a model root `root:path`, below its own folder relative, else the absolute path.
 * @param roots Model roots by name, real paths.
 */
export function graphValueOf(path: string, base: string | undefined, roots: Readonly<Record<string, string>>): string {
  const slashed = (from: string): string => relative(from, path).split(sep).join('/');
  if (base !== undefined && path !== base && isInside(base, path)) return slashed(base);
  const root = Object.entries(roots).find(([, folder]) => path !== folder && isInside(folder, path));
  return root === undefined ? path : `${root[0]}:${slashed(root[1])}`;
}

export interface ListingOptions {
  readonly kinds?: readonly FileKind[];
  /** The folder of the graph that a path is for. */
  readonly base?: string;
  readonly roots: Readonly<Record<string, string>>;
}

async function entryOf(folder: string, name: string, folders: GrantedFolders, { base, roots }: ListingOptions): Promise<FolderEntry | undefined> {
  try {
    const path = await folders.resolveRead(join(folder, name));
    const info = await stat(path);
    const isFolder = info.isDirectory();
    if (!isFolder && !info.isFile()) return undefined;
    const isModel = isFolder && (await realPathIfAny(join(path, 'model_index.json'))) !== undefined;
    const kind = isModel ? 'model' : isFolder ? 'folder' : kindOf(name);
    return { name, path, kind, size: isFolder ? 0 : info.size, modified: info.mtimeMs, value: graphValueOf(path, base, roots) };
  } catch {
    return undefined; // it has just gone, may not be read, or is a link that leads out
  }
}

/**
 * Lists a folder: folders first, then by name. Hidden entries are left out.
 * @throws AppError `files.outside`, `files.missing`.
 */
export async function listFolder(folder: string, folders: GrantedFolders, options: ListingOptions): Promise<FolderListing> {
  const path = await folders.resolveRead(folder);
  const names = (await readdir(path)).filter((name) => !name.startsWith('.'));
  const shown = names.slice(0, LIMIT * 4);
  const all = (await Promise.all(shown.map((name) => entryOf(path, name, folders, options)))).filter((entry) => entry !== undefined);
  const wanted = all.filter(({ kind }) => options.kinds === undefined || kind === 'folder' || options.kinds.includes(kind));
  const rank = ({ kind }: FolderEntry): number => (kind === 'folder' ? 0 : 1);
  wanted.sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name, 'en', { numeric: true }));
  const above = await folders.resolveRead(dirname(path)).catch(() => undefined);
  return {
    path, entries: wanted.slice(0, LIMIT), truncated: wanted.length > LIMIT || names.length > shown.length,
    ...(above === undefined || above === path ? {} : { parent: above }),
  };
}

/** The files of a folder and those below it with an ending, at most `limit`, four folders deep. Links out of the folder are passed over. */
export async function findFiles(folder: string, ending: string, limit: number): Promise<string[]> {
  const root = await realPathIfAny(folder);
  if (root === undefined) return [];
  const found: string[] = [];
  const walk = async (current: string, depth: number): Promise<void> => {
    const entries = await readdir(current, { withFileTypes: true }).catch(() => []);
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (found.length >= limit) return;
      if (entry.name.startsWith('.') || entry.name === 'node_modules') continue;
      if (entry.isDirectory() && depth < 4) await walk(join(current, entry.name), depth + 1);
      else if (entry.isFile() && entry.name.endsWith(ending) && basename(entry.name) !== ending) found.push(join(current, entry.name));
    }
  };
  await walk(root, 0);
  return found;
}
