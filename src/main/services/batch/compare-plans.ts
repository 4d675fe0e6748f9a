import type { BatchPlan, PlannedRow } from '../../../contract/batch-plan.ts';

/** What has become of a batch since it was planned: by row keys, so that a row is the same row wherever it stands in the file. */
export interface PlanChanges {
  /** Rows of both, under the same name: done ones stay done. */
  readonly same: readonly PlannedRow[];
  /** Rows of both whose outputs are called something else now. */
  readonly renamed: readonly { readonly row: PlannedRow; readonly before: string }[];
  /** Rows that only the later plan has. */
  readonly added: readonly PlannedRow[];
  /** Rows that only the earlier plan has. */
  readonly gone: readonly PlannedRow[];
  /** Names of added rows that belonged to a row that is gone or renamed: a file of that name would be taken for theirs. */
  readonly reused: readonly string[];
  /** Images per run of the model, before and after, where they differ: then no row is the same. */
  readonly width: { readonly before: number; readonly after: number } | undefined;
}

/** Changes in numbers: `4 rows as before, 2 new, 1 gone`; undefined where the plans are equal. */
export function printChanges({ same, renamed, added, gone, width }: PlanChanges): string | undefined {
  if (renamed.length + added.length + gone.length === 0) return undefined;
  const parts = [`${same.length} ${same.length === 1 ? 'row' : 'rows'} as before`, `${added.length} new`, `${gone.length} gone`];
  if (renamed.length > 0) parts.push(`${renamed.length} under another name`);
  if (width !== undefined) parts.push(`width ${width.before} -> ${width.after}: pixels depend on it`);
  return parts.join(', ');
}

/** Compares a plan with an earlier one of the same output folder. */
export function comparePlans(before: BatchPlan, after: BatchPlan): PlanChanges {
  const earlier = new Map(before.rows.map((row) => [row.id, row]));
  const later = new Set(after.rows.map(({ id }) => id));
  const same: PlannedRow[] = [];
  const renamed: { row: PlannedRow; before: string }[] = [];
  const added: PlannedRow[] = [];
  for (const row of after.rows) {
    const old = earlier.get(row.id);
    if (old === undefined) added.push(row);
    else if (old.output === row.output) same.push(row);
    else renamed.push({ row, before: old.output });
  }
  const gone = before.rows.filter(({ id }) => !later.has(id));
  const free = new Set([...gone.map(({ output }) => output), ...renamed.map((one) => one.before)]);
  const reused = [...added, ...renamed.map(({ row }) => row)].map(({ output }) => output).filter((output) => free.has(output));
  return { same, renamed, added, gone, reused, width: before.width === after.width ? undefined : { before: before.width, after: after.width } };
}
