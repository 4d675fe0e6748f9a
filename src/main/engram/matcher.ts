/** One occurrence of one key in a prompt. */
export interface KeyMatch {
  /** Index of the table in the list that the matcher was made of. */
  readonly table: number;
  /** Row of the table. */
  readonly row: number;
  /** First position in the prompt's token ids. */
  readonly start: number;
  /** Tokens covered. */
  readonly length: number;
}

/** Counts the work of a match, to show that it doesn't grow with the number of keys. */
export interface MatchCost {
  /** Steps along the trie that were asked for, hits and misses. */
  lookups: number;
}

/** Keys of several tables, ready to be found in prompts. */
export interface Matcher {
  /** Number of keys over all tables. */
  readonly keyCount: number;
  /** Length of the longest key; it bounds the work per position. */
  readonly longestKey: number;
  /**
   * Every occurrence of every key at any position of a prompt's ids, special tokens and padding included (paper 2.4). Ordered by start, length, table, row.
   * One pass: at most min(positions left, longest key) lookups per position, and it stops at the first token that no key goes on with.
   */
  match(ids: readonly number[], cost?: MatchCost): KeyMatch[];
}

const ROOT = 0;
const NONE = -1;

/**
 * Builds a trie over the keys of all tables. New registries are closed under prefixes from 2-grams on; imported ones need not be: prefixes that are no key are
 * inner nodes.
 * @param tables Per table its keys; the row of a key is its index. Equal keys, within a table or across tables, all match. Empty keys never match.
 */
export function buildMatcher(tables: readonly (readonly (readonly number[])[])[]): Matcher {
  let keyCount = 0;
  let longestKey = 0;
  for (const keys of tables) {
    keyCount += keys.length;
    for (const key of keys) longestKey = Math.max(longestKey, key.length);
  }
  const trie = new Trie(keyCount);
  tables.forEach((keys, table) => { keys.forEach((key, row) => { trie.add(key, table, row); }); });
  return { keyCount, longestKey, match: (ids, cost = { lookups: 0 }) => trie.match(ids, cost) };
}

/**
 * Edges lie in an open-addressed hash table over (node, token) that doubles when it is two thirds full, all of it in typed arrays: 100,000 concepts of 7 tokens
 * make 2.1 million nodes. The keys that end at a node form a chain, the newest first.
 */
class Trie {
  private from = new Int32Array(8).fill(NONE);
  private token = new Int32Array(8);
  private to = new Int32Array(8);
  /** The newest key that ends at the target of an edge, or NONE. */
  private newest = new Int32Array(8).fill(NONE);
  private nodeCount = 1;
  private readonly older: Int32Array;
  private readonly table: Int32Array;
  private readonly row: Int32Array;
  private keyCount = 0;

  constructor(maxKeys: number) {
    this.older = new Int32Array(maxKeys);
    this.table = new Int32Array(maxKeys);
    this.row = new Int32Array(maxKeys);
  }

  add(key: readonly number[], table: number, row: number): void {
    if (key.length === 0) return;
    let slot = NONE;
    for (const token of key) slot = this.edge(slot === NONE ? ROOT : this.to[slot]!, token);
    this.older[this.keyCount] = this.newest[slot]!;
    this.table[this.keyCount] = table;
    this.row[this.keyCount] = row;
    this.newest[slot] = this.keyCount;
    this.keyCount += 1;
  }

  match(ids: readonly number[], cost: MatchCost): KeyMatch[] {
    const matches: KeyMatch[] = [];
    for (let start = 0; start < ids.length; start += 1) {
      let node = ROOT;
      for (let end = start; end < ids.length; end += 1) {
        cost.lookups += 1;
        const slot = this.slotOf(node, ids[end]!);
        if (this.from[slot] === NONE) break;
        this.collect(slot, start, end + 1 - start, matches);
        node = this.to[slot]!;
      }
    }
    return matches;
  }

  /** Appends the keys that end at an edge's target in the order in which they were added: by table, then row. */
  private collect(slot: number, start: number, length: number, matches: KeyMatch[]): void {
    const first = matches.length;
    for (let key = this.newest[slot]!; key !== NONE; key = this.older[key]!) {
      matches.push({ table: this.table[key]!, row: this.row[key]!, start, length });
    }
    for (let low = first, high = matches.length - 1; low < high; low += 1, high -= 1) swap(matches, low, high);
  }

  /** The slot of an edge, which is made, with a new node at its end, when there is none. */
  private edge(node: number, token: number): number {
    if (this.nodeCount * 3 > this.from.length * 2) this.grow();
    const slot = this.slotOf(node, token);
    if (this.from[slot] === NONE) {
      this.put(slot, node, token, this.nodeCount, NONE);
      this.nodeCount += 1;
    }
    return slot;
  }

  private grow(): void {
    const { from, token, to, newest } = this;
    const length = from.length * 2;
    [this.from, this.token, this.to, this.newest] = [new Int32Array(length).fill(NONE), new Int32Array(length), new Int32Array(length), new Int32Array(length)];
    from.forEach((node, slot) => {
      if (node !== NONE) this.put(this.slotOf(node, token[slot]!), node, token[slot]!, to[slot]!, newest[slot]!);
    });
  }

  private put(slot: number, from: number, token: number, to: number, newest: number): void {
    this.from[slot] = from;
    this.token[slot] = token;
    this.to[slot] = to;
    this.newest[slot] = newest;
  }

  /** The slot of an edge, or the free slot where it would go. The length is a power of two. */
  private slotOf(node: number, token: number): number {
    const mask = this.from.length - 1;
    let slot = mix(node, token) & mask;
    while (this.from[slot] !== NONE && (this.from[slot] !== node || this.token[slot] !== token)) slot = (slot + 1) & mask;
    return slot;
  }
}

/** Spreads (node, token) over 32 bits: two rounds of multiply and shift (constants of MurmurHash3's finaliser). */
function mix(node: number, token: number): number {
  let hash = Math.imul(node, 0x9e3779b1) ^ token;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

function swap(matches: KeyMatch[], one: number, other: number): void {
  [matches[one], matches[other]] = [matches[other]!, matches[one]!];
}
