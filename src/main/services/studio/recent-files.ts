import { access } from 'node:fs/promises';
import { z } from 'zod';
import type { RecentFile } from '../../../contract/studio-api.ts';
import { graphName } from './graph-text.ts';
import { JsonFile } from './json-file.ts';

const schema = z.array(z.object({ path: z.string(), openedAt: z.number() }));
const LIMIT = 20;

/** The files that were opened or saved last. */
export class RecentFiles {
  private readonly file: JsonFile<z.infer<typeof schema>>;

  constructor(path: string, private readonly now: () => number = Date.now) {
    this.file = new JsonFile(path, schema, () => []);
  }

  async list(): Promise<RecentFile[]> {
    const entries = await this.file.read();
    return Promise.all(entries.map(async ({ path, openedAt }) => ({ path, openedAt, name: graphName(path), exists: await access(path).then(() => true, () => false) })));
  }

  async add(path: string): Promise<void> {
    await this.file.update((entries) => [{ path, openedAt: this.now() }, ...entries.filter((entry) => entry.path !== path)].slice(0, LIMIT));
  }

  async forget(path: string): Promise<void> {
    await this.file.update((entries) => entries.filter((entry) => entry.path !== path));
  }
}
