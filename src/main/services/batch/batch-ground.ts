import type { BatchPlan, PlannedGraph } from '../../../contract/batch-plan.ts';
import type { NodeSchema } from '../../../contract/node.ts';
import type { NodeRunner } from '../../runtime/node-runner.ts';
import type { RunFiles } from '../../runtime/plan-graph.ts';
import { planRowWidth } from '../../runtime/plan-row-width.ts';
import type { FileHashes } from '../file-hashes.ts';
import { createRunFiles } from '../run-files.ts';
import { batchFolder } from './batch-folder.ts';
import type { BatchHistory } from './history.ts';
import { outliveEngine } from './patient-runner.ts';
import { planBatch, rowScope, type PlanBatchOptions } from './plan-batch.ts';
import { readPlan } from './plan-file.ts';
import type { LoadedBatch } from './read-batch.ts';
import type { RunRow } from './run-row.ts';

/** What all batches of this machine are planned with: the same for command line and studio. */
export interface BatchGround {
  readonly catalogue: readonly NodeSchema[];
  /** Named model roots. */
  readonly roots: Readonly<Record<string, string>>;
  readonly hashes: FileHashes;
  readonly history: BatchHistory;
}

/** Where the rows of a batch run: the engine process of this machine, or a fleet. */
export interface BatchPlace {
  readonly runner: NodeRunner;
  /** Runs one row; with the runner when left out. */
  readonly runRow?: RunRow;
  /** Rows under way at a time; the plan's width when left out. */
  readonly rowsAtOnce?: number;
  close(): Promise<void>;
}

/** How rows of a plan find their files on this machine. */
export function rowFilesOn({ roots, hashes }: Pick<BatchGround, 'roots' | 'hashes'>): (plan: BatchPlan, graph: PlannedGraph) => RunFiles {
  return (plan, graph) => createRunFiles(rowScope(graph.folder, plan.folder, roots), hashes);
}

/** What one run of a model may take is measured on the first row of each graph. */
function measuredWidth({ roots, hashes }: BatchGround, folder: string, runner: NodeRunner, signal: AbortSignal): NonNullable<PlanBatchOptions['chooseWidth']> {
  return async (firstRows) => {
    const widths: number[] = [];
    for (const { graph, folder: graphFolder } of firstRows) {
      const files = createRunFiles(rowScope(graphFolder, folder, roots), hashes);
      widths.push((await outliveEngine(() => planRowWidth({ graph, where: graphFolder, runner, files, signal }))) ?? 1);
    }
    return Math.min(...widths);
  };
}

/** Without the machines that will run it at hand, nothing is known of their memory: on a fleet each row stands alone, unless the file says a width. */
function chooserFor(place: BatchPlace, ground: BatchGround, folder: string, signal: AbortSignal): NonNullable<PlanBatchOptions['chooseWidth']> {
  return place.runRow === undefined ? measuredWidth(ground, folder, place.runner, signal) : () => Promise.resolve(1);
}

/**
 * Plans a batch into an output folder: rows that the plan there has keep their names, and so their images.
 * @param where Where it will run; left out for a look at what it comes to, for which no engine is needed.
 * @returns the plan, and the one that the folder has.
 * @throws BatchFaults with every fault of the batch; AppError `batch.plan-damaged`.
 */
export async function planInto(loaded: LoadedBatch, outputFolder: string, ground: BatchGround, where?: { readonly place: BatchPlace; readonly signal: AbortSignal }): Promise<{ readonly plan: BatchPlan; readonly previous: BatchPlan | undefined }> {
  const previous = await readPlan(batchFolder(outputFolder).plan);
  const plan = await planBatch({
    loaded, ...ground, ...(where === undefined ? {} : { chooseWidth: chooserFor(where.place, ground, loaded.folder, where.signal) }), ...(previous === undefined ? {} : { previous }),
  });
  return { plan, previous };
}
