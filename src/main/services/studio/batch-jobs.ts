import { z } from 'zod';

/** Kind of the jobs that run one batch. */
export const BATCH_JOB = 'batch';

/** What a batch job keeps in the queue: everything that is needed to go on with it after a restart. */
export const batchPayloadSchema = z.object({
  /** The batch file. */
  path: z.string(),
  name: z.string(),
  outputFolder: z.string(),
  /** Address without a password, and the store's folder. */
  fleet: z.object({ address: z.string(), store: z.string() }).nullable(),
  addedAt: z.number(),
});
export type BatchPayload = z.infer<typeof batchPayloadSchema>;

/** What a finished batch leaves in the queue. */
export const batchResultSchema = z.object({
  counts: z.object({ total: z.number(), done: z.number(), failed: z.number(), cancelled: z.number() }),
  recent: z.array(z.string()),
  gallery: z.string().nullable(),
});
export type BatchJobResult = z.infer<typeof batchResultSchema>;
