/** Rows that the speed is measured over. */
const MEASURED_ROWS = 20;

/** Measures how fast a worker is, over its last rows, without the time in which it had nothing to do. */
export class RowSpeed {
  private readonly seconds: number[] = [];

  add(seconds: number): void {
    this.seconds.push(seconds);
    if (this.seconds.length > MEASURED_ROWS) this.seconds.shift();
  }

  /** Rows per hour; undefined until two rows were measured. */
  perHour(): number | undefined {
    const sum = this.seconds.reduce((total, value) => total + value, 0);
    return this.seconds.length < 2 || sum === 0 ? undefined : (3600 * this.seconds.length) / sum;
  }
}

/** Waits, but not longer than until the signal is aborted or `wake` is called. */
export class Nap {
  private end: (() => void) | undefined;

  async sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.end = () => { clearTimeout(timer); resolve(); };
      signal.addEventListener('abort', this.end, { once: true });
    });
    if (this.end !== undefined) signal.removeEventListener('abort', this.end);
    this.end = undefined;
  }

  wake(): void {
    this.end?.();
  }
}

/** Settles with the promise, or with undefined as soon as the signal is aborted: what waits for a Redis that is away must not keep a worker from ending. */
export async function unlessStopped<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  if (signal.aborted) return undefined;
  let stop: () => void = () => undefined;
  const stopped = new Promise<undefined>((resolve) => { stop = () => resolve(undefined); });
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await Promise.race([promise, stopped]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
