import { resolve } from 'node:path';
import { planInto } from '../services/batch/batch-ground.ts';
import { BatchHistory } from '../services/batch/history.ts';
import { readBatch } from '../services/batch/read-batch.ts';
import { summarizePlan } from '../services/batch/summarize-plan.ts';
import { nodeCatalogue } from './catalogue.ts';
import type { Console } from './console.ts';
import { describePlan, describePlanChanges } from './describe-plan.ts';
import { openWorkspace } from './workspace.ts';

export interface DryRunFlags {
  readonly set: readonly string[];
  readonly out: string;
  readonly models?: string;
  readonly json?: true;
}

/**
 * Says what a batch comes to, without an engine and without writing anything: runs, what they share, time and disk expected, the first rows,
 * and what has changed since the plan in the output folder.
 * @throws BatchFaults with every fault of the batch.
 */
export async function dryRunBatch(path: string, flags: DryRunFlags, console: Console): Promise<void> {
  const workspace = await openWorkspace(flags.models);
  const ground = { catalogue: nodeCatalogue(), roots: workspace.roots, hashes: workspace.hashes, history: await BatchHistory.open(workspace.settings.cacheFolder) };
  const { plan, previous } = await planInto(await readBatch(path, flags.set), resolve(flags.out), ground);
  const changes = previous === undefined ? undefined : describePlanChanges(previous, plan);
  if (flags.json === true) return console.out(JSON.stringify({ ...summarizePlan(plan), ...(changes === undefined ? {} : { changes }) }));
  console.out(describePlan(plan));
  return changes === undefined ? undefined : console.out(`  note: ${changes}`);
}
