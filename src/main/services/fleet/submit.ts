import type { Redis } from 'ioredis';
import { sizeInBytes } from '../../../contract/batch-file.ts';
import { rowNeeds, type BatchPlan } from '../../../contract/batch-plan.ts';
import { Board } from './board.ts';
import { listDone } from './done-records.ts';
import { collectInput, type FleetInputOptions } from './fleet-input.ts';
import { writeFleetPlan } from './fleet-plan.ts';
import { MAX_FAILURES } from './job-source.ts';
import type { JobData } from './lease.ts';
import { batchId, jobId, needName, type FleetBatchId } from './names.ts';
import { withQueue } from './queues.ts';

/** Jobs that are added with one round trip. */
const ADDED_AT_ONCE = 1000;

export interface SubmitOptions extends FleetInputOptions {
  readonly redis: Redis;
  readonly program: string;
  /**
   * Rows per job, 1 when left out. More let rows share runs of the model (up to the plan's width side by side), but a worker that is killed loses all rows
   * that it had begun, and the last jobs of a batch are spread less evenly.
   */
  readonly chunk?: number;
  /** Batches of higher priority go first; 0 when never set. */
  readonly priority?: number;
  readonly onAdded?: (jobs: number, total: number) => void;
}

/** A batch that was given to a fleet. */
export interface Submission {
  readonly id: FleetBatchId;
  /** Hash of the plan's head in the store. */
  readonly planHash: string;
  readonly jobs: readonly FleetJob[];
  /** Rows that were finished before, in this batch or another. */
  readonly doneBefore: number;
}

/** One job: rows of one need, by their places in the plan. */
export interface FleetJob {
  readonly id: string;
  readonly need: string;
  readonly rows: readonly number[];
}

/** Cuts a plan into jobs. Equal plans give equal jobs, whatever of them is done already. */
export function jobsOf(plan: Pick<BatchPlan, 'rows' | 'needs'>, chunk: number): FleetJob[] {
  const jobs: FleetJob[] = [];
  const open = new Map<string, number[]>();
  const close = (need: string, rows: readonly number[]): void => {
    if (rows.length > 0) jobs.push({ id: jobId(rows.map((place) => (plan.rows[place] as BatchPlan['rows'][number]).id)), need, rows });
  };
  for (const [place, row] of plan.rows.entries()) {
    const needs = rowNeeds(plan, row);
    const need = needName(needs, needs.memory === undefined ? undefined : sizeInBytes(needs.memory));
    const rows = open.get(need) ?? [];
    rows.push(place);
    if (rows.length < chunk) open.set(need, rows);
    else {
      close(need, rows);
      open.delete(need);
    }
  }
  for (const [need, rows] of open) close(need, rows);
  return jobs;
}

/**
 * Gives a batch to a fleet: plan, tables and whatever else is small go into the store, one small job per row into the queue. Rows that are done are left out;
 * giving an equal batch again adds nothing.
 */
export async function submitToFleet(options: SubmitOptions): Promise<Submission> {
  const { redis, store, plan, program, chunk = 1, priority } = options;
  const files = await collectInput(options);
  const planHash = await writeFleetPlan(store, plan, files, program);
  const jobs = jobsOf(plan, chunk);
  const id = batchId(plan.batchKey);
  const board = new Board(redis);
  const needs = [...new Set(jobs.map(({ need }) => need))];
  if (needs.length > 0) await board.add(id, { name: plan.name, plan: planHash, needs, rows: plan.rows.length, jobs: jobs.length, chunk, createdAt: Date.now() }, priority);
  const doneBefore = await addMissing(options, { id, jobs });
  return { id, planHash, jobs, doneBefore };
}

/**
 * Adds the jobs that have rows without a record and aren't in the queue: after Redis has lost what it was told, say.
 * @returns how many rows have a record.
 */
export async function addMissing(options: Pick<SubmitOptions, 'redis' | 'store' | 'plan' | 'onAdded'>, submission: Pick<Submission, 'id' | 'jobs'>): Promise<number> {
  const { redis, store, plan, onAdded } = options;
  const { id, jobs } = submission;
  const done = await listDone(store);
  const isDone = (place: number): boolean => done.has((plan.rows[place] as BatchPlan['rows'][number]).id);
  const missing = jobs.filter(({ rows }) => !rows.every(isDone));
  let added = 0;
  for (const need of new Set(missing.map((job) => job.need))) {
    const mine = missing.filter((job) => job.need === need);
    await withQueue(redis, id, need, async (queue) => {
      for (let at = 0; at < mine.length; at += ADDED_AT_ONCE) {
        const slice = mine.slice(at, at + ADDED_AT_ONCE);
        await queue.addBulk(slice.map((job) => ({ name: 'rows', data: { rows: [...job.rows] } satisfies JobData, opts: { jobId: job.id, attempts: MAX_FAILURES } })));
        if (at === 0) await new Board(redis).touch(id);
        added += slice.length;
        onAdded?.(added, missing.length);
      }
    });
  }
  await new Board(redis).touch(id);
  return plan.rows.filter(({ id: row }) => done.has(row)).length;
}
