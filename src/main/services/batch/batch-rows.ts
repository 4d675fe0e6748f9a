import { rowResultSchema, type BatchCounts, type BatchEvent, type BatchStatus, type RowResult } from '../../../contract/batch-events.ts';
import type { BatchPlan, PlannedGraph, PlannedRow } from '../../../contract/batch-plan.ts';
import { runError, toErrorData, type ErrorData } from '../../../contract/errors.ts';
import type { NodeRunner } from '../../runtime/node-runner.ts';
import { RowBatcher, type RowRunner } from '../../runtime/row-batcher.ts';
import type { DurableQueue, TakenJob } from '../queue/durable-queue.ts';
import type { Job } from '../queue/queue-entries.ts';
import { applyRequest, RequestSpool } from '../queue/requests.ts';
import type { BatchFolder } from './batch-folder.ts';
import type { DiskRoom } from './disk-room.ts';
import type { BatchHistory } from './history.ts';
import { countsOf } from './row-records.ts';
import type { BatchSurroundings, RowOutcome, RunRow } from './run-row.ts';
import { TimeLeft } from './time-left.ts';

export interface BatchRowsOptions {
  readonly folder: BatchFolder;
  readonly plan: BatchPlan;
  /** By id. */
  readonly rows: ReadonlyMap<string, PlannedRow>;
  readonly queue: DurableQueue;
  readonly room: DiskRoom;
  /** Where measured times go. */
  readonly history?: BatchHistory;
  readonly runner: NodeRunner;
  /** Runs one row. */
  readonly runRow: RunRow;
  readonly surroundings: BatchSurroundings;
  /** Rows under way at a time. */
  readonly rowsAtOnce: number;
  readonly signal: AbortSignal;
  /** Aborted when the lock has been taken by another process. */
  readonly lost: AbortSignal;
  readonly onEvent: (event: BatchEvent) => void;
  /** Called when nothing runs any more because of a pause. */
  readonly onPause: () => Promise<void>;
}

/** How long a request of another process waits at most. */
const POLL_MS = 400;

/** Rows in a row that went back because the engine died under them all, with none finished between, after which the batch stops. */
const ENGINE_DEATHS = 10;

interface Flight {
  readonly job: TakenJob;
  readonly row: PlannedRow;
  readonly runner: RowRunner;
  readonly controller: AbortController;
}

/** Takes rows from the queue and runs them, several at a time, until none is left or something stops it. */
export class BatchRows {
  private readonly batcher: RowBatcher;
  private readonly flights = new Set<Promise<void>>();
  private readonly controllers = new Set<AbortController>();
  private readonly time = new TimeLeft();
  private readonly spool: RequestSpool;
  /** Why no row is begun any more. */
  private stopped: ErrorData | undefined;
  private deaths = 0;
  private pauseTold = false;
  private wake: () => void = () => undefined;

  constructor(private readonly options: BatchRowsOptions) {
    this.batcher = new RowBatcher(options.runner);
    this.spool = new RequestSpool(options.folder.requests, options.surroundings.fileSystem);
  }

  counts(): BatchCounts {
    return countsOf(this.options.queue.counts);
  }

  /** Runs rows until all have had their turn, or something stops the batch. Never rejects for what a row does. */
  async run(): Promise<{ readonly status: BatchStatus; readonly error?: ErrorData }> {
    const { queue, signal, lost, room } = this.options;
    for (const job of queue.jobs()) if (job.state === 'done') room.add(bytesOf(job.result));
    await this.spool.open();
    const stop = (): void => {
      for (const controller of this.controllers) controller.abort();
      this.wake();
    };
    signal.addEventListener('abort', stop);
    lost.addEventListener('abort', stop);
    const unsubscribe = queue.onChange(() => this.wake());
    try {
      await this.checkRoom();
      await this.loop();
    } finally {
      unsubscribe();
      signal.removeEventListener('abort', stop);
      lost.removeEventListener('abort', stop);
    }
    if (lost.aborted) return { status: 'paused', error: runError('queue.lock-lost', this.options.folder.outputs, 'was taken over by another process while this one slept').data };
    const error = this.stopped ?? queue.failed?.data;
    if (signal.aborted) return { status: 'cancelled' };
    if (error !== undefined) return { status: 'paused', error };
    return { status: queue.counts.failed > 0 ? 'failed' : 'done' };
  }

  private get ending(): boolean {
    const { signal, lost, queue } = this.options;
    return signal.aborted || lost.aborted || this.stopped !== undefined || queue.failed !== undefined;
  }

  private async loop(): Promise<void> {
    const { queue, onEvent } = this.options;
    for (;;) {
      const woken = new Promise<void>((resolve) => { this.wake = resolve; });
      await this.spool.serve((request) => applyRequest(queue, request));
      if (!this.ending) this.fill();
      if (this.flights.size === 0) {
        if (this.ending) break;
        if (queue.paused !== undefined) await this.tellPause(queue.paused);
        else if (queue.counts.waiting === 0) break;
      }
      if (this.pauseTold && queue.paused === undefined) {
        this.pauseTold = false;
        onEvent({ type: 'batch-resumed' });
      }
      await withinPoll(woken);
    }
    if (this.stopped !== undefined) onEvent({ type: 'batch-paused', reason: 'stopped by itself', error: this.stopped });
  }

  private async tellPause(reason: string): Promise<void> {
    if (this.pauseTold) return;
    this.pauseTold = true;
    this.time.pause();
    await this.options.onPause();
    this.options.onEvent({ type: 'batch-paused', reason });
  }

