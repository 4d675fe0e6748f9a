import { JobLine } from './job-line.ts';
import type { Job, JobState, QueueEntry } from './queue-entries.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type EntryOf<T extends QueueEntry['type']> = Extract<QueueEntry, { type: T }>;

/** What a queue's entries come to. Pure bookkeeping: no clock, no files; equal entries give equal states. */
export class QueueState {
  private readonly jobs = new Map<string, Mutable<Job>>();
  private readonly line = new JobLine();
  private readonly totals: Record<JobState, number> = { waiting: 0, running: 0, done: 0, failed: 0, cancelled: 0 };
  private lastRank = 0;
  private pauseReason: string | undefined;

  /** Why nothing is started, or undefined when the queue runs. */
  get paused(): string | undefined {
    return this.pauseReason;
  }

  /** How many jobs are in each state. */
  get counts(): Readonly<Record<JobState, number>> {
    return this.totals;
  }

  get(id: string): Job | undefined {
    return this.jobs.get(id);
  }

  all(): IterableIterator<Job> {
    return this.jobs.values();
  }

  /** The waiting jobs in the order in which they will start. */
  waiting(): Job[] {
    return this.line.list();
  }

  /** The job that starts next. */
  next(): Job | undefined {
    return this.line.first();
  }

  /** A place after all others. */
  rankAtEnd(): number {
    return this.lastRank + 1;
  }

  /**
   * Applies an entry.
   * @returns false when it speaks of a job that isn't there: the line that added it was damaged.
   */
  apply(entry: QueueEntry): boolean {
    switch (entry.type) {
      case 'pause': this.pauseReason = entry.reason ?? 'paused'; return true;
      case 'resume': this.pauseReason = undefined; return true;
      case 'job': this.add(entry.job); return true;
      default: {
        const job = this.jobs.get(entry.id);
        if (job !== undefined) this.change(job, entry);
        return job !== undefined;
      }
    }
  }

  private add(given: Job): void {
    const old = this.jobs.get(given.id);
    if (old !== undefined) this.leave(old);
    const job = { ...given };
    this.jobs.set(job.id, job);
    this.enter(job, job.state);
  }

  private change(job: Mutable<Job>, entry: Exclude<QueueEntry, { type: 'pause' | 'resume' | 'job' }>): void {
    this.leave(job);
    switch (entry.type) {
      case 'remove': this.jobs.delete(job.id); return;
      case 'place': Object.assign(job, { priority: entry.priority, rank: entry.rank }); return this.enter(job, job.state);
      case 'start': return this.enter(this.started(job, entry), 'running');
      case 'done': return this.enter(this.finished(job, entry), 'done');
      case 'fail': return this.enter(this.failed(job, entry), entry.state);
      case 'back': job.interruptions += entry.interrupted ? 1 : 0; return this.enter(job, 'waiting');
      case 'cancel': job.endedAt = entry.at; return this.enter(job, 'cancelled');
      case 'retry': {
        Object.assign(job, { rank: entry.rank, attempts: 0, interruptions: 0 });
        delete job.error;
        return this.enter(job, 'waiting');
      }
    }
  }

  private started(job: Mutable<Job>, { at }: EntryOf<'start'>): Mutable<Job> {
    // It was running and nothing was written of how that ended: the process died.
    if (job.state === 'running') job.interruptions += 1;
    job.startedAt = at;
    delete job.endedAt;
    return job;
  }

  private finished(job: Mutable<Job>, { at, ms, result }: EntryOf<'done'>): Mutable<Job> {
    Object.assign(job, { endedAt: at, ms, result });
    if (result === undefined) delete job.result;
    delete job.error;
    return job;
  }

  private failed(job: Mutable<Job>, { at, ms, error, rank }: EntryOf<'fail'>): Mutable<Job> {
    Object.assign(job, { endedAt: at, ms, error, rank, attempts: job.attempts + 1 });
    return job;
  }

  private leave(job: Job): void {
    this.totals[job.state] -= 1;
    if (job.state === 'waiting') this.line.remove(job);
  }

  private enter(job: Mutable<Job>, state: JobState): void {
    job.state = state;
    this.totals[state] += 1;
    this.lastRank = Math.max(this.lastRank, job.rank);
    if (state === 'waiting') this.line.add(job);
  }
}
