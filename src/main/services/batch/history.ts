import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { canonicalJson } from '../../runtime/content-key.ts';
import type { CheckedNode } from '../../runtime/validate.ts';
import { writeFileAtomic } from '../atomic-write.ts';
import { median } from '../median.ts';

/** Rows that are kept of one shape on one device: the last ones. */
const KEPT_ROWS = 64;
/** Shapes that are kept: those used last. */
const KEPT_SHAPES = 500;

const entrySchema = z.object({
  shape: z.string(),
  device: z.string(),
  /** Seconds and bytes of outputs of each row, oldest first. */
  rows: z.array(z.tuple([z.number().min(0), z.number().min(0)])).max(KEPT_ROWS),
});
const fileSchema = z.object({ version: z.literal(1), entries: z.array(entrySchema) });
type Entry = z.infer<typeof entrySchema>;

/** A row that was really rendered. */
export interface MeasuredRow {
  /** `shape` of its graph in the plan. */
  readonly shape: string;
  /** Device key that it was computed with. */
  readonly device: string;
  /** Time since the row before it ended: rows that share runs end together, and the time of all of them counts for the first. */
  readonly seconds: number;
  /** Bytes of its outputs. */
  readonly bytes: number;
}

/** What a row of a shape is expected to take. */
export interface RowEstimate {
  /** Mean: rows that share runs end together, so that single intervals say little and their sum is what a batch takes. */
  readonly seconds: number;
  /** Median. */
  readonly bytes: number;
  readonly rows: number;
  readonly device: string;
}

/** Adds rows to entries; the entry that was added to goes last, and what is beyond the limits goes. */
function withRows(entries: readonly Entry[], added: readonly MeasuredRow[]): Entry[] {
  const known = new Map(entries.map((entry) => [`${entry.shape}\0${entry.device}`, entry]));
  for (const { shape, device, seconds, bytes } of added) {
    const key = `${shape}\0${device}`;
    const rows = [...(known.get(key)?.rows ?? []), [seconds, bytes] as [number, number]].slice(-KEPT_ROWS);
    known.delete(key);
    known.set(key, { shape, device, rows });
  }
  return [...known.values()].slice(-KEPT_SHAPES);
}

async function readEntries(path: string): Promise<Entry[]> {
  const text = await readFile(path, 'utf8').catch(() => '');
  try {
    return fileSchema.safeParse(JSON.parse(text)).data?.entries ?? [];
  } catch {
    return []; // a damaged or missing history only means that nothing is known
  }
}

/**
 * How long rows took and how large their outputs were, by what takes time in a graph and by device: `batch-history.json` in the cache folder.
 * Losing it costs estimates only.
 */
export class BatchHistory {
  private unsaved: MeasuredRow[] = [];

  private constructor(private readonly path: string, private entries: Entry[]) {}

  static async open(cacheFolder: string): Promise<BatchHistory> {
    const path = join(cacheFolder, 'batch-history.json');
    return new BatchHistory(path, await readEntries(path));
  }

  /** Takes in a row that was rendered; rows from the cache tell nothing and must not be recorded. Kept by {@link save}. */
  record(row: MeasuredRow): void {
    if (!(row.seconds >= 0 && row.bytes >= 0)) return;
    this.entries = withRows(this.entries, [row]);
    this.unsaved.push(row);
  }

  /** Writes what was recorded, beside what other processes have written meanwhile. @throws AppError `files.write`. */
  async save(): Promise<void> {
    if (this.unsaved.length === 0) return;
    const rows = this.unsaved;
    this.unsaved = [];
    await writeFileAtomic(this.path, JSON.stringify({ version: 1, entries: withRows(await readEntries(this.path), rows) }));
  }

  /**
   * What a row of a shape takes.
   * @param device Where it will run; the device that was measured last when left out.
   * @returns undefined when no such row was ever measured.
   */
  estimate(shape: string, device?: string): RowEstimate | undefined {
    const entry = this.entries.findLast((candidate) => candidate.shape === shape && (device === undefined || candidate.device === device));
    if (entry === undefined || entry.rows.length === 0) return undefined;
    return { seconds: entry.rows.reduce((sum, [seconds]) => sum + seconds, 0) / entry.rows.length, bytes: median(entry.rows.map(([, bytes]) => bytes)), rows: entry.rows.length, device: entry.device };
  }
}

/**
 * How much a param says about time: numbers and choices do, and of what is read the contents, unless they differ between rows; of lists the length does.
 * Texts, seeds and names of outputs don't.
 */
function weighty(node: CheckedNode, name: string, keyed: unknown, differs: boolean): unknown {
  const schema = node.schema.params[name];
  const value = node.params[name];
  switch (schema?.kind) {
    case 'integer': case 'number': case 'boolean': case 'choice': return differs ? undefined : value;
    case 'text-list': case 'integer-list': return (value as readonly unknown[]).length;
    case 'path': return schema.access === 'read' && !differs ? keyed : undefined;
    default: return undefined;
  }
}

/**
 * Names what takes time in a graph: node types and versions, links, sizes, steps, models; 32 hex digits.
 * @param nodes Nodes that run, in order, each with its params as they stand in content keys.
 * @param varying `node.param` of what axes set: their values are no part of the shape.
 */
export function shapeOf(nodes: readonly { readonly node: CheckedNode; readonly keyed: Readonly<Record<string, unknown>> }[], varying: ReadonlySet<string>): string {
  const places = new Map(nodes.map(({ node }, place) => [node.id, place]));
  const shape = nodes.map(({ node, keyed }) => ({
    type: node.schema.type,
    version: node.schema.version,
    params: Object.fromEntries(Object.keys(node.schema.params).map((name) => [name, weighty(node, name, keyed[name], varying.has(`${node.id}.${name}`))])),
    inputs: Object.fromEntries(Object.entries(node.inputs).map(([name, links]) => [name, links.map((link) => `${places.get(link.node)}.${link.port}`)])),
  }));
  return createHash('sha256').update(canonicalJson(shape)).digest('hex').slice(0, 32);
}
