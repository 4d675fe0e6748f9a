import { readFile } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { PlannedRow } from '../../../contract/batch-plan.ts';
import type { DeviceId } from '../../../contract/devices.ts';
import { AppError, cancelledError, describeError, runError, toErrorData, type ErrorData } from '../../../contract/errors.ts';
import { isDiskFull } from '../atomic-write.ts';
import { Board, listenToBoard, type BoardBatch } from './board.ts';
import { readDone, writeDone } from './done-records.ts';
import type { JobFailure } from './failures.ts';
import { JobFinder, type FoundJob } from './job-finder.ts';
import { JobSource } from './job-source.ts';
import type { JobProgress } from './lease.ts';
import { jobId } from './names.ts';
import { storeOutput } from './outputs.ts';
import type { RowOutcome, RowRenderer } from './rows.ts';
import { isStoreError, type Store } from './store.ts';
import { HEARTBEAT_MS, WorkerRoll, type WorkerState } from './worker-roll.ts';
import { Nap, RowSpeed, unlessStopped } from './worker-timing.ts';

/** How long a worker with nothing to do waits before it looks again; a new batch wakes it. */
const IDLE_MS = 1000;
/** After a failure, and after trouble with the machine or the store, a worker waits: doubled each time, so that other workers take over what this one may be bad at. */
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 30_000;
/** Progress within a row is told at most this often, and not for rows that are shorter: each time costs Redis two writes. */
const PROGRESS_EVERY_MS = 2000;
/** Time to say goodbye to a Redis that may be away. */
const FAREWELL_MS = 2000;

export interface FleetWorkerOptions {
  readonly redis: Redis;
  readonly store: Store;
  readonly renderer: RowRenderer;
  /** What people call it. */
  readonly name: string;
  readonly device: DeviceId;
  readonly deviceKey: string;
  readonly memoryBytes: number;
  readonly program: string;
  /** How long a row stays with a worker that says nothing: after a kill, others take it within two of these. */
  readonly leaseMs: number;
  /** How long the row at hand may go on when the worker is asked to end; then it is given back. */
  readonly graceMs: number;
  /** Ends when nothing is left to do, instead of waiting for more. */
  readonly once: boolean;
  readonly onEvent: (event: WorkerEvent) => void;
}

/** What a worker tells whoever started it. */
export type WorkerEvent =
  | { readonly type: 'row-start'; readonly batch: string; readonly row: number; readonly output: string; readonly failures: number }
  | { readonly type: 'row-done'; readonly batch: string; readonly row: number; readonly output: string; readonly seconds: number; /** Somebody else had finished it before. */ readonly late: boolean }
  | { readonly type: 'row-failed'; readonly batch: string; readonly row: number; readonly output: string; readonly error: ErrorData; readonly failures: number }
  | { readonly type: 'job-back'; readonly batch: string; readonly reason: string }
  | { readonly type: 'cannot'; readonly batch: string; readonly reason: string }
  | { readonly type: 'waiting'; readonly error: ErrorData; readonly seconds: number };

/** What a job came to. */
type JobEnd = 'done' | 'failed' | 'back' | 'trouble';

/** Trouble with the machine or the store: no fault of the row. */
function isTrouble(error: ErrorData): boolean {
  return isStoreError(error.code) || isDiskFull(error);
}

/** One machine of a fleet: takes a job, runs its rows, puts the outputs into the store and records them, and takes the next. */
export class FleetWorker {
  private readonly id = randomUUID();
  private readonly board: Board;
  private readonly roll: WorkerRoll;
  private readonly source: JobSource;
  private readonly finder: JobFinder;
  private readonly nap = new Nap();
  private readonly speed = new RowSpeed();
  private readonly startedAt = Date.now();
  /** Aborted when the row at hand must stop because the worker ends. */
  private readonly stopNow = new AbortController();
  private current: { readonly job: FoundJob; readonly since: number; readonly cancel: AbortController; progress: JobProgress } | undefined;
  private trouble: ErrorData | undefined;
  private rowsDone = 0;
  private rowsFailed = 0;
  private stopping = false;
  private beating: Promise<void> | undefined;

  constructor(private readonly options: FleetWorkerOptions) {
    const { redis, store, renderer, name, device, memoryBytes, leaseMs, onEvent } = options;
    this.board = new Board(redis);
    this.roll = new WorkerRoll(redis);
    this.source = new JobSource({ redis, workerName: name, leaseMs, onError: () => undefined });
    this.finder = new JobFinder({
      board: this.board, source: this.source, store, renderer, device, memoryBytes,
      onCannot: (batch, reason) => onEvent({ type: 'cannot', batch: batch.name, reason }),
    });
  }

