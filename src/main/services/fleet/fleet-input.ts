import { basename } from 'node:path';
import type { BatchPlan, PlannedGraph } from '../../../contract/batch-plan.ts';
import type { NodeSchema } from '../../../contract/node.ts';
import { readsPath, type ParamSchema } from '../../../contract/params.ts';
import type { RunFiles } from '../../runtime/plan-graph.ts';
import { reachedBy, runParams, type RunParam } from '../batch/graph-params.ts';
import { isSmall, shareFile, shareFolder } from './fleet-files.ts';
import { measure } from './file-index.ts';
import type { FleetFile } from './fleet-plan.ts';
import type { Store } from './store.ts';

export interface FleetInputOptions {
  readonly plan: BatchPlan;
  readonly catalogue: readonly NodeSchema[];
  /** How a graph of the plan finds its files on this machine. */
  readonly filesOf: (graph: PlannedGraph) => RunFiles;
  readonly store: Store;
  /** Put models into the store as well: gigabytes. */
  readonly shareModels: boolean;
}

/** Values of params that name what is read, by graph: those of the nodes that run, within sub-graphs too, and those that rows set. */
function readValues(plan: BatchPlan, catalogue: readonly NodeSchema[]): { readonly graph: number; readonly value: string }[] {
  const schemas = new Map(catalogue.map((schema) => [schema.type, schema]));
  const values = new Map<string, { graph: number; value: string }>();
  const note = (graph: number, schema: ParamSchema, value: unknown): void => {
    if (readsPath(schema, value)) values.set(`${graph}\n${value}`, { graph, value });
  };
  for (const [index, { graph }] of plan.graphs.entries()) for (const { schema, value } of runParams(graph, schemas)) note(index, schema, value);
  // What a target reaches is the same for all rows of a graph, and there may be very many rows.
  const reached = new Map<string, readonly RunParam[]>();
  for (const row of plan.rows) {
    for (const [target, value] of Object.entries(row.set)) {
      const key = `${row.graph}\n${target}`;
      const params = reached.get(key) ?? reachedBy((plan.graphs[row.graph] as PlannedGraph).graph, target, value, schemas);
      reached.set(key, params);
      for (const { schema } of params) note(row.graph, schema, value);
    }
  }
  return [...values.values()];
}

/**
 * Lists what the rows of a plan read, by contents, and puts what is small into the store.
 * What a graph names and no row needs may be missing: its node is never run.
 */
export async function collectInput(options: FleetInputOptions): Promise<FleetFile[]> {
  const { plan, catalogue, filesOf, store, shareModels } = options;
  const files: FleetFile[] = [];
  for (const { graph, value } of readValues(plan, catalogue)) {
    const access = filesOf(plan.graphs[graph] as PlannedGraph);
    const where = `"${value}"`;
    const path = await access.resolveRead(value, where).catch(() => undefined);
    if (path === undefined) continue;
    const file: FleetFile = { graph, value, contents: await access.fingerprint(path, where), name: basename(path), ...(await measure(path)) };
    files.push(file);
    if (isSmall(file)) await shareFile(store, path);
    else if (shareModels) await shareFolder(store, path, file.contents);
  }
  return files;
}
