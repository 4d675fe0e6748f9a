import { readFile, readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { z } from 'zod';
import { AppError, inputError, runError } from '../../contract/errors.ts';
import { printValue } from '../../contract/params.ts';
import { COMPANION_FILES, IMAGE_FILE_KINDS } from './file-kinds.ts';
import { errorCode } from './file-system.ts';
import { isInside } from './path-scope.ts';

/** Largest caption or metadata file that is read. */
const MAX_TEXT_BYTES = 64 * 1024 * 1024;
/** Longest caption in characters: text encoders see some hundred tokens at most. */
const MAX_CAPTION = 20_000;

/** A dataset folder as found on disk, before any picture is decoded. */
export interface DatasetFiles {
  readonly label: string;
  /** Sorted by name. `caption` is '' where none was found. */
  readonly items: readonly { readonly name: string; readonly path: string; readonly caption: string }[];
}

type Captions = ReadonlyMap<string, string>;

const authorsSchema = z.record(z.string(), z.union([z.looseObject({ training_prompt: z.string() }), z.string()]));
const lineSchema = z.looseObject({ file_name: z.string(), text: z.string() });

async function readTextFile(path: string): Promise<string | undefined> {
  try {
    const { size } = await stat(path);
    if (size > MAX_TEXT_BYTES) throw inputError('dataset.text-size', path, `a caption file must have at most ${MAX_TEXT_BYTES} bytes`, { got: String(size), path });
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path));
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    if (error instanceof AppError) throw error;
    if (error instanceof TypeError) throw inputError('dataset.encoding', path, 'captions must be UTF-8 text', { path });
    throw runError('files.read', path, 'must be readable', { got: (error as Error).message, path });
  }
}

function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw inputError('dataset.not-json', where, 'must be JSON', { got: (error as Error).message });
  }
}

/** The authors' `metadata.json`: `{ "<file>": { "training_prompt": "…" } }`; a bare string is taken too. */
function parseAuthors(text: string, path: string): Captions {
  const result = authorsSchema.safeParse(parseJson(text, path));
  if (!result.success) throw inputError('dataset.metadata', path, 'must be an object of file names, each with a "training_prompt"', { got: result.error.issues[0]?.path.map(String).join('.') ?? '', path });
  return new Map(Object.entries(result.data).map(([name, entry]) => [name, typeof entry === 'string' ? entry : entry.training_prompt]));
}

/** `metadata.jsonl` of Hugging Face's image folders: one `{ "file_name": …, "text": … }` per line. */
function parseLines(text: string, path: string): Captions {
  const captions = new Map<string, string>();
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const where = `${path} line ${index + 1}`;
    const result = lineSchema.safeParse(parseJson(line, where));
    if (!result.success) throw inputError('dataset.metadata', where, 'must have "file_name" and "text"', { got: printValue(line) });
    captions.set(result.data.file_name, result.data.text);
  }
  return captions;
}

/** Readers of metadata files by name, one entry each. */
const METADATA_READERS: Readonly<Record<string, (text: string, path: string) => Captions>> = { 'metadata.json': parseAuthors, 'metadata.jsonl': parseLines };

/** Captions of every metadata file in a folder, the first named file first. */
async function metadataOf(folder: string): Promise<Captions[]> {
  const found: Captions[] = [];
  for (const name of COMPANION_FILES) {
    const path = join(folder, name);
    const text = await readTextFile(path);
    const reader = METADATA_READERS[name];
    if (text !== undefined && reader !== undefined) found.push(reader(text, path));
  }
  return found;
}

async function listPictures(folder: string): Promise<{ name: string; path: string }[]> {
  let entries: string[];
  try {
    entries = await readdir(folder);
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') throw inputError('dataset.not-a-folder', folder, 'a dataset must be a folder of pictures', { path: folder });
    throw runError('files.read', folder, 'must be readable', { got: (error as Error).message, path: folder });
  }
  const pictures: { name: string; path: string }[] = [];
  for (const name of entries.filter((entry) => !entry.startsWith('.') && IMAGE_FILE_KINDS.includes(extname(entry).toLowerCase())).sort()) {
    const path = await realpath(join(folder, name));
    if (!isInside(folder, path)) throw inputError('files.outside', join(folder, name), 'a symbolic link in a dataset must not lead out of it', { hint: 'Copy the picture into the folder' });
    if ((await stat(path)).isFile()) pictures.push({ name, path });
  }
  return pictures;
}

/** A caption without the white space around it, within the limit. */
function caption(text: string, where: string): string {
  const trimmed = text.trim();
  if (trimmed.length > MAX_CAPTION) throw inputError('dataset.caption-length', where, `a caption must have at most ${MAX_CAPTION} characters`, { got: String(trimmed.length) });
  return trimmed;
}

/**
 * Lists the pictures of a folder with their captions. For each picture the first of these that has one counts:
 * 1. `<picture>.txt` beside it (the picture's name without its ending);
 * 2. `metadata.json` in the folder (`{ "<file>": { "training_prompt": … } }`), then `metadata.jsonl` (`{ "file_name", "text" }` per line);
 * 3. the same two in the folder above.
 * Metadata finds a picture by its file name, or by its path relative to the metadata file (`preprocessed/01.png`).
 * @param path Absolute path of the folder.
 * @throws AppError `dataset.empty`, `dataset.not-a-folder`, `dataset.metadata`, `files.outside`, `files.read`.
 */
export async function listDataset(path: string): Promise<DatasetFiles> {
  const folder = await realpath(path).catch(() => path);
  const label = basename(folder);
  const pictures = await listPictures(folder);
  if (pictures.length === 0) throw inputError('dataset.empty', path, `must hold at least one picture (${IMAGE_FILE_KINDS.join(', ')})`, { path, hint: 'Sub-folders are not searched' });
  const inside = await metadataOf(folder);
  const above = await metadataOf(dirname(folder));
  const items = [];
  for (const picture of pictures) {
    const stem = picture.name.slice(0, -extname(picture.name).length);
    const textPath = join(folder, `${stem}.txt`);
    const own = await readTextFile(textPath);
    const listed = [...inside.map((captions) => captions.get(picture.name)), ...above.map((captions) => captions.get(`${label}/${picture.name}`) ?? captions.get(picture.name))];
    const found = own ?? listed.find((text) => text !== undefined) ?? '';
    items.push({ ...picture, caption: caption(found, textPath) });
  }
  return { label, items };
}
