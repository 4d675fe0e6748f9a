/** One thing that was made and not yet freed. */
export interface AliveEntry {
  readonly kind: string;
  readonly label: string;
  /** Where it was made. */
  readonly stack: string;
}

const alive = new Map<symbol, AliveEntry>();

/** Notes that something native was made; call the result when it is freed. Freeing twice does nothing. */
export function trackAlive(kind: string, label: string): () => void {
  const token = Symbol(label);
  const stack = (new Error(kind).stack ?? '').split('\n').slice(2).join('\n');
  alive.set(token, { kind, label, stack });
  return () => {
    alive.delete(token);
  };
}

/** Everything that is alive now. A test that ends with entries here has a leak, and their stacks say whose. */
export function listAlive(): readonly AliveEntry[] {
  return [...alive.values()];
}
