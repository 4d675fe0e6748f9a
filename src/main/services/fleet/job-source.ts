import { randomUUID } from 'node:crypto';
import { createRedisBackend, Worker, type Job } from 'bullmq';
import type { Redis } from 'ioredis';
import { runError, type ErrorData } from '../../../contract/errors.ts';
import { Lease } from './lease.ts';
import { KEY_PREFIX } from './names.ts';

/** A row's own failures after which it is set aside. */
export const MAX_FAILURES = 3;

/**
 * A lost worker is no failure of the row. But a row that takes its whole worker down (the system kills both for want of memory) would go round for ever:
 * after this many lost workers it is set aside as well.
 */
const MAX_LOST_WORKERS = 25;

function lostTooOften(times: number): ErrorData {
  return runError('fleet.lost-workers', 'Row', `its worker may be lost at most ${MAX_LOST_WORKERS} times`, {
    got: String(times), hint: 'It may need more memory than the workers have: try a smaller size or width, then retry it',
  }).data;
}

export interface JobSourceOptions {
  readonly redis: Redis;
  /** Shown with the jobs that it has taken. */
  readonly workerName: string;
  /** How long a job stays with a worker that says nothing. */
  readonly leaseMs: number;
  /** Told of errors that concern no job. */
  readonly onError: (error: Error) => void;
}

/**
 * Takes jobs from any number of queues, one at a time, over one connection. BullMQ's own loop is not used: it would take from every queue at once,
 * while a machine renders one row at a time.
 */
export class JobSource {
  private readonly open = new Map<string, Worker>();

  constructor(private readonly options: JobSourceOptions) {}

  /** Queues that are looked after. */
  get queues(): readonly string[] {
    return [...this.open.keys()];
  }

  /** The next job of a queue; undefined when none waits. */
  async take(queue: string): Promise<Lease | undefined> {
    const { redis, leaseMs, workerName } = this.options;
    const worker = await this.queue(queue);
    const token = randomUUID();
    const job = (await worker.getNextJob(token, { block: false })) as Job | undefined;
    if (job === undefined) return undefined;
    const lease = new Lease(job, token, leaseMs, () => redis.get(`${worker.toKey(job.id as string)}:lock`));
    // BullMQ marks what has lost too many workers, and leaves it to the next worker to say so.
    if (job.deferredFailure === undefined) return lease;
    await lease.setAside({ worker: workerName, errors: [{ row: -1, error: lostTooOften(job.stalledCounter) }] });
    return this.take(queue);
  }

  /** Whether anything is left in a queue that isn't set aside: waiting, or with a worker. */
  async isDrained(queue: string): Promise<boolean> {
    const worker = await this.queue(queue);
    const counts = await worker.getBackend().getCounts(['wait', 'active', 'delayed', 'prioritized']);
    return counts.every((count) => count === 0);
  }

  /** Stops looking after a queue. */
  async forget(queue: string): Promise<void> {
    const known = this.open.get(queue);
    this.open.delete(queue);
    await known?.close(true);
  }

  async close(): Promise<void> {
    await Promise.all([...this.open.keys()].map((queue) => this.forget(queue)));
  }

  private async queue(name: string): Promise<Worker> {
    const known = this.open.get(name);
    if (known !== undefined) return known;
    const { redis, workerName, leaseMs, onError } = this.options;
    const options = {
      connection: redis, prefix: KEY_PREFIX, name: workerName, autorun: false, lockDuration: leaseMs, maxStalledCount: MAX_LOST_WORKERS,
      // Looking twice per lease, a lost worker's job is found within two leases.
      stalledInterval: Math.max(500, leaseMs / 2), skipVersionCheck: true,
      // What is finished has its record in the store; keeping it in Redis too would cost memory for nothing.
      removeOnComplete: { count: 0 },
    };
    // A job is never waited for on the connection, so that BullMQ's second, blocking one isn't needed.
    const worker = new Worker(name, undefined, options, (queue, base) => createRedisBackend(queue, base));
    worker.on('error', onError);
    this.open.set(name, worker);
    await worker.startStalledCheckTimer();
    return worker;
  }
}
