import { createHash } from 'node:crypto';
import { readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { inputError } from '../../../contract/errors.ts';
import type { GraphFile } from '../../../contract/graph-file.ts';
import { graphText } from '../../../contract/graph-text.ts';
import type { GraphVersion } from '../../../contract/studio-api.ts';
import { graphVersionSchema } from '../../../contract/studio/documents.ts';
import { writeFileAtomic } from '../atomic-write.ts';
import { parseDocument, revisionOf } from './graph-text.ts';
import { JsonFile } from './json-file.ts';

const indexSchema = z.object({ path: z.string(), versions: z.array(graphVersionSchema) });
type Index = z.infer<typeof indexSchema>;

export interface GraphVersionsOptions {
  readonly folder: string;
  /** Most versions of one graph; 100 when left out. */
  readonly limit?: number;
  /** Most bytes of all versions of one graph; 64 MiB when left out. */
  readonly bytes?: number;
  readonly now?: () => number;
}

const DEFAULT_LIMIT = 100;
const DEFAULT_BYTES = 64 * 1024 * 1024;

/** Former versions of graphs, by the path of their file: each content once, the oldest ones dropped when there are too many. */
export class GraphVersions {
  private readonly indices = new Map<string, JsonFile<Index>>();

  constructor(private readonly options: GraphVersionsOptions) {}

  /** Newest first. */
  async list(path: string): Promise<GraphVersion[]> {
    return [...(await this.index(path).read()).versions].reverse();
  }

  /** @throws AppError `history.missing`, `history.damaged`. */
  async read(path: string, id: string): Promise<GraphFile> {
    const { versions } = await this.index(path).read();
    if (!versions.some((version) => version.id === id)) throw inputError('history.missing', path, 'version must be one that is kept', { got: id.slice(0, 12) });
    const text = await readFile(this.file(path, id), 'utf8').catch(() => '');
    if (revisionOf(text) !== id) throw inputError('history.damaged', path, 'version must be as it was kept', { got: id.slice(0, 12), hint: 'Its file was changed or removed by something else' });
    return parseDocument(text, path);
  }

  /** Keeps a version. One that was kept before counts as new again. */
  async keep(path: string, graph: GraphFile, kind: GraphVersion['kind']): Promise<void> {
    const text = graphText(graph);
    const id = revisionOf(text);
    const index = this.index(path);
    await writeFileAtomic(this.file(path, id), text);
    const version: GraphVersion = { id, savedAt: (this.options.now ?? Date.now)(), kind, nodes: Object.keys(graph.nodes).length, bytes: Buffer.byteLength(text) };
    const dropped: string[] = [];
    await index.update(({ versions }) => {
      const kept = [...versions.filter((other) => other.id !== id), version];
      let total = kept.reduce((sum, { bytes }) => sum + bytes, 0);
      while (kept.length > 1 && (kept.length > (this.options.limit ?? DEFAULT_LIMIT) || total > (this.options.bytes ?? DEFAULT_BYTES))) {
        const oldest = kept.shift() as GraphVersion;
        total -= oldest.bytes;
        dropped.push(oldest.id);
      }
      return { path, versions: kept };
    });
    for (const old of dropped) await unlink(this.file(path, old)).catch(() => undefined);
  }

  private index(path: string): JsonFile<Index> {
    const known = this.indices.get(path);
    if (known !== undefined) return known;
    const made = new JsonFile(join(this.graphFolder(path), 'index.json'), indexSchema, () => ({ path, versions: [] }));
    this.indices.set(path, made);
    return made;
  }

  private file(path: string, id: string): string {
    return join(this.graphFolder(path), `${id}.json`);
  }

  private graphFolder(path: string): string {
    return join(this.options.folder, createHash('sha256').update(path).digest('hex').slice(0, 32));
  }
}
