import { inputError } from '../../contract/errors.ts';
import type { Tokenizer } from '../core/tokenizers/tokenizer.ts';
import { isWordBorder } from './common-words.ts';
import { findKeyWarnings } from './registry-warnings.ts';
import type { EngramWarning } from './warning.ts';

/** The largest n-gram size of every run that the paper reports (section 2.4). */
export const DEFAULT_MAX_N = 7;

/** What the registry asks of a text stream; a backbone's `TextStream` fits. */
export interface RegistryStream {
  readonly id: string;
  /** Width d of the states that this stream's vectors are added to. */
  readonly width: number;
  readonly tokenizer: Tokenizer;
}

/** The keys of one stream. */
export interface StreamRegistry {
  readonly stream: string;
  readonly tokenizerHash: string;
  readonly width: number;
  /** ids = tokenize(trigger), without special tokens. */
  readonly triggerIds: readonly number[];
  /** Distinct token id spans; the index of a key is its row in the table. */
  readonly keys: readonly (readonly number[])[];
}

/** What a trigger phrase becomes: per text stream the spans that wake it. */
export interface Registry {
  readonly trigger: string;
  readonly maxN: number;
  readonly streams: readonly StreamRegistry[];
  readonly warnings: readonly EngramWarning[];
}

/**
 * Every contiguous span of n tokens, 2 <= n <= min(N, L), and the whole trigger when L > N (paper 2.4). L = 1 gives the single token, where the paper
 * is silent. Spans that repeat inside the trigger are listed once. Ordered by n, then by place.
 */
export function registerSpans(triggerIds: readonly number[], maxN: number): number[][] {
  const length = triggerIds.length;
  const sizes = length === 1 ? [1] : [];
  for (let n = 2; n <= Math.min(maxN, length); n += 1) sizes.push(n);
  if (length > maxN) sizes.push(length);
  const spans = new Map<string, number[]>();
  for (const n of sizes) {
    for (let start = 0; start + n <= length; start += 1) {
      const span = triggerIds.slice(start, start + n);
      const name = span.join(',');
      if (!spans.has(name)) spans.set(name, span);
    }
  }
  return [...spans.values()];
}

/**
 * Builds the registry of a trigger, one set of keys per text stream, since every stream has its own tokenizer (paper 2.4). Spans of word borders and unknown
 * text alone are no keys.
 * @param maxN Largest n-gram size N, an integer >= 2.
 * @throws AppError when N is no such integer, when a tokenizer finds no token in the trigger, or only word borders and unknown text.
 */
export function buildRegistry(trigger: string, streams: readonly RegistryStream[], maxN: number = DEFAULT_MAX_N): Registry {
  const where = `Trigger Registry "${trigger}"`;
  if (!Number.isInteger(maxN) || maxN < 2) {
    throw inputError('registry.max-n', where, 'the largest n-gram size N must be an integer >= 2', { got: String(maxN), hint: `The paper uses ${DEFAULT_MAX_N}` });
  }
  const warnings: EngramWarning[] = [];
  const registered = streams.map((stream): StreamRegistry => {
    const triggerIds = stream.tokenizer.encode(trigger);
    if (triggerIds.length === 0) {
      throw inputError('registry.empty-trigger', `${where}, stream "${stream.id}"`, 'the trigger must hold at least one token', {
        got: `no token in ${JSON.stringify(trigger)}`, hint: 'Use a phrase of two or three rare words',
      });
    }
    const keys = keysOf(triggerIds, stream, maxN, `${where}, stream "${stream.id}"`, warnings);
    warnings.push(...findKeyWarnings(keys, stream.tokenizer, { where: `${where}, stream "${stream.id}"`, stream: stream.id, trigger, triggerIds }));
    return { stream: stream.id, tokenizerHash: stream.tokenizer.hash, width: stream.width, triggerIds, keys };
  });
  return { trigger, maxN, streams: registered, warnings };
}

/**
 * The streams that a table gets rows for: all but those left out. A stream that the model was loaded without may be named; it has none anyway.
 * @param absent Ids of streams that the model was loaded without.
 * @throws AppError when an id is no stream of the model, or when no stream is left.
 */
export function boundStreams<Stream extends { readonly id: string }>(streams: readonly Stream[], leaveOut: readonly string[], absent: readonly string[], where: string): readonly Stream[] {
  const known = [...streams.map(({ id }) => id), ...absent];
  const unknown = leaveOut.find((id) => !known.includes(id));
  if (unknown !== undefined) throw inputError('registry.leave-out', where, `leaveOut must name text streams of the model: ${known.join(', ')}`, { got: unknown, port: 'leaveOut' });
  const bound = streams.filter(({ id }) => !leaveOut.includes(id));
  if (bound.length === 0) throw inputError('registry.no-stream', where, 'at least one text stream must be left to bind the concept to', { got: `leaveOut ${leaveOut.join(', ')}`, hint: `The model has ${streams.map(({ id }) => id).join(', ')}`, port: 'leaveOut' });
  return bound;
}

/** Whether a key holds a piece of its own. One without would match whatever text the tokenizer has no piece for: `龍王` and every emoji are one unknown token each to T5. */
function hasOwnPiece(key: readonly number[], tokenizer: Tokenizer): boolean {
  return key.some((token) => token !== tokenizer.unknownId && !isWordBorder(tokenizer.tokenText(token)));
}

/** The spans of a trigger that can be keys in a stream; which ones are left out is said in a warning. */
function keysOf(triggerIds: readonly number[], { id, tokenizer }: RegistryStream, maxN: number, where: string, warnings: EngramWarning[]): number[][] {
  const spans = registerSpans(triggerIds, maxN);
  const keys = spans.filter((key) => hasOwnPiece(key, tokenizer));
  const left = spans.filter((key) => !keys.includes(key));
  if (left.length === 0) return keys;
  const got = left.map((key) => `"${key.map((token) => tokenizer.tokenText(token)).join(' ')}"`).join(', ');
  const rule = 'keys must hold a token of their own beside word borders and unknown text';
  if (keys.length === 0) {
    throw inputError('registry.unknown-key', where, rule, {
      got, hint: `Any other text that this stream's tokenizer has no piece for would wake the concept: choose another trigger, or bind the concept without the stream (leaveOut ["${id}"])`,
    });
  }
  warnings.push({ code: 'registry.unknown-key', where, stream: id, keys: left, rule, got, hint: 'They are left out, for any other text without a piece would wake them: take what the tokenizer doesn\'t know out of the trigger' });
  return keys;
}
