/** How work came out. */
export type GateOutcome<T> =
  | { readonly value: T }
  /** `accompanied`: other work went on at some time while this did. */
  | { readonly error: unknown; readonly accompanied: boolean };

interface Flight {
  readonly alone: boolean;
  accompanied: boolean;
  readonly enter: () => void;
}

/** Lets work run beside other work, or alone; in order of arrival, so that what must be alone isn't kept waiting for ever. */
export class RunGate {
  private readonly flying = new Set<Flight>();
  private readonly waiting: Flight[] = [];

  /** Runs work beside other work. Never rejects. */
  together<T>(work: () => Promise<T>): Promise<GateOutcome<T>> {
    return this.pass(false, work);
  }

  /** Runs work when no other does, and lets none begin meanwhile. Never rejects. */
  alone<T>(work: () => Promise<T>): Promise<GateOutcome<T>> {
    return this.pass(true, work);
  }

  private async pass<T>(alone: boolean, work: () => Promise<T>): Promise<GateOutcome<T>> {
    const flight = await new Promise<Flight>((resolve) => {
      const entered: Flight = { alone, accompanied: false, enter: () => { resolve(entered); } };
      this.waiting.push(entered);
      this.admit();
    });
    try {
      return { value: await work() };
    } catch (error) {
      return { error, accompanied: flight.accompanied };
    } finally {
      this.flying.delete(flight);
      this.admit();
    }
  }

  private admit(): void {
    for (let [next] = this.waiting; next !== undefined; [next] = this.waiting) {
      if (this.flying.size > 0 && (next.alone || [...this.flying].some(({ alone }) => alone))) return;
      this.waiting.shift();
      next.accompanied = this.flying.size > 0;
      for (const other of this.flying) other.accompanied = true;
      this.flying.add(next);
      next.enter();
    }
  }
}
