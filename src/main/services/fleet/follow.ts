import { QueueEvents } from 'bullmq';
import type { Redis } from 'ioredis';
import type { RowOutput } from '../../../contract/batch-events.ts';
import type { PlannedRow } from '../../../contract/batch-plan.ts';
import { runError, toErrorData, type ErrorData } from '../../../contract/errors.ts';
import { isDiskFull, writeResultAtomic } from '../atomic-write.ts';
import type { RowOutcome } from '../batch/run-row.ts';
import { resolveWrite } from '../path-scope.ts';
import { Board } from './board.ts';
import { wasCancelled } from './control.ts';
import { forgetDone, outputFile, readDone, type DoneRecord } from './done-records.ts';
import { parseFailure } from './failures.ts';
import { KEY_PREFIX, queueName } from './names.ts';
import { readOutput } from './outputs.ts';
import { depthOf, setAsideJobs, withQueue } from './queues.ts';
import { isStoreError, type Store } from './store.ts';
import { addMissing, type FleetJob, type Submission, type SubmitOptions } from './submit.ts';

/** Events of the queue tell what has happened at once; what they miss (Redis was away, too many at a time) is found by looking this often. */
const LOOK_EVERY_MS = 5000;

export interface FollowOptions {
  readonly redis: Redis;
  readonly store: Store;
  readonly plan: SubmitOptions['plan'];
  readonly submission: Submission;
  /** Puts the batch on the board again and adds what is missing, after Redis has lost it. */
  readonly submitAgain: () => Promise<unknown>;
  readonly outputFolder: string;
  /** Told of what doesn't stop anything: Redis or the store are away, the fleet has lost the batch. */
  readonly onTrouble: (error: ErrorData) => void;
}

interface Waiter {
  readonly row: PlannedRow;
  readonly end: (outcome: RowOutcome) => void;
  /** One look at a time. */
  looking: Promise<void> | undefined;
}

/** Waits for rows that a fleet renders, and brings their outputs here. The queue only tells when to look: what is done is what has a record in the store. */
export class FleetFollower {
  private readonly waiters = new Map<string, Waiter>();
  private readonly jobs: ReadonlyMap<string, FleetJob>;
  private readonly jobOfRow = new Map<string, string>();
  private readonly failed = new Map<string, ErrorData>();
  private readonly events: QueueEvents[] = [];
  private timer: NodeJS.Timeout | undefined;
  private looking = false;

  constructor(private readonly options: FollowOptions) {
    const { plan, submission } = options;
    this.jobs = new Map(submission.jobs.map((job) => [job.id, job]));
    for (const job of submission.jobs) for (const place of job.rows) this.jobOfRow.set((plan.rows[place] as PlannedRow).id, job.id);
  }

  /** Begins to listen. */
  async open(): Promise<void> {
    const { redis, submission } = this.options;
    for (const need of new Set(submission.jobs.map((job) => job.need))) {
      const events = new QueueEvents(queueName(submission.id, need), { connection: redis, prefix: KEY_PREFIX, skipVersionCheck: true });
      events.on('error', () => undefined); // the connection's own listener tells
      events.on('completed', ({ jobId }) => this.lookAtJob(jobId));
      events.on('failed', ({ jobId, failedReason }) => this.jobFailed(jobId, failedReason));
      this.events.push(events);
    }
    await this.readFailed();
    this.timer = setInterval(() => void this.look(), LOOK_EVERY_MS);
  }

  /** Settles when a row has ended: its outputs are below the output folder then, or it says why not. */
  async row(row: PlannedRow, signal: AbortSignal): Promise<RowOutcome> {
    if (signal.aborted) return { kind: 'cancelled' };
    return new Promise((resolve) => {
      const end = (outcome: RowOutcome): void => {
        this.waiters.delete(row.id);
        signal.removeEventListener('abort', stop);
        resolve(outcome);
      };
      const stop = (): void => end({ kind: 'cancelled' });
      signal.addEventListener('abort', stop, { once: true });
      const waiter: Waiter = { row, end, looking: undefined };
      this.waiters.set(row.id, waiter);
      const error = this.failed.get(this.jobOfRow.get(row.id) ?? '');
      if (error !== undefined) end({ kind: 'failed', error, final: true });
      else void this.lookAtRow(waiter);
    });
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    await Promise.all(this.events.map((events) => events.close().catch(() => undefined)));
  }

  private lookAtJob(id: string): void {
    for (const place of this.jobs.get(id)?.rows ?? []) {
      const waiter = this.waiters.get((this.options.plan.rows[place] as PlannedRow).id);
      if (waiter !== undefined) void this.lookAtRow(waiter);
    }
  }

  /** Ends a row's wait when there is a record of it. Without one nothing happens. */
  private lookAtRow(waiter: Waiter): Promise<void> {
    waiter.looking ??= this.lookOnce(waiter).finally(() => { waiter.looking = undefined; });
    return waiter.looking;
  }

