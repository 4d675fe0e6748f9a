import type { Redis } from 'ioredis';
import { z } from 'zod';
import { KEY_PREFIX, type FleetBatchId } from './names.ts';

const BATCHES = `${KEY_PREFIX}:batches`;
/** Changes of the board are told here; the board itself is the truth, and workers look at it every few seconds as well. */
const CONTROL = `${KEY_PREFIX}:control`;

const entrySchema = z.object({
  name: z.string(),
  /** Hash of the plan's head in the store. */
  plan: z.string().regex(/^[0-9a-f]{64}$/),
  /** Names of needs; each is a queue. */
  needs: z.array(z.string().regex(/^[a-z0-9+]{1,40}$/)).min(1),
  rows: z.int().min(0),
  jobs: z.int().min(0),
  /** Rows per job. */
  chunk: z.int().min(1),
  createdAt: z.number(),
});

/** What is written once about a batch. */
export type BoardEntry = z.infer<typeof entrySchema>;

/** A batch as the fleet sees it. */
export interface BoardBatch extends BoardEntry {
  readonly id: FleetBatchId;
  readonly state: 'open' | 'paused';
  /** Batches of higher priority go first. */
  readonly priority: number;
  /** Raised whenever there may be new jobs: a queue that was found empty is looked at again. */
  readonly revision: number;
  /** Some of its jobs were cancelled by themselves. */
  readonly hasCancelled: boolean;
}

function cancelledKey(id: FleetBatchId): string {
  return `${KEY_PREFIX}:cancelled:${id}`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Which batches there are: one Redis hash, read as a whole by every worker. A batch that isn't on it is over. */
export class Board {
  constructor(private readonly redis: Redis) {}

  /** All batches, those that go first in front: priority, then age. Entries of other versions are left out. */
  async batches(): Promise<BoardBatch[]> {
    const fields = await this.redis.hgetall(BATCHES);
    const batches: BoardBatch[] = [];
    for (const [field, text] of Object.entries(fields)) {
      const id = /^([0-9a-f]{16})\/entry$/.exec(field)?.[1];
      const entry = id === undefined ? undefined : entrySchema.safeParse(parseJson(text)).data;
      if (id === undefined || entry === undefined) continue;
      const state = fields[`${id}/state`] === 'paused' ? 'paused' : 'open';
      batches.push({ ...entry, id, state, priority: Number(fields[`${id}/priority`] ?? 0), revision: Number(fields[`${id}/revision`] ?? 0), hasCancelled: fields[`${id}/cancelled`] !== undefined });
    }
    return batches.sort((a, b) => b.priority - a.priority || a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1));
  }

  /** Puts a batch on the board; when it is there, its needs are joined. What was paused stays so. */
  async add(id: FleetBatchId, entry: BoardEntry, priority: number | undefined): Promise<void> {
    const known = (await this.batches()).find((batch) => batch.id === id);
    const joined = known === undefined ? entry : { ...entry, createdAt: known.createdAt, needs: [...new Set([...known.needs, ...entry.needs])] };
    await this.redis.hset(BATCHES, `${id}/entry`, JSON.stringify(joined));
    if (priority !== undefined) await this.redis.hset(BATCHES, `${id}/priority`, String(priority));
  }

  /** Tells that a batch may have new jobs. */
  async touch(id: FleetBatchId): Promise<void> {
    await this.redis.hincrby(BATCHES, `${id}/revision`, 1);
    await this.tell();
  }

  async setState(id: FleetBatchId, state: BoardBatch['state']): Promise<void> {
    await this.redis.hset(BATCHES, `${id}/state`, state);
    await this.touch(id);
  }

  async setPriority(id: FleetBatchId, priority: number): Promise<void> {
    await this.redis.hset(BATCHES, `${id}/priority`, String(priority));
    await this.touch(id);
  }

  /** Takes a batch off the board: workers stop its rows within a step. */
  async remove(id: FleetBatchId): Promise<void> {
    await this.redis.hdel(BATCHES, ...['entry', 'state', 'priority', 'revision', 'cancelled'].map((field) => `${id}/${field}`));
    await this.redis.del(cancelledKey(id));
    await this.tell();
  }

  /** Marks jobs as cancelled: one that runs stops within a step, one that waits is set aside when its turn comes. */
  async cancelJobs(id: FleetBatchId, jobs: readonly string[]): Promise<void> {
    if (jobs.length === 0) return;
    await this.redis.sadd(cancelledKey(id), ...jobs);
    await this.redis.hincrby(BATCHES, `${id}/cancelled`, jobs.length);
    await this.touch(id);
  }

  /** Takes cancellations back. */
  async uncancelJobs(id: FleetBatchId): Promise<void> {
    await this.redis.del(cancelledKey(id));
    await this.redis.hdel(BATCHES, `${id}/cancelled`);
  }

  /** Whether a job was cancelled by itself. Asks Redis only when the batch has cancelled jobs at all. */
  async isCancelled(batch: BoardBatch, job: string): Promise<boolean> {
    return batch.hasCancelled && (await this.redis.sismember(cancelledKey(batch.id), job)) === 1;
  }

  /** Tells all workers that the board has changed. */
  async tell(): Promise<void> {
    await this.redis.publish(CONTROL, 'board');
  }
}

/**
 * Listens to changes of the board, on a connection of its own.
 * @returns ends it.
 */
export async function listenToBoard(redis: Redis, onChange: () => void): Promise<() => void> {
  const subscriber = redis.duplicate();
  // The other connection tells what is wrong; this one just comes back, and subscribes again by itself.
  subscriber.on('error', () => undefined);
  subscriber.on('message', onChange);
  await subscriber.subscribe(CONTROL);
  return () => { subscriber.disconnect(); };
}
