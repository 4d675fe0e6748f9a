/** What may go on beside work: anything (`free`), anything but other work of its kind (`device`), nothing (`alone`). */
export type GateKind = 'free' | 'device' | 'alone';

/** How work came out. */
export type GateOutcome<T> =
  | { readonly value: T }
  /** `accompanied`: other work went on at some time while this did. */
  | { readonly error: unknown; readonly accompanied: boolean };

interface Flight {
  readonly kind: GateKind;
  accompanied: boolean;
  readonly enter: () => void;
}

/** Lets work begin when its kind allows it, in order of arrival among those that keep each other out. */
export class RunGate {
  private readonly flying = new Set<Flight>();
  private readonly waiting = new Set<Flight>();

  /** Runs work once what goes on allows it. Never rejects. */
  async pass<T>(kind: GateKind, work: () => Promise<T>): Promise<GateOutcome<T>> {
    const flight = await new Promise<Flight>((resolve) => {
      const entered: Flight = { kind, accompanied: false, enter: () => { resolve(entered); } };
      this.waiting.add(entered);
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
    for (const next of this.waiting) {
      if (this.mayEnter(next.kind)) this.enter(next);
      // What must be alone isn't overtaken, or it might wait for ever.
      else if (next.kind === 'alone') return;
    }
  }

  private mayEnter(kind: GateKind): boolean {
    if (kind === 'alone') return this.flying.size === 0;
    return ![...this.flying].some((flight) => flight.kind === 'alone' || (kind === 'device' && flight.kind === 'device'));
  }

  private enter(flight: Flight): void {
    this.waiting.delete(flight);
    flight.accompanied = this.flying.size > 0;
    for (const other of this.flying) other.accompanied = true;
    this.flying.add(flight);
    flight.enter();
  }
}