  private async lookOnce(waiter: Waiter): Promise<void> {
    try {
      const record = await readDone(this.options.store, waiter.row.id);
      const outputs = record === undefined ? undefined : await this.bring(waiter.row, record);
      if (record !== undefined && outputs !== undefined) waiter.end({ kind: 'done', result: { outputs, device: record.device, how: record.how } });
    } catch (thrown) {
      const error = toErrorData(thrown, waiter.row.output, 'run');
      if (isDiskFull(error)) waiter.end({ kind: 'stop', error });
      else if (isStoreError(error.code)) this.options.onTrouble(error); // the next look may find it well again
      else waiter.end({ kind: 'failed', error, final: true });
    }
  }

  /** Copies a row's outputs from the store. @returns undefined when some are gone: then the row is rendered again. */
  private async bring(row: PlannedRow, record: DoneRecord): Promise<RowOutput[] | undefined> {
    const { store, outputFolder } = this.options;
    const outputs: RowOutput[] = [];
    for (const { stored, ...output } of record.outputs) {
      const bytes = await readOutput(store, { ...output, stored });
      if (bytes === undefined) {
        await forgetDone(store, row.id);
        await addMissing(this.options, this.options.submission);
        return undefined;
      }
      const file = outputFile(record, { ...output, stored }, row);
      await writeResultAtomic(await resolveWrite(outputFolder, file, row.output), bytes);
      outputs.push({ ...output, file });
    }
    return outputs;
  }

  private jobFailed(id: string, reason: string): void {
    const failure = parseFailure(reason);
    for (const place of this.jobs.get(id)?.rows ?? []) {
      const row = this.options.plan.rows[place] as PlannedRow;
      const error = failure.errors.find((each) => each.row === row.index)?.error ?? failure.errors[0]?.error;
      // The other rows of the job may be done.
      const waiter = this.waiters.get(row.id);
      if (waiter !== undefined) void this.endUnlessDone(waiter, error ?? unknownError(row, reason));
    }
    const [first] = failure.errors;
    if (this.jobs.has(id) && first !== undefined) this.failed.set(id, first.error);
  }

  /** A look that was under way may have begun before the record was there: it takes another one after it. */
  private async endUnlessDone(waiter: Waiter, error: ErrorData): Promise<void> {
    await waiter.looking;
    await this.lookAtRow(waiter);
    if (this.waiters.get(waiter.row.id) === waiter) waiter.end({ kind: 'failed', error, final: true });
  }

  private async readFailed(): Promise<void> {
    const { redis, submission } = this.options;
    for (const need of new Set(submission.jobs.map((job) => job.need))) {
      await withQueue(redis, submission.id, need, async (queue) => {
        for await (const job of setAsideJobs(queue)) this.jobFailed(job.id as string, job.failedReason);
      });
    }
  }

  /** Looks at everything that is waited for; when the queue has nothing of it any more, adds it again. */
  private async look(): Promise<void> {
    if (this.looking || this.waiters.size === 0) return;
    this.looking = true;
    try {
      for (const waiter of [...this.waiters.values()]) await this.lookAtRow(waiter);
      await this.readFailed();
      if (this.waiters.size > 0) await this.restore();
    } catch (thrown) {
      this.options.onTrouble(toErrorData(thrown));
    } finally {
      this.looking = false;
    }
  }

  private async restore(): Promise<void> {
    const { redis, submission, submitAgain, onTrouble } = this.options;
    const onBoard = (await new Board(redis).batches()).some(({ id }) => id === submission.id);
    if (!onBoard && (await wasCancelled(redis, submission.id))) {
      const error = runError('fleet.cancelled', 'Batch', 'was taken out of the fleet', { hint: 'The same command submits what is missing again' }).data;
      for (const waiter of [...this.waiters.values()]) waiter.end({ kind: 'stop', error });
      return;
    }
    let left = 0;
    for (const need of new Set(submission.jobs.map((job) => job.need))) {
      const { waiting, active } = await withQueue(redis, submission.id, need, depthOf);
      left += waiting + active;
    }
    if (onBoard && left > 0) return;
    // Between a job's end and this look its rows may have been recorded: only what still has no record is added.
    for (const waiter of [...this.waiters.values()]) await this.lookAtRow(waiter);
    if (this.waiters.size === 0) return;
    onTrouble(runError('fleet.lost-jobs', 'Redis', 'must keep what it is told', { got: `${this.waiters.size} rows are neither done nor in the queue`, hint: 'They are added again. Is appendonly on?' }).data);
    await submitAgain();
  }
}

function unknownError(row: PlannedRow, reason: string): ErrorData {
  return runError('fleet.row-failed', row.output, 'must be rendered', { got: reason.slice(0, 300) }).data;
}
