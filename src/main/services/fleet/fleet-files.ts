import { open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { inputError, runError } from '../../../contract/errors.ts';
import { writeFileAtomic } from '../atomic-write.ts';
import type { FileHashes } from '../file-hashes.ts';
import { isReadableKind } from '../file-kinds.ts';
import { resolveWrite } from '../path-scope.ts';
import { listCandidates, type Candidate } from './file-index.ts';
import { getContent, putContent, type FleetFile } from './fleet-plan.ts';
import type { Store } from './store.ts';

/** Single files up to this size (tables, pictures) go through the store by themselves; what is larger, and folders, are models. */
export const FETCHED_FILE_BYTES = 64 * 1024 * 1024;

/** Folders are looked through again after this long, when something wasn't found. */
const SCAN_AGAIN_MS = 60_000;

/** Files of models lie in the store in parts: weights have gigabytes, and no part is held in memory longer than it takes to write it. */
const PART_BYTES = 64 * 1024 * 1024;

const folderSchema = z.object({ files: z.array(z.object({ name: z.string().min(1), parts: z.array(z.string().regex(/^[0-9a-f]{64}$/)) })) });

function folderName(contents: string): string {
  return `folders/${contents}.json`;
}

/** Whether a worker fetches this without being told to. */
export function isSmall(file: FleetFile): boolean {
  return file.kind === 'file' && file.bytes <= FETCHED_FILE_BYTES;
}

export interface FleetFilesOptions {
  readonly store: Store;
  readonly hashes: FileHashes;
  /** Folders that are looked through: `--models`, and the model roots of the settings. */
  readonly folders: readonly string[];
  /** Where fetched files are kept. */
  readonly cacheFolder: string;
  /** Whether models may be fetched too: gigabytes. */
  readonly fetchModels: boolean;
}

/** Finds on this machine what rows read, by contents, wherever it lies here and whatever it is called; fetches what is small and missing. */
export class FleetFiles {
  private readonly found = new Map<string, string>();
  private candidates: Promise<readonly Candidate[]> | undefined;
  private scannedAt = 0;

  constructor(private readonly options: FleetFilesOptions) {}

  /** The path of these contents on this machine. @throws AppError `fleet.missing-file` with what to do; `store.*`. */
  async find(file: FleetFile): Promise<string> {
    const known = this.found.get(file.contents);
    if (known !== undefined && (await this.holds(known, file))) return known;
    const path = (await this.fetched(file)) ?? (await this.search(file)) ?? (await this.fetch(file));
    this.found.set(file.contents, path);
    return path;
  }

  private async holds(path: string, file: FleetFile): Promise<boolean> {
    return (await this.options.hashes.path(path).catch(() => undefined)) === file.contents;
  }

  private fetchedPath(file: FleetFile): string {
    return join(this.options.cacheFolder, file.contents, file.name);
  }

  private async fetched(file: FleetFile): Promise<string | undefined> {
    const path = this.fetchedPath(file);
    return (await this.holds(path, file)) ? path : undefined;
  }

  /** Looks for something of the same size first, of the same name above all, and hashes only that. */
  private async search(file: FleetFile): Promise<string | undefined> {
    const fits = (candidate: Candidate): boolean => candidate.kind === file.kind && candidate.bytes === file.bytes;
    const named = (candidate: Candidate): number => (basename(candidate.path) === file.name ? 0 : 1);
    for (const fresh of [false, true]) {
      if (fresh && Date.now() - this.scannedAt < SCAN_AGAIN_MS) return undefined;
      for (const { path } of (await this.scan(fresh)).filter(fits).sort((a, b) => named(a) - named(b))) {
        if (await this.holds(path, file)) return path;
      }
    }
    return undefined;
  }

  private scan(fresh: boolean): Promise<readonly Candidate[]> {
    if (this.candidates === undefined || fresh) {
      this.scannedAt = Date.now();
      this.candidates = Promise.all(this.options.folders.map(listCandidates)).then((lists) => lists.flat());
    }
    return this.candidates;
  }

  private async fetch(file: FleetFile): Promise<string> {
    const { store, fetchModels } = this.options;
    if (!isSmall(file) && !fetchModels) throw this.missing(file, 'Put it below the folder of --models, or let it be fetched with --fetch-models');
    const path = file.kind === 'file' ? await this.fetchFile(file) : await this.fetchFolder(file);
    if (path === undefined) throw this.missing(file, `Store ${store.location} hasn't got it either: ${isSmall(file) ? 'submit the batch again' : 'submit the batch with --share-models'}`);
    if (!(await this.holds(path, file))) throw runError('store.damaged', `Store ${store.location}`, `what was fetched for "${file.value}" must have its hash`, { got: file.contents });
    return path;
  }

  private async fetchFile(file: FleetFile): Promise<string | undefined> {
    const bytes = await getContent(this.options.store, file.contents);
    if (bytes !== undefined) await writeFileAtomic(this.fetchedPath(file), bytes);
    return bytes === undefined ? undefined : this.fetchedPath(file);
  }

  /** A folder arrives under another name and is renamed when it is whole. */
  private async fetchFolder(file: FleetFile): Promise<string | undefined> {
    const { store, cacheFolder } = this.options;
    const text = await store.get(folderName(file.contents));
    const listed = text === undefined ? undefined : folderSchema.safeParse(JSON.parse(Buffer.from(text).toString('utf8'))).data;
    if (listed === undefined) return undefined;
    const partial = join(cacheFolder, `${file.contents}.${process.pid}.partial`);
    await rm(partial, { recursive: true, force: true });
    for (const { name, parts } of listed.files) {
      if (!(await this.fetchParts(await resolveWrite(join(partial, file.name), name, file.value), parts))) return undefined;
    }
    await rm(join(cacheFolder, file.contents), { recursive: true, force: true });
    await rename(partial, join(cacheFolder, file.contents));
    return this.fetchedPath(file);
  }

  private async fetchParts(path: string, parts: readonly string[]): Promise<boolean> {
    const handle = await open(path, 'wx');
    try {
      for (const part of parts) {
        const bytes = await getContent(this.options.store, part);
        if (bytes === undefined) return false;
        await handle.writeFile(bytes);
      }
      await handle.sync();
      return true;
    } finally {
      await handle.close();
    }
  }

  private missing(file: FleetFile, hint: string): Error {
    return inputError('fleet.missing-file', `"${file.value}"`, `must be on this machine (${file.kind} "${file.name}", ${file.bytes} bytes, contents ${file.contents.slice(0, 16)}…)`, { hint });
  }
}

async function namesBelow(folder: string, prefix: string): Promise<string[]> {
  const names: string[] = [];
  for (const entry of await readdir(join(folder, prefix), { withFileTypes: true })) {
    const name = prefix === '' ? entry.name : `${prefix}/${entry.name}`;
    if (entry.name.startsWith('.')) continue;
    const info = await stat(join(folder, name));
    if (info.isDirectory()) names.push(...(await namesBelow(folder, name)));
    else if (isReadableKind(name.slice(name.lastIndexOf('.')))) names.push(name);
  }
  return names;
}

/** Puts a small file into the store, for workers that haven't got it. */
export async function shareFile(store: Store, path: string): Promise<void> {
  await putContent(store, new Uint8Array(await readFile(path)));
}

/** Puts a model's folder into the store: files in parts under their SHA-256, and a list of them under the folder's fingerprint. */
export async function shareFolder(store: Store, path: string, contents: string): Promise<void> {
  if (await store.has(folderName(contents))) return;
  const files: z.infer<typeof folderSchema>['files'] = [];
  for (const name of await namesBelow(path, '')) files.push({ name, parts: await shareParts(store, join(path, ...name.split('/'))) });
  await store.put(folderName(contents), Buffer.from(JSON.stringify({ files })));
}

async function shareParts(store: Store, path: string): Promise<string[]> {
  const parts: string[] = [];
  const handle = await open(path, 'r');
  try {
    for (;;) {
      const { buffer, bytesRead } = await handle.read(new Uint8Array(PART_BYTES), 0, PART_BYTES);
      if (bytesRead === 0) return parts;
      parts.push(await putContent(store, buffer.subarray(0, bytesRead)));
    }
  } finally {
    await handle.close();
  }
}
