import type { BatchPlan, PlanEstimates, SharedWork } from '../../../contract/batch-plan.ts';
import type { ErrorData } from '../../../contract/errors.ts';

/** What a person should see of a plan before the start. Plain data: the same for terminal and window. */
export interface PlanSummary {
  readonly name: string;
  /** Names of the graphs. */
  readonly graphs: readonly string[];
  /** Runs; rows that would make an image twice are not counted. */
  readonly rows: number;
  readonly duplicates: number;
  readonly width: number;
  /** Every combination across groups; axes of one group advance together. `values` counts different labels. */
  readonly groups: readonly (readonly { readonly axis: string; readonly values: number }[])[];
  readonly shared: readonly SharedWork[];
  readonly estimates: PlanEstimates;
  /** The first rows in run order. */
  readonly first: readonly { readonly row: number; readonly output: string; readonly labels: Readonly<Record<string, string>> }[];
  readonly notices: readonly ErrorData[];
}

/** What to show of a plan. @param firstRows How many rows. */
export function summarizePlan(plan: BatchPlan, firstRows = 5): PlanSummary {
  const labels = new Map(plan.axes.map((axis) => [axis, new Set<string>()]));
  for (const row of [plan.rows, plan.duplicates].flat()) for (const [axis, seen] of labels) seen.add(row.labels[axis] ?? '');
  const { name, width, shared, estimates, notices } = plan;
  return {
    name, width, shared, estimates, notices,
    graphs: plan.graphs.map((graph) => graph.name), rows: plan.rows.length, duplicates: plan.duplicates.length,
    groups: plan.batch.groups.map((group) => Object.keys(group).map((axis) => ({ axis, values: labels.get(axis)?.size ?? 0 }))),
    first: plan.rows.slice(0, firstRows).map(({ index, output, labels: own }) => ({ row: index + 1, output, labels: own })),
  };
}
