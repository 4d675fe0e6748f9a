import type { z } from 'zod';
import { inputError, internalError, type AppError, type ErrorData } from '../../../contract/errors.ts';
import { nodeFileSystem, type FileSystem } from '../file-system.ts';
import { openJournal, readJournal, type Journal } from './journal.ts';
import type { JournalDamage } from './journal-format.ts';
import { queueEntrySchema, type Job, type JobState, type QueueEntry } from './queue-entries.ts';
import { QueueState } from './queue-state.ts';

/** JSON as it is kept. */
export type JsonValue = z.infer<ReturnType<typeof z.json>>;

/** A job to be done. */
export interface NewJob {
  /** Unique in the queue. */
  readonly id: string;
  readonly kind: string;
  readonly payload: JsonValue;
  /** Higher ones go first; 0 when left out. */
  readonly priority?: number;
}

export interface QueueOptions {
  /** The journal's path. The caller holds the lock of its folder. */
  readonly path: string;
  /** Jobs that are known without being written in the journal (a plan lists them), in order. */
  readonly seeds?: readonly NewJob[];
  /** Failures of its own after which a job is set aside, 1 or more; 3 when left out. */
  readonly maxAttempts?: number;
  /** Finished jobs that a compaction keeps besides seeds; 1000 when left out. */
  readonly historyLimit?: number;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  readonly fileSystem?: FileSystem;
}

/** What opening a queue found. */
export interface OpenedQueue {
  readonly queue: DurableQueue;
  readonly damage: readonly JournalDamage[];
  /** Entries about jobs that aren't known: the lines that added them were damaged, or the plan has changed. */
  readonly orphans: number;
  /** Jobs that were running when the process before this one died. They are waiting again. */
  readonly interrupted: readonly string[];
}

/** A job that was taken. */
export interface TakenJob {
  readonly job: Job;
  /** Aborted when the user cancels the job. */
  readonly signal: AbortSignal;
}

/** A queue at one moment, for panels and status lines. */
export interface QueueView {
  /** Why nothing is started, or undefined. */
  readonly paused: string | undefined;
  readonly counts: Readonly<Record<JobState, number>>;
  readonly running: readonly Job[];
  /** In the order in which they will start. */
  readonly waiting: readonly Job[];
  /** Finished, set aside and cancelled jobs, last one first. */
  readonly history: readonly Job[];
}

const DEFAULT_ATTEMPTS = 3;
const DEFAULT_HISTORY = 1000;
/** A journal is compacted when it has this many lines more than twice what a snapshot needs. */
const COMPACT_SLACK = 2000;

function jobOf(job: NewJob, rank: number): Job {
  return { id: job.id, kind: job.kind, payload: job.payload, priority: job.priority ?? 0, rank, state: 'waiting', attempts: 0, interruptions: 0 };
}

/** State of seeds and entries, and what doesn't fit. */
function replay(seeds: readonly NewJob[], entries: readonly QueueEntry[]): { state: QueueState; orphans: number } {
  const state = new QueueState();
  seeds.forEach((seed, index) => state.apply({ type: 'job', job: jobOf(seed, index + 1) }));
  const orphans = entries.filter((entry) => !state.apply(entry)).length;
  return { state, orphans };
}

function viewOf(state: QueueState, historyLimit: number): QueueView {
  const all = [...state.all()];
  const over = all.filter(({ state: now }) => now !== 'waiting' && now !== 'running').sort((a, b) => (b.endedAt ?? 0) - (a.endedAt ?? 0));
  return {
    paused: state.paused, counts: { ...state.counts }, running: all.filter(({ state: now }) => now === 'running').map((job) => ({ ...job })),
    waiting: state.waiting().map((job) => ({ ...job })), history: over.slice(0, historyLimit).map((job) => ({ ...job })),
  };
}

