import { createRedisBackend, Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { KEY_PREFIX, queueName, type FleetBatchId } from './names.ts';

/** Events that Redis keeps per queue: for clients that follow; what they miss they find in the store. */
const KEPT_EVENTS = 2000;

/** Jobs that are removed or moved at once: Redis does nothing else meanwhile. */
const SLICE = 1000;

/** Jobs of one queue by where they are. */
export interface QueueDepth {
  readonly waiting: number;
  readonly active: number;
  /** Out of tries. */
  readonly setAside: number;
}

/** Does something with the queue of one batch and need, over the connection that is there. */
export async function withQueue<T>(redis: Redis, batch: FleetBatchId, need: string, action: (queue: Queue) => Promise<T>): Promise<T> {
  const options = { connection: redis, prefix: KEY_PREFIX, skipVersionCheck: true, streams: { events: { maxLen: KEPT_EVENTS } } };
  const queue = new Queue(queueName(batch, need), options, (name, base) => createRedisBackend(name, base));
  // The connection's own listener tells what is wrong with it.
  queue.on('error', () => undefined);
  try {
    await queue.waitUntilReady();
    return await action(queue);
  } finally {
    await queue.close();
  }
}

/** How many jobs are where. */
export async function depthOf(queue: Queue): Promise<QueueDepth> {
  const counts = await queue.getJobCounts('wait', 'active', 'delayed', 'prioritized', 'failed');
  const count = (state: string): number => counts[state] ?? 0;
  return { waiting: count('wait') + count('waiting') + count('delayed') + count('prioritized'), active: count('active'), setAside: count('failed') };
}

/** Removes a queue with all its jobs, in slices. */
export async function removeQueue(queue: Queue): Promise<void> {
  await queue.obliterate({ force: true, count: SLICE });
}

/** Jobs that are out of tries, slice by slice. */
export async function* setAsideJobs(queue: Queue): AsyncIterable<Awaited<ReturnType<Queue['getFailed']>>[number]> {
  for (let start = 0; ; start += SLICE) {
    const jobs = await queue.getFailed(start, start + SLICE - 1);
    yield* jobs;
    if (jobs.length < SLICE) return;
  }
}
