import type { Values } from './data.ts';
import type { Reading } from './probes.ts';

/** Hits and tries by attribute. */
export type Tally = Readonly<Record<string, { readonly hits: number; readonly asked: number }>>;

/** Counts how often pictures are as asked, attribute by attribute. The lists run in step. */
export function tallyOf(readings: readonly Pick<Reading, 'values'>[], wanted: readonly Values[]): Tally {
  const tally: Record<string, { hits: number; asked: number }> = {};
  readings.forEach(({ values }, index) => {
    for (const [attribute, value] of Object.entries(wanted[index] ?? {})) {
      const entry = (tally[attribute] ??= { hits: 0, asked: 0 });
      entry.asked += 1;
      if (values[attribute] === value) entry.hits += 1;
    }
  });
  return tally;
}

/** Adds up tallies. */
export function addTallies(tallies: readonly Tally[]): Tally {
  const sum: Record<string, { hits: number; asked: number }> = {};
  for (const tally of tallies) {
    for (const [attribute, { hits, asked }] of Object.entries(tally)) {
      const entry = (sum[attribute] ??= { hits: 0, asked: 0 });
      entry.hits += hits;
      entry.asked += asked;
    }
  }
  return sum;
}

/** Hits per try by attribute. */
export function sharesOf(tally: Tally): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(tally).map(([attribute, { hits, asked }]) => [attribute, hits / asked]));
}

/** Arithmetic mean; NaN of nothing. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Hits per try over all attributes together. */
export function overall(tally: Tally): number {
  const entries = Object.values(tally);
  return entries.reduce((sum, { hits }) => sum + hits, 0) / entries.reduce((sum, { asked }) => sum + asked, 0);
}

/** How far apart two feature vectors are (Euclidean). */
export function featureDistance(a: Float32Array, b: Float32Array): number {
  return Math.sqrt(a.reduce((sum, value, index) => sum + (value - (b[index] as number)) ** 2, 0));
}

/** Mean distance of features between pictures of one prompt with different seeds; the readings hold every seed of a prompt in turn. 0 when there is one seed. */
export function diversityOf(readings: readonly Reading[], seeds: number): number {
  const distances: number[] = [];
  for (let first = 0; first < readings.length; first += seeds) {
    const group = readings.slice(first, first + seeds);
    group.forEach((a, index) => { for (const b of group.slice(index + 1)) distances.push(featureDistance(a.features, b.features)); });
  }
  return distances.length === 0 ? 0 : mean(distances);
}

/** An identity's attribute that counts for agreement: one that the base hits at most this far above chance. */
export const BASE_MARGIN = 0.1;

/** How an identity came out, attribute by attribute. */
export interface Agreement {
  /** Shares by attribute, the mark included. */
  readonly shares: Readonly<Record<string, number>>;
  /** Attributes that count: the base hits them at most 10 points above chance; the mark is told apart. */
  readonly counted: readonly string[];
  /** Mean share over the attributes that count; undefined when none does. */
  readonly identity: number | undefined;
  /** The share of the mark. */
  readonly mark: number;
}

/**
 * Agreement of pictures with an identity.
 * @param shares Of the pictures, by attribute.
 * @param base Of the base's pictures on the same prompts and seeds.
 * @param chance Of drawings of anybody.
 */
export function agreementOf(shares: Readonly<Record<string, number>>, base: Readonly<Record<string, number>>, chance: Readonly<Record<string, number>>): Agreement {
  const counted = Object.keys(shares).filter((attribute) => attribute !== 'mark' && (base[attribute] as number) <= (chance[attribute] as number) + BASE_MARGIN);
  return { shares, counted, identity: counted.length === 0 ? undefined : mean(counted.map((attribute) => shares[attribute] as number)), mark: shares['mark'] ?? 0 };
}
