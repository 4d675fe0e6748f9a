/** Intervals that the estimate rests on: enough for several groups of rows that end together, few enough to follow a change of pace. */
const WINDOW = 64;

/**
 * Time that the rest of a batch takes, from the time that rows took which were really computed.
 * Pauses don't count, nor does a machine that sleeps: the clock is one that stands still meanwhile. Rows from the cache don't count either.
 */
export class TimeLeft {
  private readonly intervals: number[] = [];
  /** Since when the running interval counts; undefined in a pause. */
  private since: number | undefined;
  private carried = 0;

  /** @param clock Milliseconds from any start, never falling. */
  constructor(private readonly clock: () => number = () => performance.now()) {}

  start(): void {
    this.since ??= this.clock();
  }

  pause(): void {
    if (this.since !== undefined) this.carried += this.clock() - this.since;
    this.since = undefined;
  }

  /** A row has ended. @param computed Whether it took the time that the others will take. @returns seconds since the row before it, or undefined when it doesn't count. */
  rowEnded(computed: boolean): number | undefined {
    const now = this.clock();
    const interval = (this.carried + (this.since === undefined ? 0 : now - this.since)) / 1000;
    this.carried = 0;
    if (this.since !== undefined) this.since = now;
    if (!computed) return undefined;
    this.intervals.push(interval);
    if (this.intervals.length > WINDOW) this.intervals.shift();
    return interval;
  }

  /** Seconds per row, rows side by side taken together; undefined until one was measured. */
  perRow(): number | undefined {
    if (this.intervals.length === 0) return undefined;
    return this.intervals.reduce((sum, interval) => sum + interval, 0) / this.intervals.length;
  }

  /** @param rows That are still to come. @returns seconds, or undefined as long as nothing was measured. */
  left(rows: number): number | undefined {
    const perRow = this.perRow();
    return perRow === undefined ? undefined : perRow * rows;
  }
}
