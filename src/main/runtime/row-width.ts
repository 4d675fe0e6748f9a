/**
 * The largest width from 1 to `widest` whose need of memory stays within the budget; 1 when none does. Found by halving: memory grows with width.
 * @param memory Bytes that a run of this width holds.
 */
export async function chooseRowWidth(widest: number, budget: number, memory: (width: number) => Promise<number>): Promise<number> {
  let [fits, above] = [1, widest + 1];
  // The whole range first: where there is enough memory one estimate says so.
  for (let width = widest; above - fits > 1; width = Math.floor((fits + above) / 2)) {
    if ((await memory(width)) <= budget) fits = width;
    else above = width;
  }
  return fits;
}
