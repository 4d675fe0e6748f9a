import { z } from 'zod';
import { errorDataSchema } from '../../../contract/engine-rpc.ts';
import { runError, type ErrorData } from '../../../contract/errors.ts';

const failureSchema = z.object({
  worker: z.string(),
  /** `row` is the row's index; -1 is all rows of the job. */
  errors: z.array(z.object({ row: z.int(), error: errorDataSchema })).min(1),
});

/** Why a job was set aside or will be tried again: kept with the job, as text. */
export interface JobFailure {
  readonly worker: string;
  readonly errors: readonly { readonly row: number; readonly error: ErrorData }[];
}

/** Most of an error that is kept in Redis. */
const KEPT_CHARACTERS = 600;
const KEPT_ERRORS = 8;

function shorten(error: ErrorData): ErrorData {
  return Object.fromEntries(Object.entries(error).map(([name, value]) => [name, typeof value === 'string' ? value.slice(0, KEPT_CHARACTERS) : (value as unknown)])) as unknown as ErrorData;
}

/** A failure as text of bounded length. */
export function printFailure({ worker, errors }: JobFailure): string {
  return JSON.stringify({ worker, errors: errors.slice(0, KEPT_ERRORS).map(({ row, error }) => ({ row, error: shorten(error) })) });
}

/** A failure from its text. What isn't one (BullMQ's own words, another version's, nothing at all) becomes one. */
export function parseFailure(text: string | undefined): JobFailure {
  try {
    const parsed = failureSchema.safeParse(JSON.parse(text ?? ''));
    if (parsed.success) return parsed.data;
  } catch {
    // told below
  }
  return { worker: '', errors: [{ row: -1, error: runError('fleet.job-failed', 'Job', 'must be done', { got: (text ?? 'no reason').slice(0, KEPT_CHARACTERS) }).data }] };
}
