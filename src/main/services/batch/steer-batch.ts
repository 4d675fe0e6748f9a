import type { BatchPlan } from '../../../contract/batch-plan.ts';
import { inputError } from '../../../contract/errors.ts';
import { openQueue, readQueue, type QueueView } from '../queue/durable-queue.ts';
import { lockHolder, takeLock } from '../queue/lock.ts';
import { applyRequest, RequestSpool, type QueueRequest } from '../queue/requests.ts';
import type { BatchFolder } from './batch-folder.ts';
import { readPlan } from './plan-file.ts';

function seedsOf(plan: BatchPlan): { id: string; kind: string; payload: null }[] {
  return plan.rows.map(({ id }) => ({ id, kind: 'batch-row', payload: null }));
}

/** The plan of the batch in a folder. @throws AppError `batch.nothing-there`, `batch.plan-damaged`. */
export async function openPlan(folder: BatchFolder): Promise<BatchPlan> {
  const plan = await readPlan(folder.plan);
  if (plan === undefined) throw inputError('batch.nothing-there', folder.outputs, 'must be the output folder of a batch', { path: folder.outputs });
  return plan;
}

/** How the rows of a batch stand, whoever works on it. `worked`: somebody does now. */
export async function lookAtBatch(folder: BatchFolder, plan: BatchPlan): Promise<QueueView & { readonly worked: boolean }> {
  const worked = (await lockHolder(folder.state)) !== undefined;
  return { ...(await readQueue({ path: folder.journal, seeds: seedsOf(plan), historyLimit: Infinity })), worked };
}

/**
 * Has a request carried out: by the process that works on the batch, or, when there is none, here.
 * @returns what came of it, for people.
 * @throws AppError `queue.state`, `queue.no-answer`, `queue.locked`.
 */
export async function steerBatch(folder: BatchFolder, plan: BatchPlan, request: QueueRequest): Promise<string> {
  const holder = await lockHolder(folder.state);
  if (holder !== undefined) return new RequestSpool(folder.requests).ask(request);
  const lock = await takeLock(folder.state, `Batch in ${folder.outputs}`);
  try {
    const { queue } = await openQueue({ path: folder.journal, seeds: seedsOf(plan) });
    try {
      return `${await applyRequest(queue, request)}; nobody works on the batch now`;
    } finally {
      await queue.close();
    }
  } finally {
    await lock.release();
  }
}
