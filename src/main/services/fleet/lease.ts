import { ErrorCode, UnrecoverableError, type Job } from 'bullmq';
import { z } from 'zod';
import { printFailure, type JobFailure } from './failures.ts';

/** What a job holds: places of rows in the plan. A few bytes; graphs and files lie in the store. */
export const jobDataSchema = z.object({
  /** Places in `plan.rows`. */
  rows: z.array(z.int().min(0)).min(1),
});
export type JobData = z.infer<typeof jobDataSchema>;

/** How far a job is, as others see it. */
export interface JobProgress {
  /** Rows done and in all. */
  readonly done: number;
  readonly total: number;
  /** Within the row: steps done and in all. */
  readonly step?: number;
  readonly steps?: number;
}

/** BullMQ's codes when a job isn't ours (any more): removed, lease run out, somewhere else, another worker's. */
const NOT_OURS: ReadonlySet<unknown> = new Set([ErrorCode.JobNotExist, ErrorCode.JobLockNotExist, ErrorCode.JobNotInState, ErrorCode.JobLockMismatch]);

/** The error that BullMQ keeps with the job. Stack traces of workers say nothing to a client, and would be stored with every failure. */
function storedError(failure: JobFailure, final: boolean): Error {
  const stored = new (final ? UnrecoverableError : Error)(printFailure(failure));
  stored.stack = '';
  return stored;
}

/** A job that this worker holds. The lease is renewed as long as the process lives; when another worker has got the job, `signal` is aborted. */
export class Lease {
  private readonly lost = new AbortController();
  private readonly timer: NodeJS.Timeout;
  private settled = false;
  private renewing = false;
  private telling = false;

  /**
   * @param token Proves that the job is ours.
   * @param leaseMs How long the job stays ours without being renewed.
   * @param holder Token of whoever has the job now; null when nobody has.
   */
  constructor(private readonly job: Job, private readonly token: string, private readonly leaseMs: number, private readonly holder: () => Promise<string | null>) {
    this.timer = setInterval(() => void this.renew(), leaseMs / 3);
  }

  get id(): string {
    return this.job.id as string;
  }

  /** What is to be done; undefined when the job is of another version of the program. */
  get data(): JobData | undefined {
    return jobDataSchema.safeParse(this.job.data).data;
  }

  /** Failures of its own so far. */
  get failures(): number {
    return this.job.attemptsMade;
  }

  /** Aborted when the lease is lost to another worker. */
  get signal(): AbortSignal {
    return this.lost.signal;
  }

  /** Shows how far the job is; not being able to isn't worth stopping for. */
  async progress(progress: JobProgress): Promise<void> {
    if (this.settled || this.telling || this.lost.signal.aborted) return;
    this.telling = true;
    await this.job.updateProgress({ ...progress }).catch(() => undefined);
    this.telling = false;
  }

  /** The job is done and leaves the queue. @returns false when it was not ours any more. */
  complete(): Promise<boolean> {
    return this.settle(() => this.job.moveToCompleted(1, this.token, false));
  }

  /** A failure of the job's own: it is tried again, or set aside when it has had its tries. */
  fail(failure: JobFailure): Promise<boolean> {
    return this.settle(() => this.job.moveToFailed(storedError(failure, false), this.token, false));
  }

  /** Sets the job aside at once, whatever tries it has left. */
  setAside(failure: JobFailure): Promise<boolean> {
    return this.settle(() => this.job.moveToFailed(storedError(failure, true), this.token, false));
  }

  /** Puts the job back at the front of its queue; that counts as nothing. */
  giveBack(): Promise<boolean> {
    return this.settle(() => this.job.moveToWait(this.token));
  }

  /** Stops renewing without telling anybody: what is left of the job is found by others when the lease runs out. */
  abandon(): void {
    this.settled = true;
    clearInterval(this.timer);
  }

  private async settle(action: () => Promise<unknown>): Promise<boolean> {
    this.abandon();
    try {
      await action();
      return true;
    } catch (error) {
      if (NOT_OURS.has((error as { code?: unknown }).code)) return false;
      throw error;
    }
  }

  private async renew(): Promise<void> {
    if (this.renewing) return; // Redis is away: the one that waits is enough
    this.renewing = true;
    try {
      if ((await this.job.extendLock(this.token, this.leaseMs)) === 1 || this.settled) return;
      // The lease ran out while Redis was away, say. As long as nobody else has the job the work goes on: the row's record decides who was first.
      const holder = await this.holder();
      if (!this.settled && holder !== null && holder !== this.token) this.lost.abort();
    } catch {
      // The connection is gone; it comes back by itself, and the next renewal finds out how things are.
    } finally {
      this.renewing = false;
    }
  }
}