/** A queue as its journal has it, without touching anything: for other processes than the one that works on it. @throws AppError `files.read`. */
export async function readQueue({ path, seeds = [], fileSystem = nodeFileSystem, historyLimit = DEFAULT_HISTORY }: QueueOptions): Promise<QueueView & { readonly damage: readonly JournalDamage[] }> {
  const { entries, damage } = await readJournal({ path, schema: queueEntrySchema, fileSystem });
  return { ...viewOf(replay(seeds, entries).state, historyLimit), damage };
}

/**
 * Opens a queue and makes it when there is none. Jobs that were running go back without penalty.
 * @throws AppError `files.read`, `files.write`.
 */
export async function openQueue(options: QueueOptions): Promise<OpenedQueue> {
  const { path, seeds = [], fileSystem = nodeFileSystem } = options;
  const { journal, entries, damage } = await openJournal<QueueEntry>({ path, schema: queueEntrySchema, fileSystem });
  const { state, orphans } = replay(seeds, entries);
  const interrupted = [...state.all()].filter((job) => job.state === 'running').map(({ id }) => id);
  const queue = new DurableQueue(journal, state, new Map(seeds.map(({ id }, index) => [id, index + 1])), options);
  await queue.putBackAll(interrupted);
  return { queue, damage, orphans, interrupted };
}

/**
 * Jobs in an order, on disk: what a method has answered survives a crash and a power cut. States change at once and are acknowledged
 * after the journal's flush; when a flush fails (full disk) the queue refuses everything until it is opened again, since memory is then ahead of the disk.
 */
export class DurableQueue {
  private readonly controllers = new Map<string, AbortController>();
  private readonly listeners = new Set<() => void>();
  private failure: AppError | undefined;
  private compacting = false;

  constructor(private readonly journal: Journal<QueueEntry>, private readonly state: QueueState, /** Ranks of seeds by id. */ private readonly seeded: ReadonlyMap<string, number>, private readonly options: QueueOptions) {}

  get paused(): string | undefined {
    return this.state.paused;
  }

  get counts(): Readonly<Record<JobState, number>> {
    return this.state.counts;
  }

  get(id: string): Job | undefined {
    return this.state.get(id);
  }

  jobs(): IterableIterator<Job> {
    return this.state.all();
  }

  view(historyLimit = this.options.historyLimit ?? DEFAULT_HISTORY): QueueView {
    return viewOf(this.state, historyLimit);
  }

  /** Why the disk keeps nothing more; the queue has to be opened again then. */
  get failed(): AppError | undefined {
    return this.failure;
  }

  /** Tells after every change. @returns what ends that. */
  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** @throws AppError `queue.duplicate`. */
  async add(job: NewJob): Promise<void> {
    if (this.state.get(job.id) !== undefined) throw inputError('queue.duplicate', `Job "${job.id}"`, 'must not be in the queue yet');
    await this.commit({ type: 'job', job: jobOf(job, this.state.rankAtEnd()) });
  }

  /**
   * Takes the next job, or none when the queue is paused or empty. That it has started is written with the next flush: nothing depends on it.
   * @param fits Which jobs may be taken; the first in order that fits is.
   */
  take(fits: (job: Job) => boolean = () => true): TakenJob | undefined {
    if (this.paused !== undefined || this.failure !== undefined) return undefined;
    const first = this.state.next();
    const job = first === undefined || fits(first) ? first : this.state.waiting().find(fits);
    if (job === undefined) return undefined;
    const controller = new AbortController();
    this.controllers.set(job.id, controller);
    // Its failure is told by the next commit, which can't succeed after it.
    this.commit({ type: 'start', id: job.id, at: this.now() }).catch(() => undefined);
    return { job, signal: controller.signal };
  }

  /** The job is done. @param ms Time that it took. */
  async finish(id: string, ms: number, result?: JsonValue): Promise<void> {
    this.ended(id);
    if (this.job(id).state === 'cancelled') return; // the user was told so
    await this.commit({ type: 'done', id, at: this.now(), ms, ...(result === undefined ? {} : { result }) });
  }

