/** A row that waits to run with others. */
export interface WaitingRow {
  /** Rows with equal texts fit together. */
  readonly group: string;
  /** Items that it has for the model: images. */
  readonly items: number;
  /** Items per run of the model. */
  readonly width: number;
  /** How often others were taken before it. */
  readonly passes: number;
}

/** How often a row lets others go first: one that fits with none would else wait for the end of a batch. */
const MAX_PASSES = 8;

/**
 * Chooses which of the rows that wait run next. A run of the model takes as long half empty as full, so those are taken that fill it best: the group with the most
 * items, and of it as many rows as fill one run, or all of them when that fills runs better. Who is left gets company from rows that come later.
 * @returns places in the list, in its order; at least one
 */
export function chooseRows(rows: readonly WaitingRow[]): number[] {
  const groups = new Map<string, number[]>();
  rows.forEach(({ group }, index) => groups.set(group, [...(groups.get(group) ?? []), index]));
  const itemsOf = (indices: readonly number[]): number => indices.reduce((sum, index) => sum + (rows[index] as WaitingRow).items, 0);
  const waitedLongest = rows.find(({ passes }) => passes >= MAX_PASSES);
  const [fullest] = [...groups.values()].sort((a, b) => itemsOf(b) - itemsOf(a));
  const all = (waitedLongest === undefined ? fullest : groups.get(waitedLongest.group)) ?? [];
  const width = rows[all[0] ?? 0]?.width ?? 1;
  // One run, or as many as the row with the most items takes: what has run can be written while the rest waits.
  const room = Math.ceil(Math.max(...all.map((index) => (rows[index] as WaitingRow).items)) / width) * width;
  let taken = 0;
  const fitting = all.filter((index) => {
    const { items } = rows[index] as WaitingRow;
    if (taken + items > room) return false;
    taken += items;
    return true;
  });
  const use = (indices: readonly number[]): number => itemsOf(indices) / (Math.ceil(itemsOf(indices) / width) * width);
  return use(fitting) >= use(all) ? fitting : all;
}
