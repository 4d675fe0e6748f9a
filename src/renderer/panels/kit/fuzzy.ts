import { fuzzySearch } from '../../graph/index.ts';

/** The items that match a text, best first; all of them, in their own order, for no text. */
export function fuzzy<T>(items: readonly T[], text: string, textOf: (item: T) => string): readonly T[] {
  return fuzzySearch(items, text, textOf, textOf).map(({ item }) => item);
}