  /** Begins as many rows as may be under way. All are opened before any goes on, so that they can share runs of the model. */
  private fill(): void {
    const { queue, room, rows, rowsAtOnce } = this.options;
    const begun: Flight[] = [];
    while (!this.ending && this.controllers.size < Math.min(rowsAtOnce, room.rowsThatFit)) {
      const job = queue.take();
      if (job === undefined) break;
      const controller = new AbortController();
      this.controllers.add(controller);
      begun.push({ job, controller, row: rows.get(job.job.id) as PlannedRow, runner: this.batcher.openRow() });
    }
    if (begun.length > 0) this.time.start();
    for (const flight of begun) {
      const flown = this.fly(flight).catch((thrown: unknown) => { this.stopped ??= toErrorData(thrown); }).finally(() => {
        this.flights.delete(flown);
        this.wake();
      });
      this.flights.add(flown);
    }
  }

  private async fly(flight: Flight): Promise<void> {
    const { row, job, controller, runner } = flight;
    const { onEvent, surroundings, queue } = this.options;
    const abort = (): void => { controller.abort(); };
    job.signal.addEventListener('abort', abort, { once: true });
    onEvent({ type: 'row-start', row: row.index, output: row.output, labels: row.labels });
    const started = performance.now();
    const outcome = await this.options.runRow(row, runner, surroundings, controller.signal, (event) => onEvent({ type: 'row-progress', row: row.index, event }));
    const ms = performance.now() - started;
    job.signal.removeEventListener('abort', abort);
    this.measure(row, outcome);
    await this.checkRoom();
    // In one go: what it came to is on its way to the disk, the next row is open before this one is closed, so that those who wait don't leave without it.
    const kept = this.keep(flight, outcome, ms);
    const after = { ...queue.get(row.id) };
    this.controllers.delete(controller);
    if (!this.ending) this.fill();
    await Promise.all([kept, runner.dispose()]);
    this.tell(row, outcome, ms, after);
  }

  /** Writes down what a row came to. */
  private async keep({ row }: Flight, outcome: RowOutcome, ms: number): Promise<void> {
    const { queue } = this.options;
    switch (outcome.kind) {
      case 'done': return queue.finish(row.id, ms, compact(outcome.result));
      case 'failed': await queue.fail(row.id, ms, outcome.error, outcome.final); return;
      case 'back': return queue.putBack(row.id, outcome.interrupted);
      case 'stop': this.stopped ??= outcome.error; return queue.putBack(row.id);
      case 'cancelled': return queue.putBack(row.id);
    }
  }

  /** @param job What it was after this run: it may be running again by now. */
  private tell(row: PlannedRow, outcome: RowOutcome, ms: number, job: Partial<Job>): void {
    const { onEvent, queue } = this.options;
    const { index, output } = row;
    if (outcome.kind === 'done') onEvent({ type: 'row-done', row: index, output, result: outcome.result, seconds: ms / 1000 });
    if (outcome.kind === 'failed') onEvent({ type: 'row-failed', row: index, output, error: outcome.error, attempts: job.attempts ?? 0, final: job.state === 'failed' });
    if (outcome.kind === 'back' || outcome.kind === 'stop') onEvent({ type: 'row-back', row: index, output, because: outcome.error });
    const [secondsLeft, secondsPerRow] = [this.time.left(queue.counts.waiting + queue.counts.running), this.time.perRow()];
    onEvent({ type: 'batch-progress', counts: this.counts(), ...(secondsLeft === undefined || secondsPerRow === undefined ? {} : { secondsLeft, secondsPerRow }) });
  }

  /** Time, room on the disk, and whether the engine keeps dying. */
  private measure(row: PlannedRow, outcome: RowOutcome): void {
    const { room, plan, history } = this.options;
    const seconds = this.time.rowEnded(outcome.kind === 'done' && outcome.result.how === 'rendered');
    if (outcome.kind === 'done' || outcome.kind === 'failed') this.deaths = 0;
    if (outcome.kind === 'back') {
      this.deaths += 1;
      if (this.deaths >= ENGINE_DEATHS) this.stopped ??= { ...outcome.error, hint: outcome.error.hint ?? 'Nothing is lost: see `engram doctor`, then run the same command again' };
    }
    if (outcome.kind !== 'done') return;
    const bytes = bytesOf(outcome.result);
    room.add(bytes);
    if (seconds === undefined) return;
    const { shape } = plan.graphs[row.graph] as PlannedGraph;
    history?.record({ shape, device: outcome.result.device ?? '', seconds, bytes });
  }

  private async checkRoom(): Promise<void> {
    const { queue, room } = this.options;
    if (queue.counts.waiting === 0) return; // what is under way has begun already
    try {
      // Those under way, besides the one that has just ended.
      const error = await room.check(Math.max(0, this.controllers.size - 1));
      this.stopped ??= error?.data;
    } catch (thrown) {
      this.stopped ??= toErrorData(thrown, this.options.folder.outputs, 'run');
    }
  }
}

/** Waits for a promise, but not longer than requests may wait. */
function withinPoll(woken: Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, POLL_MS);
    void woken.then(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** Device keys that results name: a few texts for all rows. */
const devices = new Map<string, string>();

/** A result as it is kept in memory until the batch ends: hashes that were put together piece by piece take many times their length otherwise. */
function compact(result: RowResult): RowResult {
  const flat = JSON.parse(JSON.stringify(result)) as RowResult;
  if (flat.device === null) return flat;
  const device = devices.get(flat.device) ?? flat.device;
  devices.set(device, device);
  return { ...flat, device };
}

/** Bytes of all outputs of a result, as far as it is one. */
function bytesOf(result: unknown): number {
  return (rowResultSchema.safeParse(result).data?.outputs ?? []).reduce((sum, { bytes }) => sum + bytes, 0);
}
