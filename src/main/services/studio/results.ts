import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { z } from 'zod';
import { inputError } from '../../../contract/errors.ts';
import type { Artifact } from '../../../contract/node.ts';
import type { Result, ResultPage } from '../../../contract/studio-api.ts';
import { resultSchema } from '../../../contract/studio/runs.ts';
import { readImageMetadata } from '../images/metadata.ts';
import { openJournal, type Journal } from '../queue/journal.ts';

const entrySchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('add'), result: resultSchema }),
  z.object({ type: z.literal('forget'), id: z.string() }),
]);
type Entry = z.infer<typeof entrySchema>;

/** Results that are remembered; the files of older ones stay where they are. */
const LIMIT = 20_000;

export interface ResultQuery {
  readonly offset: number;
  readonly limit: number;
  readonly text?: string | undefined;
  readonly kinds?: readonly Result['kind'][] | undefined;
}

/** The id of a file that a run has made: equal for equal run and path. */
export function resultId(runId: string, path: string): string {
  return createHash('sha256').update(`${runId}\0${path}`).digest('hex').slice(0, 20);
}

/** Every file that runs have made, newest first, on disk. */
export class Results {
  private readonly byId = new Map<string, Result>();

  private constructor(private readonly journal: Journal<Entry>, entries: readonly Entry[], private readonly onChange: (total: number) => void) {
    for (const entry of entries) this.apply(entry);
  }

  /** @throws AppError `files.read`, `files.write`. */
  static async open(path: string, onChange: (total: number) => void): Promise<Results> {
    const { journal, entries } = await openJournal<Entry>({ path, schema: entrySchema });
    return new Results(journal, entries, onChange);
  }

  get total(): number {
    return this.byId.size;
  }

  /** @throws AppError `results.unknown`. */
  get(id: string): Result {
    const result = this.byId.get(id);
    if (result === undefined) throw inputError('results.unknown', 'Result', 'must be one that a run of this studio has made', { got: id });
    return result;
  }

  list({ offset, limit, text, kinds }: ResultQuery): ResultPage {
    const wanted = text?.trim().toLowerCase() ?? '';
    const all = [...this.byId.values()].reverse();
    const fits = (result: Result): boolean =>
      (kinds === undefined || kinds.includes(result.kind)) && (wanted === '' || `${result.name}\n${result.prompt ?? ''}\n${result.graphName}`.toLowerCase().includes(wanted));
    const found = wanted === '' && kinds === undefined ? all : all.filter(fits);
    return { results: found.slice(offset, offset + limit), total: found.length };
  }

  /** Takes up a file of a run: it can be asked for at once; what its metadata says comes after. */
  async add(run: { readonly runId: string; readonly node: string; readonly graphName: string }, artifact: Artifact, createdAt: number): Promise<Result> {
    const { kind, path, sha256, pixels } = artifact;
    const plain: Result = { id: resultId(run.runId, path), kind, path, name: basename(path), runId: run.runId, node: run.node, graphName: run.graphName, createdAt, sha256, ...(pixels === undefined ? {} : { pixels }) };
    this.apply({ type: 'add', result: plain });
    const result = kind === 'image' || kind === 'contact-sheet' ? { ...plain, ...(await pictureFacts(path)) } : plain;
    await this.commit({ type: 'add', result });
    return result;
  }

  /** Takes a result off the list. @throws AppError `results.unknown`. */
  async forget(id: string): Promise<void> {
    this.get(id);
    await this.commit({ type: 'forget', id });
  }

  close(): Promise<void> {
    return this.journal.close();
  }

  private apply(entry: Entry): void {
    if (entry.type === 'forget') this.byId.delete(entry.id);
    else this.byId.set(entry.result.id, entry.result);
    const [oldest] = this.byId.keys();
    if (this.byId.size > LIMIT && oldest !== undefined) this.byId.delete(oldest);
  }

  private async commit(entry: Entry): Promise<void> {
    this.apply(entry);
    await this.journal.append(entry);
    if (this.journal.lines > 2 * this.byId.size + 1000) await this.journal.compact(() => [...this.byId.values()].map((result): Entry => ({ type: 'add', result })));
    this.onChange(this.byId.size);
  }
}

/** What a picture says of itself; nothing when it can't be read, which is told when it is shown. */
async function pictureFacts(path: string): Promise<Partial<Result>> {
  try {
    const { width, height, picture } = await readImageMetadata(path);
    return { width, height, ...(picture?.prompt === undefined ? {} : { prompt: picture.prompt }), ...(picture?.seed === undefined ? {} : { seed: picture.seed }) };
  } catch {
    return {};
  }
}
