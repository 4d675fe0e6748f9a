/** Which content keys are held by whom: a value may be dropped once nobody holds it. */
export class Holds<Holder> {
  private readonly byKey = new Map<string, Set<Holder>>();
  private readonly byHolder = new Map<Holder, Set<string>>();

  add(holder: Holder, key: string): void {
    this.byKey.set(key, (this.byKey.get(key) ?? new Set<Holder>()).add(holder));
    this.byHolder.set(holder, (this.byHolder.get(holder) ?? new Set<string>()).add(key));
  }

  has(key: string): boolean {
    return this.byKey.has(key);
  }

  /** Lets go of keys, which need not have been held. @returns those that nobody holds now */
  drop(holder: Holder, keys: readonly string[]): string[] {
    return keys.filter((key) => {
      const holders = this.byKey.get(key);
      holders?.delete(holder);
      this.byHolder.get(holder)?.delete(key);
      if (holders?.size === 0) this.byKey.delete(key);
      return holders === undefined || holders.size === 0;
    });
  }

  /** Lets go of everything. @returns the keys that nobody holds now */
  dropAll(holder: Holder): string[] {
    const free = this.drop(holder, [...(this.byHolder.get(holder) ?? [])]);
    this.byHolder.delete(holder);
    return free;
  }
}
