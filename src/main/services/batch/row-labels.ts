import type { BatchRowRecord, RowOutput } from '../../../contract/batch-events.ts';
import type { BatchPlan, PlannedRow } from '../../../contract/batch-plan.ts';
import { flattenGraph } from '../../../contract/flatten-graph.ts';
import type { MetadataChoice } from '../../../contract/image-metadata.ts';
import { migrateNode } from '../../runtime/migrations.ts';

/** What a person reads of a row: the value of every axis. */
export type RowLabels = (row: Pick<PlannedRow, 'labels'>) => Readonly<Record<string, string>>;

/**
 * Whether reports on a batch may name prompts and files: as its outputs may. The batch's own setting counts, else that of the nodes of its graphs, those in
 * sub-graphs and of earlier versions included; one that must not tell is enough.
 */
export function reportMetadata(plan: BatchPlan): MetadataChoice {
  const own = plan.batch.output.metadata;
  if (own !== undefined) return own;
  const nodes = plan.graphs.flatMap(({ graph }) => Object.values(flattenGraph(graph).nodes));
  const silent = nodes.some((node) => migrateNode(node, Number.MAX_SAFE_INTEGER).params['metadata'] === 'none');
  return silent ? 'none' : 'full';
}

/** Rows in the order of the batch file. */
export function inFileOrder<T extends { readonly row: PlannedRow }>(records: readonly T[]): T[] {
  return [...records].sort((a, b) => a.row.index - b.row.index);
}

/** Labels of a plan's rows; with `none`, every value is its number on its axis, in the order of the batch file: `3` for the third prompt. */
export function rowLabels(plan: BatchPlan, metadata: MetadataChoice): RowLabels {
  if (metadata === 'full') return ({ labels }) => labels;
  const numbers = new Map<string, Map<string, string>>(plan.axes.map((axis) => [axis, new Map()]));
  for (const { labels } of [...plan.rows, ...plan.duplicates].sort((a, b) => a.index - b.index)) {
    for (const [axis, values] of numbers) {
      const value = labels[axis] ?? '';
      if (!values.has(value)) values.set(value, String(values.size + 1));
    }
  }
  return ({ labels }) => Object.fromEntries([...numbers].map(([axis, values]) => [axis, values.get(labels[axis] ?? '') ?? '']));
}

/** The pictures that a row has made, in the order in which they were written. */
export function picturesOf({ state, result }: BatchRowRecord): readonly RowOutput[] {
  if (state !== 'done' || result === undefined) return [];
  return result.outputs.filter(({ kind }) => kind === 'image' || kind === 'contact-sheet');
}
