import { readdir } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { toErrorData, type ErrorData } from '../../../contract/errors.ts';
import type { SourceFile } from '../../../contract/node.ts';
import type { RunFiles } from '../../runtime/plan-graph.ts';
import type { FileHashes } from '../file-hashes.ts';
import { realPathIfAny, resolveRead, type ReadScope } from '../path-scope.ts';

/** How deep below a model root is searched: `root/publisher/model`. */
const SEARCH_DEPTH = 3;
/** Most files or folders of a root whose contents are compared. */
const MAX_CANDIDATES = 500;

/** A source that was found, or what was found in its place. */
export type FoundSource =
  | { readonly source: SourceFile; readonly path: string; /** It lay elsewhere than the graph says. */ readonly moved: boolean }
  | { readonly source: SourceFile; readonly path: undefined; /** Hash of what lies at its path, if anything does. */ readonly got: string | undefined; readonly reason: ErrorData | undefined };

/** Files, or folders, of a root by name, those with the wanted name first. Hidden ones and links are left out. */
async function candidatesIn(root: string, wanted: 'file' | 'folder', name: string): Promise<string[]> {
  const found: string[] = [];
  const walk = async (folder: string, depth: number): Promise<void> => {
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (entry.name.startsWith('.') || found.length >= MAX_CANDIDATES * 4) continue;
      const path = join(folder, entry.name);
      if (wanted === 'folder' && entry.isDirectory()) found.push(path);
      if (wanted === 'file' && entry.isFile() && extname(entry.name) === extname(name)) found.push(path);
      if (entry.isDirectory() && depth < SEARCH_DEPTH) await walk(path, depth + 1);
    }
  };
  await walk(root, 1);
  const namesake = (path: string): number => (basename(path) === name ? 0 : 1);
  return found.sort((a, b) => namesake(a) - namesake(b)).slice(0, MAX_CANDIDATES);
}

/** Last part of a path as graphs have them: `models:sd/base` is `base`. */
function nameOf(value: string): string {
  return value.split(/[/\\:]/).findLast((part) => part !== '') ?? '';
}

/** Looks for what pictures were made from: where their graphs say, else anywhere in the model roots. By contents, never by name alone. */
export class SourceFinder {
  private readonly hashed = new Map<string, Promise<string | undefined>>();

  constructor(private readonly scope: ReadScope, private readonly hashes: FileHashes) {}

  /** Finds one source. A path that leads out of the allowed folders counts as not there. */
  async find(source: SourceFile, target: 'file' | 'folder'): Promise<FoundSource> {
    let [got, reason]: [string | undefined, ErrorData | undefined] = [undefined, undefined];
    try {
      const path = await resolveRead(this.scope, source.value, `Param ${source.param} of node "${source.node}"`);
      got = await this.hashOf(path);
      if (got === source.contents) return { source, path, moved: false };
    } catch (thrown) {
      reason = toErrorData(thrown);
    }
    const elsewhere = await this.search(source, target);
    if (elsewhere !== undefined) return { source, path: elsewhere, moved: true };
    return { source, path: undefined, got, reason };
  }

  private async search(source: SourceFile, target: 'file' | 'folder'): Promise<string | undefined> {
    for (const root of Object.values(this.scope.roots)) {
      const real = await realPathIfAny(root);
      if (real === undefined) continue;
      for (const path of await candidatesIn(real, target, nameOf(source.value))) {
        if ((await this.hashOf(path)) === source.contents) return path;
      }
    }
    return undefined;
  }

  /** Hash of a file or folder; undefined when it can't be read. Each is hashed once per command. */
  private hashOf(path: string): Promise<string | undefined> {
    const known = this.hashed.get(path) ?? this.hashes.path(path).catch(() => undefined);
    this.hashed.set(path, known);
    return known;
  }
}

/** Files as the rendering of a picture may read them: those that were found for it, and nothing else where the picture tells what it was made from. */
export function foundFiles(found: readonly FoundSource[], scope: ReadScope, hashes: FileHashes): RunFiles {
  const paths = new Map(found.flatMap(({ source, path }) => (path === undefined ? [] : [[source.value, { path, contents: source.contents }] as const])));
  const contents = new Map([...paths.values()].map((entry) => [entry.path, entry.contents]));
  return {
    resolveRead: async (value, where) => paths.get(value)?.path ?? resolveRead(scope, value, where),
    fingerprint: async (path) => contents.get(path) ?? hashes.path(path),
  };
}
