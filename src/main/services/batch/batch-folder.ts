import { join } from 'node:path';
import type { BatchPlan } from '../../../contract/batch-plan.ts';
import { inputError } from '../../../contract/errors.ts';
import { comparePlans, printChanges } from './compare-plans.ts';

/** Where a batch keeps what it knows of itself, below its output folder. */
export interface BatchFolder {
  /** The output folder. */
  readonly outputs: string;
  /** Holds everything below, and the lock. */
  readonly state: string;
  readonly plan: string;
  readonly journal: string;
  readonly requests: string;
  /** Outputs that somebody has changed are moved here before they are rendered again. */
  readonly setAside: string;
}

/** Name of the hidden folder. */
export const STATE_FOLDER = '.engram-batch';

/** The paths of a batch with this output folder. */
export function batchFolder(outputs: string): BatchFolder {
  const state = join(outputs, STATE_FOLDER);
  return { outputs, state, plan: join(state, 'plan.json'), journal: join(state, 'journal.jsonl'), requests: join(state, 'requests'), setAside: join(state, 'set-aside') };
}

/** The refusal to mix the outputs of two batches. */
export function otherBatchError(folder: string, there: BatchPlan, wanted: BatchPlan): Error {
  return inputError('batch.other', folder, `must be empty or hold outputs of batch "${wanted.name}" as it is now`, {
    path: folder, got: there.name === wanted.name ? `an earlier form of "${there.name}" (the batch file, its graph, a model or a table has changed since): ${printChanges(comparePlans(there, wanted)) ?? 'the same rows in another order'}` : `batch "${there.name}" with ${there.rows.length} rows`,
    hint: 'Name another folder with --out, or go on with the plan that is there with --resume',
  });
}
