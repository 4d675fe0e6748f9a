import type { Redis } from 'ioredis';
import type { FleetBatchView, FleetDepth, FleetFailure, FleetView, FleetWorkerView } from '../../../contract/fleet.ts';
import { Board, type BoardBatch } from './board.ts';
import { parseFailure } from './failures.ts';
import { servesNeed } from './names.ts';
import { depthOf, withQueue } from './queues.ts';
import { inspectRedis } from './redis-connection.ts';
import { WorkerRoll, type SeenWorker } from './worker-roll.ts';

/** Failures that are shown per batch and need. */
const SHOWN_FAILURES = 20;

function workerView(worker: SeenWorker, names: ReadonlyMap<string, string>): FleetWorkerView {
  const { id, name, device, deviceKey, program, because, batch, progress, rowsDone, rowsFailed, rowsPerHour, cannot, lost, seenSecondsAgo } = worker;
  return {
    id, name, device, deviceKey, program, state: lost ? 'lost' : worker.state, seenSecondsAgo, rowsDone, rowsFailed,
    cannot: cannot.map(({ batch: other, reason }) => ({ batch: names.get(other) ?? other, reason })),
    ...(because === undefined ? {} : { because }), ...(batch === undefined ? {} : { batch: names.get(batch) ?? batch }),
    ...(progress === undefined ? {} : { progress }), ...(rowsPerHour === undefined ? {} : { rowsPerHour }),
  };
}

async function batchView(redis: Redis, batch: BoardBatch, failures: FleetFailure[]): Promise<FleetBatchView> {
  const depth: FleetDepth[] = [];
  for (const need of batch.needs) {
    await withQueue(redis, batch.id, need, async (queue) => {
      const counts = await depthOf(queue);
      depth.push({ need, ...counts });
      if (counts.setAside === 0) return;
      for (const job of await queue.getFailed(0, SHOWN_FAILURES - 1)) {
        const { worker, errors } = parseFailure(job.failedReason);
        const [first] = errors;
        if (first !== undefined) failures.push({ batch: batch.name, job: job.id as string, failures: job.attemptsMade, worker, error: first.error, ...(first.row < 0 ? {} : { row: first.row }) });
      }
    });
  }
  const open = depth.reduce((sum, { waiting, active, setAside }) => sum + waiting + active + setAside, 0);
  const { id, name, state, priority, rows, jobs } = batch;
  return { id, name, state, priority, rows, jobs, done: Math.max(0, jobs - open), depth };
}

/** Looks at a whole fleet: workers, devices, speed, depth of queues, failures. @param address For people, without a password. */
export async function readFleet(redis: Redis, address: string): Promise<FleetView> {
  const [report, seen, board] = await Promise.all([inspectRedis(redis, address), new WorkerRoll(redis).workers(), new Board(redis).batches()]);
  const names = new Map(board.map(({ id, name }) => [id, name]));
  const failures: FleetFailure[] = [];
  const batches: FleetBatchView[] = [];
  for (const batch of board) batches.push(await batchView(redis, batch, failures));
  const waiting = new Map<string, number>();
  for (const { need, waiting: count } of batches.flatMap(({ depth }) => depth)) waiting.set(need, (waiting.get(need) ?? 0) + count);
  const living = seen.filter(({ lost }) => !lost);
  const { version, memoryBytes, memoryLimitBytes, warnings } = report;
  return {
    redis: { address, version, memoryBytes, memoryLimitBytes, warnings },
    workers: seen.map((worker) => workerView(worker, names)),
    batches, failures,
    needs: [...waiting].map(([need, count]) => ({ need, waiting: count, workers: living.filter(({ device, memoryBytes: memory }) => servesNeed(need, device, memory)).length })),
    rowsPerHour: Math.round(living.filter(({ state }) => state === 'busy').reduce((sum, { rowsPerHour = 0 }) => sum + rowsPerHour, 0) * 10) / 10,
  };
}
