import uFuzzy from '@leeoniya/ufuzzy';
import type { PaletteCandidate } from './palette.ts';

/** Letters may be missed out between those that are typed; one typing error per word is forgiven. */
const matcher = new uFuzzy({ intraMode: 1, intraIns: 1, intraSub: 1, intraTrn: 1, intraDel: 1 });

/** What is typed beyond this isn't looked at: the matcher's patterns grow faster than the text. */
const MAX_NEEDLE = 40;

/** Something found, with the places in its title that match, for emphasis: `[start, end)` pairs. */
export interface Found<T> {
  readonly item: T;
  readonly marks: readonly (readonly [number, number])[];
}

/**
 * Searches palette candidates by title, type, category and doc; matches in the title come first, then those that stand first in the list (most used).
 * @param needle What was typed; empty finds all, in the order of the list.
 */
export function searchPalette(candidates: readonly PaletteCandidate[], needle: string): Found<PaletteCandidate>[] {
  return fuzzySearch(candidates, needle, ({ schema }) => schema.title, ({ schema }) => `${schema.title} ${schema.type} ${schema.category} ${schema.doc}`);
}

/** Searches any list: by title with forgiveness first, then by words of the longer text. */
export function fuzzySearch<T>(items: readonly T[], needle: string, title: (item: T) => string, text: (item: T) => string): Found<T>[] {
  const words = needle.trim().slice(0, MAX_NEEDLE);
  if (words === '') return items.map((item) => ({ item, marks: [] }));
  const titles = items.map(title);
  const found = rank(titles, words).map(({ index, marks }) => ({ index, item: items[index] as T, marks }));
  const seen = new Set(found.map(({ index }) => index));
  const lower = words.toLowerCase().split(/\s+/);
  const others = items.flatMap((item, index) => {
    const whole = text(item).toLowerCase();
    return !seen.has(index) && lower.every((word) => whole.includes(word)) ? [{ item, marks: [] }] : [];
  });
  return [...found.map(({ item, marks }) => ({ item, marks })), ...others];
}

function rank(titles: string[], needle: string): { readonly index: number; readonly marks: readonly (readonly [number, number])[] }[] {
  const [ids, info, order] = matcher.search(titles, needle, 1);
  if (ids === null) return [];
  if (info === null || order === null) return ids.map((index) => ({ index, marks: [] }));
  return order.map((at) => ({ index: info.idx[at] as number, marks: pairs(info.ranges[at] ?? []) }));
}

function pairs(ranges: readonly number[]): [number, number][] {
  return Array.from({ length: Math.floor(ranges.length / 2) }, (_, index) => [ranges[index * 2] as number, ranges[index * 2 + 1] as number]);
}
