import type { Redis } from 'ioredis';
import { inputError } from '../../../contract/errors.ts';
import { Board, type BoardBatch } from './board.ts';
import { KEY_PREFIX, type FleetBatchId } from './names.ts';
import { removeQueue, setAsideJobs, withQueue } from './queues.ts';

/** How long it is remembered that a batch was cancelled, so that clients that follow it know. */
const REMEMBERED_SECONDS = 7 * 24 * 3600;

function tombstone(id: FleetBatchId): string {
  return `${KEY_PREFIX}:ended:${id}`;
}

/** Whether somebody has cancelled a batch. */
export async function wasCancelled(redis: Redis, id: FleetBatchId): Promise<boolean> {
  return (await redis.exists(tombstone(id))) === 1;
}

/** What a person may do with the batches of a fleet. */
export class FleetControl {
  private readonly board: Board;

  constructor(private readonly redis: Redis) {
    this.board = new Board(redis);
  }

  /** A batch by its id, the beginning of it, or its name. @throws AppError `fleet.no-batch`, `fleet.which-batch`. */
  async find(text: string): Promise<BoardBatch> {
    const batches = await this.board.batches();
    const exact = batches.filter(({ id, name }) => id === text || name === text);
    const found = exact.length > 0 ? exact : batches.filter(({ id }) => text.length >= 4 && id.startsWith(text));
    const [first, ...others] = found;
    if (first === undefined) throw inputError('fleet.no-batch', `Batch "${text}"`, 'must be on the board of the fleet', { hint: `There are: ${batches.map(({ id, name }) => `${name} (${id})`).join(', ') || 'none'}.` });
    if (others.length > 0) throw inputError('fleet.which-batch', `Batch "${text}"`, 'must be one', { got: found.map(({ id, name }) => `${name} (${id})`).join(', '), hint: 'Name it by its id' });
    return first;
  }

  /** No row of the batch is begun any more; those that run are finished. */
  async pause(batch: BoardBatch): Promise<void> {
    await this.board.setState(batch.id, 'paused');
    for (const need of batch.needs) await withQueue(this.redis, batch.id, need, (queue) => queue.pause());
  }

  async resume(batch: BoardBatch): Promise<void> {
    for (const need of batch.needs) await withQueue(this.redis, batch.id, need, (queue) => queue.resume());
    await this.board.setState(batch.id, 'open');
  }

  async setPriority(batch: BoardBatch, priority: number): Promise<void> {
    await this.board.setPriority(batch.id, priority);
  }

  /** Takes the batch out of the fleet: rows that run stop within a step, what is done stays in the store. Submitting it again goes on from there. */
  async cancel(batch: BoardBatch): Promise<void> {
    await this.redis.set(tombstone(batch.id), '1', 'EX', REMEMBERED_SECONDS);
    await this.board.remove(batch.id);
    for (const need of batch.needs) await withQueue(this.redis, batch.id, need, removeQueue);
  }

  /** Stops single jobs; they count as set aside until they are retried. */
  async cancelJobs(batch: BoardBatch, jobs: readonly string[]): Promise<void> {
    await this.board.cancelJobs(batch.id, jobs);
  }

  /** Gives what was set aside all its tries again. @returns how many jobs. */
  async retry(batch: BoardBatch): Promise<number> {
    await this.board.uncancelJobs(batch.id);
    let retried = 0;
    for (const need of batch.needs) {
      await withQueue(this.redis, batch.id, need, async (queue) => {
        const jobs = [];
        for await (const job of setAsideJobs(queue)) jobs.push(job);
        for (const job of jobs) await job.retry('failed', { resetAttemptsMade: true, resetAttemptsStarted: true });
        retried += jobs.length;
      });
    }
    await this.board.touch(batch.id);
    return retried;
  }

  /** Forgets an earlier cancellation: the batch is wanted again. */
  async want(id: FleetBatchId): Promise<void> {
    await this.redis.del(tombstone(id));
  }
}
