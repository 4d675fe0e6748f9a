import { z } from 'zod';
import type { QueueJob } from '../../../contract/studio-api.ts';
import { graphDocumentSchema } from '../../../contract/studio/documents.ts';
import type { Job } from '../queue/queue-entries.ts';

/** Kind of the jobs that run one graph. */
export const RUN_JOB = 'graph-run';

/** What a run job keeps in the queue: everything that is needed to run it after a restart. */
export const runPayloadSchema = z.object({
  graph: graphDocumentSchema,
  path: z.string().nullable(),
  document: z.string().nullable(),
  name: z.string(),
  targets: z.array(z.string()).optional(),
  addedAt: z.number(),
});
export type RunPayload = z.infer<typeof runPayloadSchema>;

const runResultSchema = z.object({ thumbnails: z.array(z.string()), outputs: z.number() });
export type RunJobResult = z.infer<typeof runResultSchema>;

/** A job as the queue panel shows it. Jobs of other kinds are shown by their id. */
export function queueJobOf(job: Job): QueueJob {
  const payload = job.kind === RUN_JOB ? runPayloadSchema.safeParse(job.payload).data : undefined;
  const result = runResultSchema.safeParse(job.result).data ?? { thumbnails: [], outputs: 0 };
  return {
    id: job.id, kind: job.kind, state: job.state, name: payload?.name ?? job.id, path: payload?.path ?? null, document: payload?.document ?? null, addedAt: payload?.addedAt ?? 0,
    ...(payload?.targets === undefined ? {} : { targets: payload.targets }),
    ...(job.startedAt === undefined ? {} : { startedAt: job.startedAt }), ...(job.endedAt === undefined ? {} : { endedAt: job.endedAt }),
    ...(job.ms === undefined ? {} : { ms: job.ms }), ...(job.error === undefined ? {} : { error: job.error }), ...result,
  };
}
