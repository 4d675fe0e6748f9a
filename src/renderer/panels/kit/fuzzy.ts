import UFuzzy from '@leeoniya/ufuzzy';

// One typed mistake inside a word is forgiven, words may come in any order.
const SEARCH = new UFuzzy({ intraMode: 1, intraIns: 2 });

/** The items that match a text, best first; all of them, in their own order, for no text. */
export function fuzzy<T>(items: readonly T[], text: string, textOf: (item: T) => string): readonly T[] {
  const needle = text.trim();
  if (needle === '') return items;
  const haystack = items.map(textOf);
  const [indexes, info, order] = SEARCH.search(haystack, needle, 1);
  if (!indexes) return [];
  const sorted = info && order ? order.map((at) => info.idx[at]) : indexes;
  return sorted.flatMap((index) => (index === undefined ? [] : (items[index] as T)));
}
