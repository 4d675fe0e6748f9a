import type { TriggerHit, TriggerStream } from '../../../contract/studio-api.ts';

/** Positions [start, end] of tokens, both within. */
export interface TokenSpan {
  readonly start: number;
  readonly end: number;
}

/** Where several rows of one table act on one token: their vectors come together there. */
export function overlapSpans(hits: readonly TriggerHit[]): readonly (TokenSpan & { readonly table: number })[] {
  const spans: { table: number; start: number; end: number }[] = [];
  for (const table of new Set(hits.map((hit) => hit.table))) {
    const counts = new Map<number, number>();
    for (const { table: own, start, length } of hits) {
      for (let at = start; own === table && at < start + length; at += 1) counts.set(at, (counts.get(at) ?? 0) + 1);
    }
    const shared = [...counts].filter(([, count]) => count > 1).map(([at]) => at).sort((a, b) => a - b);
    for (const at of shared) {
      const last = spans.at(-1);
      if (last?.table === table && last.end === at - 1) last.end = at;
      else spans.push({ table, start: at, end: at });
    }
  }
  return spans;
}

/** What is added where it is most: its norm, the norm of the states there, and the token. Undefined when nothing is added or it was not computed. */
export function strongestAddition(tokens: TriggerStream['tokens']): { readonly text: string; readonly added: number; readonly base: number } | undefined {
  const known = tokens.flatMap(({ text, addedNorm, baseNorm }) => (addedNorm !== undefined && addedNorm > 0 && baseNorm !== undefined ? [{ text, added: addedNorm, base: baseNorm }] : []));
  return known.sort((a, b) => b.added - a.added)[0];
}

/** What is added over all tokens where something is added: how many, and its norm relative to that of the states there. Undefined when nothing is added or it was not computed. */
export function wholeAddition(tokens: TriggerStream['tokens']): { readonly tokens: number; readonly ratio: number } | undefined {
  const changed = tokens.flatMap(({ addedNorm, baseNorm }) => (addedNorm !== undefined && addedNorm > 0 && baseNorm !== undefined ? [{ added: addedNorm, base: baseNorm }] : []));
  const [added, base] = [Math.hypot(...changed.map((token) => token.added)), Math.hypot(...changed.map((token) => token.base))];
  return changed.length === 0 || base === 0 ? undefined : { tokens: changed.length, ratio: added / base };
}

/** Norm of what all tables add, where it is most within a hit's tokens; undefined when it was not computed. */
export function addedWithin({ start, length }: TriggerHit, tokens: TriggerStream['tokens']): number | undefined {
  const norms = tokens.flatMap(({ position, addedNorm }) => (position >= start && position < start + length && addedNorm !== undefined ? [addedNorm] : []));
  return norms.length === 0 ? undefined : Math.max(...norms);
}
