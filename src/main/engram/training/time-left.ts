/** Batches of one size that are averaged over: enough to be steady, few enough to follow a machine that becomes busier. */
const WINDOW = 20;

/** Measured batch times, by batch size: batches of 4 and of 1 alternate, so one average over all would be wrong near the end. */
export class BatchTimer {
  private readonly seconds = new Map<number, number[]>();
  private readonly warmedUp = new Set<number>();

  /** Notes one batch. The first of each size also paid for its session, so it only counts until the second one comes. */
  add(size: number, seconds: number): void {
    const times = this.seconds.get(size) ?? [];
    if (!this.warmedUp.has(size) && times.length === 1) {
      times.length = 0;
      this.warmedUp.add(size);
    }
    times.push(seconds);
    this.seconds.set(size, times.slice(-WINDOW));
  }

  /** Expected seconds for so many batches of each size; undefined before anything was measured. A size never met is taken in proportion to the others. */
  expect(sizes: ReadonlyMap<number, number>): number | undefined {
    if (this.seconds.size === 0) return undefined;
    let total = 0;
    for (const [size, count] of sizes) total += count * (this.mean(size) ?? this.perExample() * size);
    return total;
  }

  private mean(size: number): number | undefined {
    const times = this.seconds.get(size);
    return times === undefined ? undefined : times.reduce((sum, time) => sum + time, 0) / times.length;
  }

  private perExample(): number {
    const rates = [...this.seconds.keys()].map((size) => (this.mean(size) ?? 0) / size);
    return rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
  }
}
