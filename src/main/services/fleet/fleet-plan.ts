import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { deflateRaw, inflateRaw } from 'node:zlib';
import { z } from 'zod';
import { needsSchema } from '../../../contract/batch-file.ts';
import type { BatchPlan, PlannedGraph, PlannedRow } from '../../../contract/batch-plan.ts';
import { runError } from '../../../contract/errors.ts';
import { graphFileSchema } from '../../../contract/graph-file.ts';
import { contentName } from './names.ts';
import type { Store } from './store.ts';

/**
 * Rows per page of a plan. With many workers each reads a page for about one row of it, so pages must be small (some 10 KB);
 * but each is a file, and its hash is in the head: a million rows make 8,000 of them, and a head of half a megabyte.
 */
export const PAGE_ROWS = 128;

/** Pages that a worker keeps: rows come in order, so that the next one is nearly always on the page of the last. */
const KEPT_PAGES = 4;

const MAX_PAGE_BYTES = 64 * 1024 * 1024;

const deflate = promisify(deflateRaw);
const inflate = promisify(inflateRaw);

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const paramValue = z.union([z.number(), z.boolean(), z.string(), z.array(z.string()), z.array(z.number())]);

const rowSchema = z.object({
  index: z.int().min(0),
  id: hash,
  labels: z.record(z.string(), z.string()),
  graph: z.int().min(0),
  set: z.record(z.string().regex(/^[^.]+\.[^.]+$/), paramValue),
  output: z.string().min(1),
  needs: needsSchema.optional(),
});

const fileSchema = z.object({
  /** Place in `graphs`. */
  graph: z.int().min(0),
  /** As the graph names it. */
  value: z.string(),
  /** Fingerprint of the file's or folder's contents; of a file its SHA-256. */
  contents: hash,
  kind: z.enum(['file', 'folder']),
  /** Bytes of all that counts in the fingerprint. */
  bytes: z.int().min(0),
  /** Its own name, kept where it is fetched. */
  name: z.string().regex(/^[^/\\\0]{1,255}$/),
});
/** A file or folder that rows read, by what is in it: every machine has it elsewhere. */
export type FleetFile = z.infer<typeof fileSchema>;

const headSchema = z.object({
  format: z.literal('engram-fleet-plan'),
  version: z.literal(1),
  /** Version of the program that planned: the keys of rows hold for it. */
  program: z.string(),
  batchKey: hash,
  name: z.string(),
  width: z.int().min(1),
  needs: needsSchema,
  graphs: z.array(z.object({
    name: z.string(),
    graph: graphFileSchema,
    writers: z.array(z.object({ node: z.string(), param: z.string(), suffix: z.string() })),
    shape: z.string(),
  })),
  files: z.array(fileSchema),
  rows: z.int().min(0),
  /** SHA-256 of each page of rows, in order. */
  pages: z.array(hash),
});

