import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import type { BatchPlan, PlannedRow } from '../../src/contract/batch-plan.ts';
import { batchFileSchema, type BatchNeeds } from '../../src/contract/batch-file.ts';
import type { DeviceId } from '../../src/contract/devices.ts';
import { runError } from '../../src/contract/errors.ts';
import { batchKeyOf } from '../../src/main/services/batch/plan-batch.ts';
import { listDone } from '../../src/main/services/fleet/done-records.ts';
import type { PreparedRows, RowHooks, RowRenderer } from '../../src/main/services/fleet/rows.ts';
import type { Store } from '../../src/main/services/fleet/store.ts';
import { submitToFleet, type Submission, type SubmitOptions } from '../../src/main/services/fleet/submit.ts';
import { FleetWorker, type FleetWorkerOptions, type WorkerEvent } from '../../src/main/services/fleet/worker.ts';

export function sha256(text: string | Uint8Array): string {
  return createHash('sha256').update(text).digest('hex');
}

const EMPTY_GRAPH = { format: 'engram-graph' as const, version: 1, nodes: {} };

/** A plan whose rows are only keys and names: nothing is ever rendered for it. */
export function fakePlan(rows: number, { name = 'fake', needs = {} }: { name?: string; needs?: Readonly<Record<number, BatchNeeds['device']>> } = {}): BatchPlan {
  const planned = Array.from({ length: rows }, (_, index): PlannedRow => ({
    index, id: sha256(`${name} ${index}`), labels: {}, graph: 0, set: {}, output: `row/${index}`, ...(needs[index] === undefined ? {} : { needs: { device: needs[index] } }),
  }));
  return {
    format: 'engram-batch-plan', version: 1, batchKey: batchKeyOf(planned), name, folder: '/', batch: batchFileSchema.parse({ format: 'engram-batch', version: 1 }), width: 1, needs: { device: 'any' },
    axes: [], graphs: [{ name: 'g', folder: '/', graph: EMPTY_GRAPH, writers: [], shape: '' }], rows: planned, duplicates: [], shared: [],
    estimates: { seconds: undefined, bytes: undefined, measuredRows: 0, device: undefined }, notices: [],
  };
}

/** What a fake renderer does with a row the n-th time (from 1) that it is asked. */
export type FakeRow = (row: PlannedRow, time: number, hooks: RowHooks) => Promise<'done' | 'failed' | 'stopped'>;

/** Renders nothing: each row becomes a text file. */
export class FakeRenderer implements RowRenderer {
  private readonly times = new Map<number, number>();

  constructor(private readonly folder: string, private readonly behave: FakeRow = async () => 'done', private readonly text: (row: PlannedRow) => string = (row) => row.id) {}

  async prepare(): Promise<PreparedRows> {
    return { run: async (rows, hooks) => { await Promise.all(rows.map((row) => this.render(row, hooks))); } };
  }

  private async render(row: PlannedRow, hooks: RowHooks): Promise<void> {
    const time = (this.times.get(row.index) ?? 0) + 1;
    this.times.set(row.index, time);
    const end = await this.behave(row, time, hooks);
    if (end === 'stopped') return;
    if (end === 'failed') return hooks.onRow(row, { error: runError('fake.failed', `Row ${row.index}`, 'must not be asked to fail').data });
    const bytes = new TextEncoder().encode(this.text(row));
    const path = join(this.folder, `${row.index}-${time}`);
    await mkdir(this.folder, { recursive: true });
    await writeFile(path, bytes);
    await hooks.onRow(row, { device: 'fake', how: 'rendered', outputs: [{ node: 'save', kind: 'data', file: `${row.output}.txt`, path, bytes: bytes.length, sha256: sha256(bytes), key: sha256('key') }] });
  }
}

/** A row that takes some time, and stops when it is told to. */
export function slowly(milliseconds: number): FakeRow {
  return (_row, _time, { signal }) => new Promise((resolve) => {
    const timer = setTimeout(() => resolve('done'), milliseconds);
    const stop = (): void => { clearTimeout(timer); resolve('stopped'); };
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
  });
}

/** A worker of a test, running. */
export interface RunningWorker {
  readonly events: WorkerEvent[];
  /** Asks it to end, and waits. */
  stop(): Promise<void>;
  /** Cuts it off, as a kill of its process would: it tells nobody. */
  cut(): void;
  readonly ended: Promise<void>;
}

/** Starts a worker in this process. */
export function startWorker(redis: Redis, store: Store, renderer: RowRenderer, more: Partial<FleetWorkerOptions> & { device?: DeviceId } = {}): RunningWorker {
  const events: WorkerEvent[] = [];
  const controller = new AbortController();
  const worker = new FleetWorker({
    redis, store, renderer, name: 'worker', device: 'cpu', deviceKey: 'cpu fake', memoryBytes: 2 ** 33, program: 'test', leaseMs: 1000, graceMs: 100, once: false, onEvent: (event) => { events.push(event); }, ...more,
  });
  const ended = worker.run(controller.signal);
  return {
    events, ended,
    stop: async () => { controller.abort(); await ended; },
    cut: () => { redis.disconnect(); controller.abort(); },
  };
}

/** Gives a fake batch to a fleet. */
export function submit(redis: Redis, store: Store, plan: BatchPlan, more: Partial<SubmitOptions> = {}): Promise<Submission> {
  return submitToFleet({ redis, store, plan, program: 'test', catalogue: [], shareModels: false, filesOf: () => { throw new Error('a fake plan reads nothing'); }, ...more });
}

/** Waits until something holds. @throws Error when it doesn't in time. */
export async function eventually(holds: () => Promise<boolean> | boolean, milliseconds = 30_000): Promise<void> {
  for (const until = Date.now() + milliseconds; !(await holds());) {
    if (Date.now() > until) throw new Error(`did not come true within ${milliseconds} ms: ${holds.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 40));
  }
}

/** Indices of the rows of a plan that have a record. */
export async function doneRows(store: Store, plan: BatchPlan): Promise<number[]> {
  const done = await listDone(store);
  return plan.rows.filter(({ id }) => done.has(id)).map(({ index }) => index);
}