  /**
   * The job has failed on its own: it goes to the end of the line, or aside after too many times.
   * @param final It would fail again in the same way: aside at once.
   * @returns the state that it is in now.
   */
  async fail(id: string, ms: number, error: ErrorData, final = false): Promise<JobState> {
    this.ended(id);
    const job = this.job(id);
    if (job.state === 'cancelled') return 'cancelled';
    const state = final || job.attempts + 1 >= (this.options.maxAttempts ?? DEFAULT_ATTEMPTS) ? 'failed' : 'waiting';
    await this.commit({ type: 'fail', id, at: this.now(), ms, error, state, rank: state === 'failed' ? job.rank : this.state.rankAtEnd() });
    return state;
  }

  /** The job couldn't be finished for reasons that aren't its own; it waits again at its place. @param interrupted What it ran on has died. */
  async putBack(id: string, interrupted = false): Promise<void> {
    this.ended(id);
    if (this.job(id).state === 'cancelled') return;
    await this.commit({ type: 'back', id, interrupted });
  }

  /** Puts several back in one flush: what a dead process left. */
  async putBackAll(ids: readonly string[]): Promise<void> {
    await Promise.all(ids.map((id) => this.commit({ type: 'back', id, interrupted: true })));
  }

  /** Takes a job out of the line; a running one is stopped. @throws AppError `queue.state` when it is over. */
  async cancel(id: string): Promise<void> {
    this.expect(id, ['waiting', 'running'], 'can be cancelled');
    const done = this.commit({ type: 'cancel', id, at: this.now() });
    this.controllers.get(id)?.abort();
    await done;
  }

  /** Lets a job run again that has failed, was cancelled or is done, behind all others. @throws AppError `queue.state`. */
  async retry(id: string): Promise<void> {
    this.expect(id, ['failed', 'cancelled', 'done'], 'can be retried');
    if (this.controllers.has(id)) throw inputError('queue.state', `Job "${id}"`, 'must have stopped before it can be retried', { hint: 'It stops within its step' });
    await this.commit({ type: 'retry', id, rank: this.state.rankAtEnd() });
  }

  /** Lets all jobs in a state run again, in their order. @returns how many. */
  async retryAll(state: 'failed' | 'cancelled'): Promise<number> {
    const jobs = [...this.state.all()].filter((job) => job.state === state).sort((a, b) => a.rank - b.rank);
    await Promise.all(jobs.map(({ id }) => this.retry(id)));
    return jobs.length;
  }

  /** @param priority Whole; higher ones go first. @throws AppError `queue.state`, `queue.priority`. */
  async setPriority(id: string, priority: number): Promise<void> {
    const { rank } = this.expect(id, ['waiting'], 'can be put elsewhere');
    if (!Number.isInteger(priority) || Math.abs(priority) > 1_000_000) throw inputError('queue.priority', `Job "${id}"`, 'priority must be a whole number in -1000000..1000000', { got: String(priority) });
    await this.commit({ type: 'place', id, priority, rank });
  }

  /**
   * Puts a waiting job right before another one, whose priority it takes, or at the start or end of the line.
   * @throws AppError `queue.state`.
   */
  async move(id: string, before: { readonly before: string } | 'first' | 'last'): Promise<void> {
    this.expect(id, ['waiting'], 'can be put elsewhere');
    if (typeof before === 'object') this.expect(before.before, ['waiting'], 'can have another put before it');
    const line = this.state.waiting().filter((job) => job.id !== id);
    const last = line.at(-1);
    if (before === 'last') return last === undefined ? undefined : this.commit({ type: 'place', id, priority: last.priority, rank: this.state.rankAtEnd() });
    const right = before === 'first' ? line[0] : line.find((job) => job.id === before.before);
    if (right === undefined) return undefined; // before itself, or alone
    const others = [...this.state.all()].filter((job) => job.id !== id);
    const low = others.reduce((highest, { rank }) => (rank < right.rank && rank > highest ? rank : highest), right.rank - 2);
    const rank = (low + right.rank) / 2;
    if (rank > low && rank < right.rank) return this.commit({ type: 'place', id, priority: right.priority, rank });
    // No number fits between the two any more: all get new ones.
    const order = others.sort((a, b) => a.rank - b.rank);
    order.splice(order.indexOf(right), 0, { ...this.job(id), priority: right.priority });
    await Promise.all(order.map((job, place) => this.commit({ type: 'place', id: job.id, priority: job.priority, rank: place + 1 })));
    return undefined;
  }