  /** Works until the signal is aborted, or with `once` until nothing is left. Then the row at hand is finished, or given back when it takes too long. */
  async run(signal: AbortSignal): Promise<void> {
    const endListening = await listenToBoard(this.options.redis, () => this.boardChanged());
    const beat = setInterval(() => void this.beat(), HEARTBEAT_MS);
    const stop = (): void => this.beginToStop();
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    try {
      await this.roll.heartbeat(this.state());
      await this.work(signal);
    } finally {
      clearInterval(beat);
      signal.removeEventListener('abort', stop);
      endListening();
      await unlessStopped(this.sayGoodbye(), AbortSignal.timeout(FAREWELL_MS)).catch(() => undefined);
    }
  }

  private async work(signal: AbortSignal): Promise<void> {
    let wait = 0;
    while (!signal.aborted) {
      let end: JobEnd | 'none';
      try {
        const job = await unlessStopped(this.finder.next(), signal);
        if (job === undefined && !signal.aborted && this.options.once && this.finder.allDrained) return;
        end = job === undefined ? 'none' : await this.runJob(job);
      } catch (thrown) {
        this.trouble = toErrorData(thrown);
        end = 'trouble';
      }
      if (end === 'done') wait = 0;
      if (end === 'failed' || end === 'trouble') wait = Math.min(LONGEST_WAIT_MS, wait === 0 ? FIRST_WAIT_MS : wait * 2);
      if (end === 'trouble') this.options.onEvent({ type: 'waiting', error: this.trouble as ErrorData, seconds: wait / 1000 });
      if (end === 'none') await this.nap.sleep(IDLE_MS, signal);
      else if (end !== 'done' && end !== 'back') await new Nap().sleep(wait, signal);
      this.trouble = undefined;
    }
  }

  private beginToStop(): void {
    this.stopping = true;
    const timer = setTimeout(() => this.stopNow.abort(), this.options.graceMs);
    timer.unref();
    void this.beat();
  }

  private boardChanged(): void {
    this.finder.expire();
    this.nap.wake();
    void this.checkCurrent();
  }

  /** Stops the job at hand when its batch is off the board, or it was cancelled by itself. */
  private async checkCurrent(): Promise<void> {
    const { current } = this;
    if (current === undefined) return;
    const batch = await this.finder.look(current.job.batch.id);
    if (batch === undefined || (await this.board.isCancelled(batch, current.job.lease.id))) current.cancel.abort();
  }

  private async runJob(job: FoundJob): Promise<JobEnd> {
    const { lease, batch } = job;
    const { name } = this.options;
    const cancel = new AbortController();
    this.current = { job, since: Date.now(), cancel, progress: { done: 0, total: 1 } };
    const signal = AbortSignal.any([lease.signal, cancel.signal, this.stopNow.signal]);
    try {
      if (await this.board.isCancelled(batch, lease.id)) cancel.abort();
      const { errors, complete } = await this.runRows(job, signal);
      if (lease.signal.aborted) return this.tellBack(job, 'another worker has it now');
      if (!complete && cancel.signal.aborted) await lease.setAside({ worker: name, errors: [{ row: -1, error: cancelledError(`Batch "${batch.name}"`).data }] });
      else if (!complete) return await this.giveBack(job, 'the worker ends');
      else if (errors.length > 0) {
        await lease.fail({ worker: name, errors });
        return 'failed';
      } else await lease.complete();
      return 'done';
    } catch (thrown) {
      this.trouble = toErrorData(thrown);
      await this.giveBack(job, describeError(this.trouble));
      return 'trouble';
    } finally {
      lease.abandon();
      this.current = undefined;
    }
  }

  private tellBack({ batch }: FoundJob, reason: string): JobEnd {
    this.options.onEvent({ type: 'job-back', batch: batch.name, reason });
    return 'back';
  }

  private async giveBack(job: FoundJob, reason: string): Promise<JobEnd> {
    await job.lease.giveBack();
    return this.tellBack(job, reason);
  }

  /** The rows of a job, as the plan has them. @throws AppError `fleet.job-invalid`. */
  private async rowsOf({ lease, plan }: FoundJob): Promise<PlannedRow[]> {
    const rows = await plan.rows(lease.data?.rows ?? []);
    if (jobId(rows.map(({ id }) => id)) === lease.id) return rows;
    throw runError('fleet.job-invalid', `Job ${lease.id}`, 'must be about the rows that its plan has', { hint: 'Use one version of Engram Studio on all machines of a fleet, and submit the batch again' });
  }

