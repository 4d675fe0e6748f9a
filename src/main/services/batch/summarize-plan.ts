import type { BatchPlan, PlanSummary } from '../../../contract/batch-plan.ts';

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