  /** Starts nothing more; what runs goes on. */
  async pause(reason = 'paused'): Promise<void> {
    if (this.paused !== reason) await this.commit({ type: 'pause', reason });
  }

  async resume(): Promise<void> {
    if (this.paused !== undefined) await this.commit({ type: 'resume' });
  }

  /** Forgets a job that isn't running; seeds can't be forgotten. @throws AppError `queue.state`. */
  async remove(id: string): Promise<void> {
    this.expect(id, ['waiting', 'done', 'failed', 'cancelled'], 'can be removed');
    if (this.seeded.has(id)) throw inputError('queue.state', `Job "${id}"`, 'a job of a plan can be cancelled, not removed');
    await this.commit({ type: 'remove', id });
  }

  /** Forgets what is beyond the history's limit, and writes the journal anew with one line per job. Also happens by itself when the journal has grown. */
  async compact(): Promise<void> {
    if (this.compacting) return;
    this.compacting = true;
    try {
      await this.dropHistory();
      await this.journal.compact(() => this.snapshot());
    } finally {
      this.compacting = false;
    }
  }

  close(): Promise<void> {
    return this.journal.close();
  }

  /** The entries that say the same as all before: seeds that nothing has happened to need none. */
  private snapshot(): QueueEntry[] {
    const entries: QueueEntry[] = [...this.state.all()].filter((job) => !this.untouched(job)).map((job) => ({ type: 'job', job: { ...job } }));
    if (this.paused !== undefined) entries.push({ type: 'pause', reason: this.paused });
    return entries;
  }

  private untouched(job: Job): boolean {
    return job.state === 'waiting' && job.attempts === 0 && job.interruptions === 0 && job.priority === 0 && job.startedAt === undefined && job.rank === this.seeded.get(job.id);
  }

  private async commit(entry: QueueEntry): Promise<void> {
    if (this.failure !== undefined) throw this.failure;
    if (!this.state.apply(entry)) throw internalError('queue.unknown', 'Queue', 'entries must be about jobs that are there');
    const written = this.journal.append(entry).catch((error: AppError) => {
      this.failure ??= error;
      throw error;
    });
    for (const listener of this.listeners) listener();
    await written;
    this.compactIfGrown();
  }

  private compactIfGrown(): void {
    const total = Object.values(this.state.counts).reduce((sum, count) => sum + count, 0);
    if (this.compacting || this.journal.lines < 2 * total + COMPACT_SLACK) return;
    // A compaction that fails leaves the journal as it was, and the next append tells what is wrong with the disk.
    this.compact().catch(() => undefined);
  }

  private async dropHistory(): Promise<void> {
    const over = viewOf(this.state, Infinity).history.filter(({ id }) => !this.seeded.has(id)).slice(this.options.historyLimit ?? DEFAULT_HISTORY);
    await Promise.all(over.map(({ id }) => this.remove(id)));
  }

  private ended(id: string): void {
    this.controllers.delete(id);
  }

  private job(id: string): Job {
    const job = this.state.get(id);
    if (job === undefined) throw inputError('queue.unknown', `Job "${id}"`, 'must be in the queue');
    return job;
  }

  private expect(id: string, states: readonly JobState[], what: string): Job {
    const job = this.job(id);
    if (!states.includes(job.state)) throw inputError('queue.state', `Job "${id}"`, `only ${states.join(', ')} jobs ${what}`, { got: job.state });
    return job;
  }

  private now(): number {
    return (this.options.now ?? Date.now)();
  }
}