  /** Runs what isn't done yet of a job. @returns the errors of rows that failed, and whether all came to an end. @throws when the trouble isn't theirs. */
  private async runRows(job: FoundJob, signal: AbortSignal): Promise<{ errors: JobFailure['errors']; complete: boolean }> {
    const { lease, batch, rows: prepared } = job;
    const rows = await this.rowsOf(job);
    const pending: PlannedRow[] = [];
    for (const row of rows) if ((await readDone(this.options.store, row.id)) === undefined) pending.push(row);
    this.noteProgress({ done: rows.length - pending.length, total: rows.length }, false);
    const errors: { row: number; error: ErrorData }[] = [];
    if (pending.length === 0 || signal.aborted) return { errors, complete: pending.length === 0 };
    const started = Date.now();
    const { onEvent } = this.options;
    for (const row of pending) onEvent({ type: 'row-start', batch: batch.name, row: row.index, output: row.output, failures: lease.failures });
    let toldAt = started;
    let ended = 0;
    await prepared.run(pending, {
      signal,
      onStep: (step, steps) => {
        if (Date.now() - toldAt < PROGRESS_EVERY_MS) return;
        toldAt = Date.now();
        this.noteProgress({ ...(this.current?.progress ?? { done: 0, total: rows.length }), step, steps }, true);
      },
      onRow: async (row, outcome) => {
        ended += 1;
        if ('error' in outcome) {
          if (isTrouble(outcome.error)) throw new AppError(outcome.error);
          errors.push({ row: row.index, error: outcome.error });
          this.rowsFailed += 1;
          onEvent({ type: 'row-failed', batch: batch.name, row: row.index, output: row.output, error: outcome.error, failures: lease.failures + 1 });
          return;
        }
        await this.keep(batch, row, outcome, started);
        const done = (this.current?.progress.done ?? 0) + 1;
        // The end of the job is told by its leaving the queue.
        this.noteProgress({ done, total: rows.length }, done < rows.length);
      },
    });
    return { errors, complete: ended === pending.length };
  }

  /** Outputs first, then the record that says they are there. */
  private async keep(batch: BoardBatch, row: PlannedRow, made: Extract<RowOutcome, { outputs: unknown }>, started: number): Promise<void> {
    const { store, name, program, onEvent } = this.options;
    const outputs = [];
    for (const { path, ...output } of made.outputs) outputs.push({ ...output, stored: await storeOutput(store, batch.id, output, new Uint8Array(await readFile(path))) });
    const seconds = (Date.now() - started) / 1000;
    const counts = await writeDone(store, {
      format: 'engram-done', version: 1, row: row.id, output: row.output, how: made.how, outputs, device: made.device, worker: name, program, seconds, finishedAt: new Date().toISOString(),
    });
    this.rowsDone += 1;
    this.speed.add(seconds);
    onEvent({ type: 'row-done', batch: batch.name, row: row.index, output: row.output, seconds, late: !counts });
  }

  /** Notes how far the job is, for the next heartbeat. @param tell Tell those who follow the queue as well. */
  private noteProgress(progress: JobProgress, tell: boolean): void {
    if (this.current === undefined) return;
    this.current.progress = progress;
    if (tell) void this.current.job.lease.progress(progress);
  }

  /** Says that this worker lives, and looks whether what it does is still wanted. One at a time. */
  private beat(): Promise<void> {
    this.beating ??= (async () => {
      await this.roll.heartbeat(this.state());
      await this.checkCurrent();
    })().catch(() => undefined) // Redis is away; the next heartbeat tells
      .finally(() => { this.beating = undefined; });
    return this.beating;
  }

  /** Closes what is open and leaves the roll, unless Redis is away. */
  private async sayGoodbye(): Promise<void> {
    await this.beating;
    await this.source.close();
    await this.roll.leave(this.id);
  }

  private state(): WorkerState {
    const { name, device, deviceKey, program, memoryBytes } = this.options;
    const { current, trouble } = this;
    const perHour = this.speed.perHour();
    return {
      id: this.id, name, device, deviceKey, program, memoryBytes, startedAt: this.startedAt, rowsDone: this.rowsDone, rowsFailed: this.rowsFailed, cannot: this.finder.cannot,
      state: this.stopping ? 'stopping' : trouble !== undefined ? 'waiting' : current === undefined ? 'idle' : 'busy',
      ...(trouble === undefined ? {} : { because: describeError(trouble) }),
      ...(current === undefined ? {} : { batch: current.job.batch.id, job: current.job.lease.id, since: current.since, progress: current.progress }),
      ...(perHour === undefined ? {} : { rowsPerHour: Math.round(perHour * 10) / 10 }),
    };
  }
}
