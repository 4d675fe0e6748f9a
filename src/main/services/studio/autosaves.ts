import { createHash } from 'node:crypto';
import { readdir, readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { inputError } from '../../../contract/errors.ts';
import type { GraphFile } from '../../../contract/graph-file.ts';
import type { Recovery } from '../../../contract/studio-api.ts';
import { graphDocumentSchema } from '../../../contract/studio/documents.ts';
import { sweepTemporaryFiles, writeFileAtomic } from '../atomic-write.ts';
import { parseDocument } from './graph-text.ts';

const autosaveSchema = z.object({
  document: z.string(),
  name: z.string(),
  path: z.string().nullable(),
  savedAt: z.number(),
  graph: graphDocumentSchema,
});
type Autosave = z.infer<typeof autosaveSchema>;

/** Unsaved work, one file per open document, until it is saved or given up. Whatever takes a window or the program down, the last one stays. */
export class Autosaves {
  constructor(private readonly folder: string, private readonly now: () => number = Date.now) {}

  /** @returns when it was kept, in milliseconds since 1970. @throws AppError `files.write`. */
  async write(entry: Omit<Autosave, 'savedAt'>): Promise<number> {
    const savedAt = this.now();
    await writeFileAtomic(this.file(entry.document), JSON.stringify({ ...entry, savedAt }));
    return savedAt;
  }

  /** Newest first. Files that are damaged are passed over. */
  async list(): Promise<Recovery[]> {
    await sweepTemporaryFiles(this.folder);
    const names = await readdir(this.folder).catch((): string[] => []);
    const found = await Promise.all(names.filter((name) => name.endsWith('.json')).map((name) => this.load(join(this.folder, name))));
    return found.filter((entry) => entry !== undefined)
      .map(({ document, name, path, savedAt, graph }) => ({ document, name, path, savedAt, nodes: Object.keys(graph.nodes).length }))
      .sort((a, b) => b.savedAt - a.savedAt);
  }

  /** @throws AppError `autosave.missing`. */
  async read(document: string): Promise<GraphFile> {
    const entry = await this.load(this.file(document));
    if (entry === undefined) throw inputError('autosave.missing', 'Unsaved work', 'must still be kept', { got: document });
    return parseDocument(JSON.stringify(entry.graph), entry.name);
  }

  async discard(document: string): Promise<void> {
    await unlink(this.file(document)).catch(() => undefined);
  }

  private async load(path: string): Promise<Autosave | undefined> {
    try {
      return autosaveSchema.safeParse(JSON.parse(await readFile(path, 'utf8'))).data;
    } catch {
      return undefined;
    }
  }

  /** Document names come from windows: as a hash they name nothing outside. */
  private file(document: string): string {
    return join(this.folder, `${createHash('sha256').update(document).digest('hex').slice(0, 32)}.json`);
  }
}
