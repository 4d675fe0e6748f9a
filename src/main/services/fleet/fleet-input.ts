import { basename } from 'node:path';
import type { BatchPlan, PlannedGraph } from '../../../contract/batch-plan.ts';
import type { NodeSchema } from '../../../contract/node.ts';
import { readsPath } from '../../../contract/params.ts';
import type { RunFiles } from '../../runtime/plan-graph.ts';
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

/** Values of params that name what is read, by graph: those of the graph itself and those that rows set. */
function readValues(plan: BatchPlan, catalogue: readonly NodeSchema[]): { readonly graph: number; readonly value: string }[] {
  const schemas = new Map(catalogue.map((schema) => [schema.type, schema]));
  const values = new Map<string, { graph: number; value: string }>();
  const note = (graph: number, type: string | undefined, param: string, value: unknown): void => {
    const schema = type === undefined ? undefined : schemas.get(type)?.params[param];
    if (readsPath(schema, value)) values.set(`${graph}\n${value}`, { graph, value });
  };
  for (const [index, { graph }] of plan.graphs.entries()) {
    for (const { type, params } of Object.values(graph.nodes)) {
      const defaults = Object.entries(schemas.get(type)?.params ?? {}).map(([name, { default: value }]) => [name, value] as const);
      for (const [name, value] of Object.entries({ ...Object.fromEntries(defaults), ...params })) note(index, type, name, value);
    }
  }
  for (const row of plan.rows) {
    for (const [target, value] of Object.entries(row.set)) {
      const dot = target.indexOf('.');
      note(row.graph, plan.graphs[row.graph]?.graph.nodes[target.slice(0, dot)]?.type, target.slice(dot + 1), value);
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
