import { z } from 'zod';
import { errorDataSchema } from '../../../contract/engine-rpc.ts';

/** Where a job is. `failed`: set aside after failing too often on its own; `cancelled`: by the user. Both can be retried. */
export const JOB_STATES = ['waiting', 'running', 'done', 'failed', 'cancelled'] as const;
export type JobState = (typeof JOB_STATES)[number];

const id = z.string().min(1).max(200);
/** Milliseconds since 1970. */
const time = z.number();
const rank = z.number();
const priority = z.int().min(-1_000_000).max(1_000_000);

/** A job as it is kept. */
export const jobSchema = z.object({
  id,
  /** What runs it: `batch-row`, `graph-run`. */
  kind: z.string().min(1).max(100),
  /** Plain data for whoever runs it. */
  payload: z.json(),
  /** Higher ones go first. */
  priority,
  /** Place among jobs of one priority, smallest first. */
  rank,
  state: z.enum(JOB_STATES),
  /** Failures of its own since it was added or last retried. */
  attempts: z.int().min(0),
  /** How often the process died, or the engine under it, while it ran. */
  interruptions: z.int().min(0),
  startedAt: time.optional(),
  endedAt: time.optional(),
  /** Time that the last run took, in milliseconds. */
  ms: z.number().min(0).optional(),
  result: z.json().optional(),
  error: errorDataSchema.optional(),
});
export type Job = z.infer<typeof jobSchema>;

/** What a queue's journal holds, one entry per change. */
export const queueEntrySchema = z.discriminatedUnion('type', [
  /** A job as it is now: a new one, or one in a snapshot. */
  z.object({ type: z.literal('job'), job: jobSchema }),
  z.object({ type: z.literal('start'), id, at: time }),
  z.object({ type: z.literal('done'), id, at: time, ms: z.number().min(0), result: z.json().optional() }),
  /** `state` and `rank` are what came of it. */
  z.object({ type: z.literal('fail'), id, at: time, ms: z.number().min(0), error: errorDataSchema, state: z.enum(['waiting', 'failed']), rank }),
  /** Back to the waiting ones without penalty; `interrupted` when what it ran on has died. */
  z.object({ type: z.literal('back'), id, interrupted: z.boolean() }),
  z.object({ type: z.literal('cancel'), id, at: time }),
  z.object({ type: z.literal('retry'), id, rank }),
  z.object({ type: z.literal('place'), id, priority, rank }),
  z.object({ type: z.literal('remove'), id }),
  z.object({ type: z.literal('pause'), reason: z.string().optional() }),
  z.object({ type: z.literal('resume') }),
]);
export type QueueEntry = z.infer<typeof queueEntrySchema>;
