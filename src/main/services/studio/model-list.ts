import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { inputError, toErrorData } from '../../../contract/errors.ts';
import { TABLE_ENDING } from '../../../contract/file-endings.ts';
import type { ModelEntry, ModelList, TableFile } from '../../../contract/studio-api.ts';
import type { FileHashes } from '../file-hashes.ts';
import { realPathIfAny, resolveRead } from '../path-scope.ts';
import { findFiles, graphValueOf } from './folder-listing.ts';

/** A named folder of models. */
export interface ModelRoot {
  readonly name: string;
  readonly path: string;
  /** It comes from the program or the command line. */
  readonly fixed: boolean;
}

/** What the layers above know of files. */
export interface FileReaders {
  /** Family of a model folder. @throws AppError when no family knows it. */
  family(path: string): Promise<string>;
  /** What a table's header says. @throws AppError when it is damaged. */
  tableSummary(bytes: Uint8Array, label: string): { readonly trigger: string; readonly family: string; readonly thumbnail?: string };
}

const MAX_MODELS = 500;
const MAX_TABLES = 1000;
/** A concept table has tens of kilobytes to a few megabytes. */
const MAX_TABLE_BYTES = 64 * 1024 * 1024;
const MAX_LICENCE_CHARACTERS = 100_000;

async function sizeOf(folder: string, depth = 0): Promise<number> {
  let total = 0;
  for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
    if (entry.isDirectory() && depth < 6) total += await sizeOf(join(folder, entry.name), depth + 1);
    else if (!entry.isDirectory()) total += await stat(join(folder, entry.name)).then(({ size }) => size, () => 0);
  }
  return total;
}

async function partsOf(folder: string): Promise<ModelEntry['parts']> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const folders = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'));
  return Promise.all(folders.map(async ({ name }) => ({ name, size: await sizeOf(join(folder, name)) })));
}

async function licenceOf(folder: string): Promise<string | undefined> {
  const name = (await readdir(folder).catch((): string[] => [])).find((entry) => /^licen[cs]e(?:\.(?:md|txt))?$/i.test(entry));
  if (name === undefined) return undefined;
  return (await readFile(join(folder, name), 'utf8').catch(() => '')).slice(0, MAX_LICENCE_CHARACTERS) || undefined;
}

async function describeModel(root: ModelRoot, name: string, path: string, readers: FileReaders): Promise<ModelEntry> {
  const licence = await licenceOf(path);
  const plain = { value: `${root.name}:${name}`, name, root: root.name, path, size: await sizeOf(path), parts: await partsOf(path), ...(licence === undefined ? {} : { licence }) };
  try {
    return { ...plain, family: await readers.family(path) };
  } catch (error) {
    return { ...plain, error: toErrorData(error, name, 'input') };
  }
}

/** The models of all roots: folders that hold a `model_index.json`. */
export async function listModels(roots: readonly ModelRoot[], readers: FileReaders): Promise<ModelList> {
  const models: ModelEntry[] = [];
  const shown: ModelList['roots'] = [];
  for (const root of roots) {
    const real = await realPathIfAny(root.path);
    shown.push({ ...root, exists: real !== undefined });
    const entries = real === undefined ? [] : await readdir(real, { withFileTypes: true }).catch(() => []);
    for (const { name } of entries.sort((a, b) => (a.name < b.name ? -1 : 1)).slice(0, MAX_MODELS)) {
      const path = join(real as string, name);
      if (name.startsWith('.') || (await realPathIfAny(join(path, 'model_index.json'))) === undefined) continue;
      models.push(await describeModel(root, name, path, readers));
    }
  }
  return { roots: shown, models };
}

/** Hash over a model's contents, as content keys have it. @throws AppError `files.outside`, `files.missing`. */
export async function hashModel(value: string, roots: readonly ModelRoot[], hashes: FileHashes): Promise<string> {
  const named = Object.fromEntries(roots.map(({ name, path }) => [name, path]));
  const [first] = roots;
  if (first === undefined) throw inputError('files.unknown-root', value, 'there must be a model root');
  return hashes.path(await resolveRead({ base: first.path, roots: named }, value, value));
}

/** The concept tables that a graph can read: below its own folder, the model roots and the output folder. */
export async function listTables(folders: readonly string[], base: string | undefined, roots: readonly ModelRoot[], readers: FileReaders): Promise<TableFile[]> {
  const real = await Promise.all(roots.map(async ({ name, path }) => [name, (await realPathIfAny(path)) ?? path] as const));
  const paths = new Set((await Promise.all(folders.map((folder) => findFiles(folder, TABLE_ENDING, MAX_TABLES)))).flat());
  const found = await Promise.all([...paths].slice(0, MAX_TABLES).map(async (path): Promise<TableFile | undefined> => {
    const info = await stat(path).catch(() => undefined);
    if (info === undefined) return undefined;
    const plain = { path, value: graphValueOf(path, base, Object.fromEntries(real)), name: basename(path).slice(0, -TABLE_ENDING.length), size: info.size, modified: info.mtimeMs };
    try {
      return { ...plain, ...readers.tableSummary(await readTable(path), basename(path)) };
    } catch (error) {
      return { ...plain, error: toErrorData(error, basename(path), 'input') };
    }
  }));
  return found.filter((table) => table !== undefined).sort((a, b) => b.modified - a.modified);
}

/** The bytes of a table file. @throws AppError `table.too-large`. */
export async function readTable(path: string): Promise<Uint8Array> {
  const { size } = await stat(path);
  if (size > MAX_TABLE_BYTES) throw inputError('table.too-large', basename(path), `a concept table must have at most ${MAX_TABLE_BYTES} bytes`, { got: String(size), path });
  return readFile(path);
}
