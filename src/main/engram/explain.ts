import type { PromptTokens, Tokenizer } from '../core/tokenizers/tokenizer.ts';
import { plainText } from './common-words.ts';
import type { KeyMatch } from './matcher.ts';
import { findSpan } from './spans.ts';
import type { EngramWarning } from './warning.ts';

/** What of a table the explanation needs: its trigger and its keys in this stream. */
export interface ExplainedTable {
  readonly trigger: string;
  /** None where it has no part in this stream: then nothing is said of it there. */
  readonly keys: readonly (readonly number[])[];
  /** False where it is turned off: then its matches are told, but they change nothing and there is nothing to look out for. True when left out. */
  readonly acts?: boolean;
}

export interface ExplainedToken {
  readonly position: number;
  readonly id: number;
  /** The raw piece, for showing. */
  readonly text: string;
  /** False for special tokens and padding. */
  readonly inText: boolean;
}

export interface ExplainedMatch extends KeyMatch {
  readonly trigger: string;
  readonly ids: readonly number[];
  /** The key's text for people. */
  readonly text: string;
  /** Whether it touches special tokens or padding. */
  readonly outsideText: boolean;
}

/** How much of a table's trigger a prompt holds. */
export type TriggerPresence =
  /** The whole trigger stands in the prompt. */
  | 'whole'
  /** The whole trigger was written, but the end of the prompt was cut in or before it. */
  | 'cut'
  /** Some registered span stands in it, the whole trigger doesn't. */
  | 'partial'
  /** Nothing of it, or the table has no part in this stream. */
  | 'none';

/** Positions [start, start + length) that several tables change; those that are turned off don't count. */
export interface ContestedSpan {
  readonly start: number;
  readonly length: number;
  /** Indices of the tables. */
  readonly tables: readonly number[];
}

/** Which n-gram of a prompt hits which row of which table, and what to look out for. */
export interface PromptExplanation {
  readonly stream: string;
  readonly tokens: readonly ExplainedToken[];
  readonly matches: readonly ExplainedMatch[];
  /** Tokens that didn't fit. */
  readonly truncated: readonly { readonly id: number; readonly text: string }[];
  /** Per table. */
  readonly presence: readonly TriggerPresence[];
  readonly contested: readonly ContestedSpan[];
  readonly warnings: readonly EngramWarning[];
}

/**
 * Explains one prompt in one stream.
 * @param matches What the matcher found in `prompt.ids`; `table` is an index of `tables`.
 */
export function explainTokens(stream: string, prompt: PromptTokens, tokenizer: Tokenizer, tables: readonly ExplainedTable[], matches: readonly KeyMatch[]): PromptExplanation {
  const inText = (position: number): boolean => position >= prompt.textStart && position < prompt.textEnd;
  const explained = matches.map((match): ExplainedMatch => {
    const ids = prompt.ids.slice(match.start, match.start + match.length);
    const outsideText = !inText(match.start) || !inText(match.start + match.length - 1);
    return { ...match, trigger: tables[match.table]?.trigger ?? '', ids, text: plainText(ids.map((id) => tokenizer.tokenText(id))), outsideText };
  });
  const presence = tables.map(({ trigger, keys }, index) => (keys.length === 0 ? 'none' : presenceOf(tokenizer.encode(trigger), prompt, matches.some((match) => match.table === index))));
  const contested = contestedSpans(prompt.ids.length, matches.filter(({ table }) => tables[table]?.acts !== false));
  return {
    stream,
    tokens: prompt.ids.map((id, position) => ({ position, id, text: tokenizer.tokenText(id), inText: inText(position) })),
    matches: explained,
    truncated: prompt.truncated.map((id) => ({ id, text: tokenizer.tokenText(id) })),
    presence,
    contested,
    warnings: warningsOf(stream, { tables, presence, contested, matches: explained, truncated: prompt.truncated.length }),
  };
}

function presenceOf(triggerIds: readonly number[], prompt: PromptTokens, anyMatch: boolean): TriggerPresence {
  const kept = prompt.ids.slice(prompt.textStart, prompt.textEnd);
  if (triggerIds.length > 0 && findSpan(kept, triggerIds) !== -1) return 'whole';
  if (triggerIds.length > 0 && findSpan([...kept, ...prompt.truncated], triggerIds) !== -1) return 'cut';
  return anyMatch ? 'partial' : 'none';
}

/** The longest spans over which the set of tables stays the same and has two or more members. */
function contestedSpans(length: number, matches: readonly KeyMatch[]): ContestedSpan[] {
  const claims = Array.from({ length }, () => new Set<number>());
  for (const { table, start, length: covered } of matches) {
    for (let position = start; position < start + covered; position += 1) claims[position]?.add(table);
  }
  const spans: { start: number; length: number; tables: number[] }[] = [];
  claims.forEach((claim, position) => {
    const tables = [...claim].sort((a, b) => a - b);
    if (tables.length < 2) return;
    const last = spans.at(-1);
    const goesOn = last !== undefined && last.start + last.length === position && last.tables.join() === tables.join();
    if (goesOn) last.length += 1;
    else spans.push({ start: position, length: 1, tables });
  });
  return spans;
}

interface Findings {
  readonly tables: readonly ExplainedTable[];
  readonly presence: readonly TriggerPresence[];
  readonly contested: readonly ContestedSpan[];
  readonly matches: readonly ExplainedMatch[];
  readonly truncated: number;
}

function warningsOf(stream: string, { tables, presence, contested, matches, truncated }: Findings): EngramWarning[] {
  const warnings: EngramWarning[] = [];
  const keysOf = (found: readonly ExplainedMatch[]): number[][] => found.map(({ ids }) => [...ids]);
  tables.forEach(({ trigger, acts }, index) => {
    if (acts === false) return;
    const where = `Prompt, stream "${stream}", table "${trigger}"`;
    const own = matches.filter((match) => match.table === index);
    if (presence[index] === 'cut') {
      const rule = 'the whole trigger must stand before the prompt is cut';
      warnings.push({ code: 'prompt.trigger-cut', stream, where, keys: keysOf(own), rule, got: `${truncated} tokens cut off`, hint: 'Move the trigger to the front or shorten the prompt' });
    }
    if (presence[index] === 'partial') {
      const got = [...new Set(own.map(({ text }) => JSON.stringify(text)))].join(', ');
      warnings.push({ code: 'prompt.trigger-partial', stream, where, keys: keysOf(own), rule: 'only parts of the trigger stand in the prompt, and they wake their rows', got });
    }
    const outside = own.filter(({ outsideText }) => outsideText);
    if (outside.length > 0) {
      const rule = 'keys match special tokens or padding, where no text stands';
      warnings.push({ code: 'prompt.match-outside-text', stream, where, keys: keysOf(outside), rule, got: `${outside.length} matches` });
    }
  });
  for (const { start, length, tables: claimants } of contested) {
    const got = claimants.map((index) => JSON.stringify(tables[index]?.trigger ?? '')).join(', ');
    const rule = `tokens ${start}..${start + length - 1} are changed by several tables, whose changes add up`;
    warnings.push({ code: 'prompt.contested-span', stream, where: `Prompt, stream "${stream}"`, keys: [], rule, got });
  }
  return warnings;
}
