import { rowResultSchema, type BatchCounts, type BatchRowRecord } from '../../../contract/batch-events.ts';
import type { BatchPlan, PlannedRow } from '../../../contract/batch-plan.ts';
import type { DurableQueue } from '../queue/durable-queue.ts';
import type { Job, JobState } from '../queue/queue-entries.ts';

/** A row with what its job says. */
export function recordOf(row: PlannedRow, job: Job | undefined): BatchRowRecord {
  const { state = 'waiting', attempts = 0, ms, endedAt, error } = job ?? {};
  const result = state === 'done' ? rowResultSchema.safeParse(job?.result).data : undefined;
  return {
    row, state, attempts, ...(ms === undefined ? {} : { seconds: ms / 1000 }), ...(endedAt === undefined ? {} : { endedAt }),
    ...(result === undefined ? {} : { result }), ...(error === undefined ? {} : { error }),
  };
}

/** All rows in plan order, with what has become of them. */
export function recordsOf(plan: BatchPlan, queue: Pick<DurableQueue, 'get'>): BatchRowRecord[] {
  return plan.rows.map((row) => recordOf(row, queue.get(row.id)));
}

/** How many rows are where. */
export function countsOf(counts: Readonly<Record<JobState, number>>): BatchCounts {
  const { done, failed, cancelled } = counts;
  return { total: Object.values(counts).reduce((sum, count) => sum + count, 0), done, failed, cancelled };
}
