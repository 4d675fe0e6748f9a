import { createHash } from 'node:crypto';
import { open, readFile, realpath, stat } from 'node:fs/promises';
import { basename, dirname, extname, join, sep } from 'node:path';
import { AppError, inputError, internalError, runError } from '../../contract/errors.ts';
import { printValue } from '../../contract/params.ts';
import type { FileHashes } from './file-hashes.ts';
import { MODEL_FILE_KINDS } from './file-kinds.ts';
import { isInside, realPathIfAny } from './path-scope.ts';
import { parsePythonJson } from './python-json.ts';

/** Largest file of a model that is read whole: big tokenizers have some 20 MB. */
const MAX_TEXT_BYTES = 128 * 1024 * 1024;

/** Reads the headers of weight files; given from outside, because this layer knows no formats of tensors. */
export interface HeaderReader<Index> {
  /** Bytes from the file's start that {@link parse} needs, from the first 8. */
  byteLength(first8: Uint8Array, fileLength: number, label: string): number;
  parse(bytes: Uint8Array, fileLength: number, label: string): Index;
}

export interface ModelFolderOptions<Index> {
  /** What to call the folder in messages; its own name when left out. */
  readonly label?: string;
  readonly hashes: FileHashes;
  readonly header: HeaderReader<Index>;
}

/** Read access to one model folder. Paths are relative, with forward slashes. */
export interface OpenedModelFolder<Index> {
  readonly label: string;
  fingerprint(under: string): Promise<string>;
  has(path: string): Promise<boolean>;
  readText(path: string): Promise<string>;
  readBytes(path: string): Promise<Uint8Array>;
  readJson(path: string): Promise<unknown>;
  weights(path: string): Promise<{ readonly file: string; readonly index: Index }>;
}

/**
 * Where files of a folder may really lie: in it, and, in a Hugging Face cache (`models--…/snapshots/REVISION`, all symbolic links),
 * in the `blobs` folder beside `snapshots`.
 */
function allowedFolders(root: string): string[] {
  const parts = root.split(sep);
  const at = parts.lastIndexOf('snapshots');
  const repository = at > 0 ? (parts[at - 1] as string) : '';
  const isCache = at < parts.length - 1 && /^(?:models|datasets|spaces)--/.test(repository);
  return isCache ? [root, [...parts.slice(0, at), 'blobs'].join(sep)] : [root];
}

class Folder<Index> implements OpenedModelFolder<Index> {
  private readonly allowed: readonly string[];

  constructor(readonly label: string, private readonly root: string, private readonly options: ModelFolderOptions<Index>) {
    this.allowed = allowedFolders(root);
  }

  async fingerprint(under: string): Promise<string> {
    const path = under === '' ? this.root : await this.resolve(under);
    if (path === undefined) throw this.missing(under);
    const info = await stat(path);
    if (info.isDirectory()) return this.options.hashes.folderContents(path);
    return createHash('sha256').update(`${basename(under)}\0${await this.options.hashes.file(path)}\n`).digest('hex');
  }

  async has(path: string): Promise<boolean> {
    return (await this.resolve(path)) !== undefined;
  }

  async readBytes(path: string): Promise<Uint8Array> {
    const real = await this.file(path);
    const { size } = await stat(real);
    if (size > MAX_TEXT_BYTES) throw inputError('model.text-size', this.name(path), `a file of a model that is read whole must have at most ${MAX_TEXT_BYTES} bytes`, { got: String(size), path: real });
    try {
      return new Uint8Array(await readFile(real));
    } catch (error) {
      throw this.unreadable(path, error);
    }
  }

  async readText(path: string): Promise<string> {
    const bytes = await this.readBytes(path);
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    } catch {
      throw inputError('model.not-text', this.name(path), 'must be UTF-8 text', { path: await this.file(path) });
    }
  }

  async readJson(path: string): Promise<unknown> {
    const text = await this.readText(path);
    try {
      return parsePythonJson(text);
    } catch (error) {
      throw inputError('model.not-json', this.name(path), 'must be JSON', { got: (error as Error).message });
    }
  }

  /** Reads the header's bytes only: weight files have gigabytes. */
  async weights(path: string): Promise<{ file: string; index: Index }> {
    const file = await this.file(path);
    const { header } = this.options;
    try {
      const handle = await open(file, 'r');
      try {
        const { size } = await handle.stat();
        const length = header.byteLength(await readStart(handle, Math.min(8, size)), size, this.name(path));
        return { file, index: header.parse(await readStart(handle, length), size, this.name(path)) };
      } finally {
        await handle.close();
      }
    } catch (error) {
      throw error instanceof AppError ? error : this.unreadable(path, error);
    }
  }

  private name(path: string): string {
    return `${this.label}/${path}`;
  }

  /** The real path of something in the folder, or undefined when it isn't there. @throws AppError when it would lie outside. */
  private async resolve(path: string): Promise<string | undefined> {
    if (path.startsWith('/') || path.includes('\\') || path.includes('\0') || path.split('/').some((part) => part === '..' || /^[A-Za-z]:/.test(part))) {
      throw inputError('files.outside', this.label, 'a path in a model folder must be relative and stay in it', { got: printValue(path) });
    }
    const real = await realPathIfAny(join(this.root, ...path.split('/')));
    if (real === undefined || this.allowed.some((folder) => isInside(folder, real))) return real;
    throw inputError('files.outside', this.name(path), 'a symbolic link in a model folder must not lead out of it', { got: printValue(real), hint: 'Copy the file into the model folder' });
  }

  private async file(path: string): Promise<string> {
    if (!MODEL_FILE_KINDS.includes(extname(path).toLowerCase())) {
      throw internalError('model.file-kind', this.name(path), `files of a model that are read must end in ${MODEL_FILE_KINDS.join(', ')}: only these are part of its fingerprint`);
    }
    const real = await this.resolve(path);
    if (real === undefined) throw this.missing(path);
    if (!(await stat(real)).isFile()) throw inputError('model.not-a-file', this.name(path), 'must be a file');
    return real;
  }

  private missing(path: string): AppError {
    return inputError('model.missing-file', this.name(path), 'must exist', { hint: 'Is the download of the model complete?' });
  }

  private unreadable(path: string, error: unknown): AppError {
    return runError('files.read', this.name(path), 'must be readable', { got: error instanceof Error ? error.message : String(error) });
  }
}

async function readStart(handle: Awaited<ReturnType<typeof open>>, length: number): Promise<Uint8Array> {
  const buffer = new Uint8Array(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await handle.read(buffer, filled, length - filled, filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}

/**
 * Opens a model folder for reading.
 * @param path Absolute path of the folder; it may be a symbolic link, since the user chose it.
 * @throws AppError `model.not-a-folder`.
 */
export async function openModelFolder<Index>(path: string, options: ModelFolderOptions<Index>): Promise<OpenedModelFolder<Index>> {
  const label = options.label ?? (basename(path) || dirname(path));
  const isFolder = await stat(path).then((info) => info.isDirectory(), () => false);
  if (!isFolder) throw inputError('model.not-a-folder', label, 'a model must be a folder in diffusers layout', { got: printValue(path), path });
  return new Folder(label, await realpath(path), options);
}
