import { join } from 'node:path';
import { z } from 'zod';
import { batchFileSchema } from '../../../contract/batch-file.ts';
import { PLAN_FORMAT_VERSION, type BatchPlan } from '../../../contract/batch-plan.ts';
import { inputError, runError } from '../../../contract/errors.ts';
import { writeFileAtomic } from '../atomic-write.ts';
import { errorCode, nodeFileSystem, type FileSystem } from '../file-system.ts';

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

const hash = z.string().regex(/^[0-9a-f]{64}$/);

/** What a plan is checked for when it is read back: enough that nothing that uses it meets something else. Its writer is this program. */
const storedPlanSchema = z.looseObject({
  format: z.literal('engram-batch-plan'),
  version: z.int().min(1).max(PLAN_FORMAT_VERSION),
  batchKey: hash,
  name: z.string(),
  folder: z.string(),
  batch: batchFileSchema,
  width: z.int().min(1),
  graphs: z.array(z.looseObject({ name: z.string(), folder: z.string(), shape: z.string(), graph: z.looseObject({ nodes: z.record(z.string(), z.looseObject({})) }), writers: z.array(z.looseObject({})) })).min(1),
  rows: z.array(z.looseObject({ index: z.int().min(0), id: hash, graph: z.int().min(0), output: z.string().min(1), labels: z.record(z.string(), z.string()), set: z.record(z.string(), z.unknown()) })),
  axes: z.array(z.string()),
});

function damaged(path: string, got: string): Error {
  return runError('batch.plan-damaged', path, 'must be the plan that this program has written', { path, got: got.slice(0, 300), hint: 'Plan into another folder with --out; the images in this one stay as they are' });
}

/**
 * Reads the plan of a folder.
 * @returns undefined when there is none.
 * @throws AppError `batch.plan-damaged`, `files.read`.
 */
export async function readStoredPlan(path: string, fileSystem: FileSystem = nodeFileSystem): Promise<BatchPlan | undefined> {
  let text: string;
  try {
    text = await fileSystem.readFile(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return undefined;
    throw runError('files.read', path, 'plan must be readable', { got: (error as Error).message, path });
  }
  let raw: unknown;
  try {
    raw = JSON.parse(text) as unknown;
  } catch (error) {
    throw damaged(path, (error as Error).message);
  }
  const parsed = storedPlanSchema.safeParse(raw);
  if (!parsed.success) throw damaged(path, z.prettifyError(parsed.error));
  const plan = raw as BatchPlan;
  if (plan.rows.some((row) => plan.graphs[row.graph] === undefined)) throw damaged(path, 'a row of a graph that is not there');
  return plan;
}

/** Writes the plan of a folder, once. @throws AppError `files.write`. */
export async function writeStoredPlan(path: string, plan: BatchPlan, fileSystem: FileSystem = nodeFileSystem): Promise<void> {
  await writeFileAtomic(path, JSON.stringify(plan), fileSystem);
}

/** The refusal to mix the outputs of two batches. */
export function otherBatchError(folder: string, there: BatchPlan, wanted: BatchPlan): Error {
  return inputError('batch.other', folder, `must be empty or hold outputs of batch "${wanted.name}" as it is now`, {
    path: folder, got: there.name === wanted.name ? `an earlier form of "${there.name}" with ${there.rows.length} rows: the batch file, its graph, a model or a table has changed since` : `batch "${there.name}" with ${there.rows.length} rows`,
    hint: 'Name another folder with --out, or go on with the plan that is there with --resume',
  });
}