/** What a fleet knows of a plan besides its rows. No path of the machine that planned is in it. */
export interface FleetPlanHead extends Omit<z.infer<typeof headSchema>, 'graphs' | 'needs'> {
  readonly needs: BatchPlan['needs'];
  readonly graphs: readonly PlannedGraph[];
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Puts content into the store under its SHA-256, unless it is there. @returns the SHA-256. */
export async function putContent(store: Store, bytes: Uint8Array): Promise<string> {
  const digest = sha256(bytes);
  if (!(await store.has(contentName(digest)))) await store.put(contentName(digest), bytes);
  return digest;
}

/** Content by its SHA-256, checked; undefined when the store hasn't got it. @throws AppError `store.damaged`. */
export async function getContent(store: Store, digest: string): Promise<Uint8Array | undefined> {
  const bytes = await store.get(contentName(digest));
  if (bytes !== undefined && sha256(bytes) !== digest) {
    throw runError('store.damaged', `Store ${store.location}`, `"${contentName(digest)}" must have the SHA-256 of its name`, { got: sha256(bytes), hint: 'Remove that file and submit the batch again' });
  }
  return bytes;
}

/**
 * Puts a plan into the store: pages of rows and the head, each under its hash, so that equal plans are kept once.
 * @returns the hash of the head, by which workers find everything else.
 */
export async function writeFleetPlan(store: Store, plan: BatchPlan, files: readonly FleetFile[], program: string): Promise<string> {
  const pages: string[] = [];
  for (let at = 0; at < plan.rows.length; at += PAGE_ROWS) {
    pages.push(await putContent(store, await deflate(Buffer.from(JSON.stringify(plan.rows.slice(at, at + PAGE_ROWS))))));
  }
  const graphs = plan.graphs.map(({ folder: _folder, ...graph }) => graph);
  const { batchKey, name, width, needs } = plan;
  const head = { format: 'engram-fleet-plan', version: 1, program, batchKey, name, width, needs, graphs, files, rows: plan.rows.length, pages };
  return putContent(store, Buffer.from(JSON.stringify(head)));
}

/** Reads one plan from the store, page by page. */
export class FleetPlanReader {
  private readonly pages = new Map<number, Promise<readonly unknown[]>>();

  private constructor(private readonly store: Store, readonly head: FleetPlanHead) {}

  /** Opens a plan by the hash of its head. @throws AppError `fleet.plan-missing`, `fleet.plan-invalid`, `store.*`. */
  static async open(store: Store, plan: string): Promise<FleetPlanReader> {
    const head = headSchema.safeParse(parseJson(await needContent(store, plan)));
    if (!head.success) throw invalid(store, head.error.message);
    const graphs = head.data.graphs.map((graph) => ({ ...graph, folder: '' }));
    return new FleetPlanReader(store, { ...head.data, graphs, needs: head.data.needs });
  }

  /** Rows by their places in the plan. */
  async rows(places: readonly number[]): Promise<PlannedRow[]> {
    const rows: PlannedRow[] = [];
    for (const place of places) {
      // Only the row that is wanted is checked: its neighbours are other workers' business.
      const row = rowSchema.safeParse((await this.page(Math.floor(place / PAGE_ROWS)))[place % PAGE_ROWS]);
      if (!row.success) throw invalid(this.store, `row ${place}: ${row.error.message}`);
      rows.push(row.data);
    }
    return rows;
  }

  private page(index: number): Promise<readonly unknown[]> {
    const known = this.pages.get(index);
    if (known !== undefined) return known;
    const page = this.readPage(index).catch((error: unknown) => {
      this.pages.delete(index);
      throw error;
    });
    this.pages.set(index, page);
    for (const oldest of [...this.pages.keys()].slice(0, -KEPT_PAGES)) this.pages.delete(oldest);
    return page;
  }

  private async readPage(index: number): Promise<readonly unknown[]> {
    const digest = this.head.pages[index];
    if (digest === undefined) throw invalid(this.store, `there is no page ${index}`);
    const text = await inflate(await needContent(this.store, digest), { maxOutputLength: MAX_PAGE_BYTES });
    const page = z.array(rowSchema).safeParse(parseJson(text));
    if (!page.success) throw invalid(this.store, page.error.message);
    return page.data;
  }
}

function invalid(store: Store, got: string): Error {
  return runError('fleet.plan-invalid', `Store ${store.location}`, 'plan of a batch must be of this version of the program', { got: got.slice(0, 500), hint: 'Use one version of Engram Studio on all machines of a fleet' });
}

async function needContent(store: Store, digest: string): Promise<Uint8Array> {
  const bytes = await getContent(store, digest);
  if (bytes !== undefined) return bytes;
  throw runError('fleet.plan-missing', `Store ${store.location}`, 'must hold the plan of the batch', { got: digest, hint: 'Do all machines name the same store? If so, submit the batch again' });
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8')) as unknown;
  } catch {
    return undefined; // the schema says what was expected
  }
}
