import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { unwatchFile, watchFile } from 'node:fs';
import { inputError, runError } from '../../../contract/errors.ts';
import type { GraphFile } from '../../../contract/graph-file.ts';
import { graphText } from '../../../contract/graph-text.ts';
import type { ImportedGraph, OpenedGraph, SavedGraph } from '../../../contract/studio-api.ts';
import { writeFileAtomic } from '../atomic-write.ts';
import { errorCode } from '../file-system.ts';
import { parseImageMetadata, readPictureBytes } from '../images/metadata.ts';
import type { GrantedFolders } from './granted-folders.ts';
import { checkDocument, expectGraphEnding, graphName, parseDocument, revisionOf } from './graph-text.ts';
import type { GraphVersions } from './graph-versions.ts';
import { readIfAny } from './read-if-any.ts';
import type { RecentFiles } from './recent-files.ts';

/** Largest graph file that is read, in bytes; as in read-graph.ts, which counts characters. */
const MAX_BYTES = 64 * 1024 * 1024;
const WATCH_EVERY_MS = 1000;

export interface GraphFilesOptions {
  readonly folders: GrantedFolders;
  readonly versions: GraphVersions;
  readonly recent: RecentFiles;
  /** Told when another program changes or removes a file that is open. */
  readonly onChanged: (path: string, revision: string | null) => void;
}

/** Opens and saves graph files. What a file holds is never lost: neither fields that nobody knows, nor what another program has written meanwhile. */
export class GraphFiles {
  /** Open files: what they were when they were last read or written here. */
  private readonly revisions = new Map<string, string | null>();
  /** Files that are being written here: what is found of them meanwhile is nobody else's doing. */
  private readonly writing = new Set<string>();

  constructor(private readonly options: GraphFilesOptions) {}

  /** @throws AppError `files.outside`, `files.missing`, `files.read`; GraphFaults with every fault of its form. */
  async open(path: string): Promise<OpenedGraph> {
    const real = await this.options.folders.resolveRead(path);
    const text = await readText(real);
    const graph = parseDocument(text, basename(real));
    const readOnly = await this.options.folders.isReadOnly(real);
    const revision = revisionOf(text);
    this.watch(real, revision);
    await this.options.recent.add(real);
    return { path: real, name: graphName(real), graph, revision, readOnly };
  }

  /**
   * Writes a graph over its file, unless that has changed since.
   * @param revision What it was when it was opened; null to overwrite whatever is there.
   * @throws AppError `files.changed`, `files.outside`, `files.read-only`, `files.write`; GraphFaults.
   */
  async save(path: string, graph: GraphFile, revision: string | null): Promise<SavedGraph> {
    expectGraphEnding(path);
    const target = await this.options.folders.resolveWrite(path);
    checkDocument(graph, basename(target));
    const before = await readIfAny(target);
    if (revision !== null && before !== undefined && revisionOf(before) !== revision) {
      throw inputError('files.changed', basename(target), 'must be as it was when it was opened', { path: target, hint: 'Another program has changed it: save under another name, or overwrite it' });
    }
    if (before !== undefined) await this.keepForeign(target, before);
    return this.write(target, graph);
  }

  /** @throws AppError `files.exists` unless `overwrite`; else as {@link save}. */
  async saveAs(path: string, graph: GraphFile, overwrite: boolean): Promise<SavedGraph> {
    expectGraphEnding(path);
    const target = await this.options.folders.resolveWrite(path);
    checkDocument(graph, basename(target));
    const before = await readIfAny(target);
    if (before !== undefined && !overwrite) throw inputError('files.exists', basename(target), 'must not be there yet', { path: target, hint: 'Overwrite it, or choose another name' });
    if (before !== undefined) await this.keepForeign(target, before);
    return this.write(target, graph);
  }

  /** The graph in a file that was dropped: a graph file, or a picture of ours. @throws AppError `import.no-graph` for a picture without one; GraphFaults. */
  async importBytes(name: string, bytes: Uint8Array): Promise<ImportedGraph> {
    const title = basename(name);
    if (isJson(bytes)) return { name: graphName(title), graph: parseDocument(decodeText(bytes, title), title), source: 'graph' };
    const { picture } = await parseImageMetadata(bytes, title);
    if (picture === undefined) throw inputError('import.no-graph', title, 'must be a graph file, or a picture that carries the graph that made it', { hint: 'Pictures carry their graph unless it was taken out for sharing' });
    return { name: title.replace(/\.[^.]+$/, ''), graph: parseDocument(picture.graph, title), source: 'picture' };
  }

  /** The graph that a picture of ours carries. @throws AppError as {@link importBytes}, `files.read`. */
  async importPicture(path: string): Promise<ImportedGraph> {
    return this.importBytes(path, await readPictureBytes(path));
  }

  /** Stops watching. */
  close(): void {
    for (const path of this.revisions.keys()) unwatchFile(path);
    this.revisions.clear();
  }

  private async write(target: string, graph: GraphFile): Promise<SavedGraph> {
    const text = graphText(graph);
    const revision = revisionOf(text);
    this.writing.add(target);
    try {
      await writeFileAtomic(target, text);
      this.watch(target, revision);
    } finally {
      this.writing.delete(target);
    }
    await this.options.versions.keep(target, graph, 'save');
    await this.options.recent.add(target);
    return { path: target, name: graphName(target), revision };
  }

  /** What is about to be overwritten and was never kept: the first version of an opened file, or what another program wrote. */
  private async keepForeign(target: string, before: string): Promise<void> {
    try {
      const graph = parseDocument(before, basename(target));
      const id = revisionOf(graphText(graph));
      const known = (await this.options.versions.list(target)).some((version) => version.id === id);
      if (!known) await this.options.versions.keep(target, graph, 'outside');
    } catch {
      // What is no graph can't be a version of one.
    }
  }

  private watch(path: string, revision: string): void {
    const isNew = !this.revisions.has(path);
    this.revisions.set(path, revision);
    if (!isNew) return;
    watchFile(path, { interval: WATCH_EVERY_MS, persistent: false }, () => void this.look(path));
  }

  private async look(path: string): Promise<void> {
    const text = await readIfAny(path).catch(() => undefined);
    const revision = text === undefined ? null : revisionOf(text);
    if (this.writing.has(path) || !this.revisions.has(path) || this.revisions.get(path) === revision) return;
    this.revisions.set(path, revision);
    this.options.onChanged(path, revision);
  }
}

function isJson(bytes: Uint8Array): boolean {
  const first = bytes.find((byte) => ![0x20, 0x09, 0x0a, 0x0d, 0xef, 0xbb, 0xbf].includes(byte));
  return first === '{'.charCodeAt(0);
}

function decodeText(bytes: Uint8Array, where: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw inputError('files.not-text', where, 'must be UTF-8 text');
  }
}

async function readText(path: string): Promise<string> {
  let bytes: Uint8Array;
  try {
    const info = await stat(path);
    if (!info.isFile()) throw inputError('files.not-a-file', basename(path), 'must be a file', { path });
    if (info.size > MAX_BYTES) throw inputError('graph.too-large', basename(path), `must have at most ${MAX_BYTES} bytes`, { got: String(info.size), path });
    bytes = await readFile(path);
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    throw runError('files.read', basename(path), 'must be readable', { got: (error as Error).message, path });
  }
  return decodeText(bytes, basename(path));
}
