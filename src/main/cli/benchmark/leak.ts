import type { Injector, PromptStates } from '../../engram/injector.ts';

/** What tables do to the text states of one prompt, by id of the text stream. */
export interface PromptLeak {
  /** Streams in which a registered span stands. */
  readonly spans: readonly string[];
  /** Streams whose states differ from the base's in any bit. */
  readonly changed: readonly string[];
}

/** Compares a prompt's states with and without tables, stream by stream and bit by bit; `states` stays as it is. */
export function promptLeak(injector: Injector, states: PromptStates): PromptLeak {
  const before = Object.entries(states.streams).map(([id, stream]) => [id, Float32Array.from(stream.states.data)] as const);
  const after = injector.apply(states);
  return {
    spans: Object.entries(states.streams).filter(([id, { ids }]) => injector.match(id, ids).length > 0).map(([id]) => id),
    changed: before.filter(([id, values]) => values.some((value, index) => !Object.is(value, after.streams[id]?.states.data[index]))).map(([id]) => id),
  };
}

/** What prompts without a trigger see of tables in one text stream. */
export interface StreamLeak {
  /** Prompts in which none of the stream's spans stands. */
  readonly clean: number;
  /** Prompts in which one does, by chance of the stream's tokenizer. */
  readonly withSpans: number;
  /** Clean prompts whose states in this stream changed. */
  readonly changed: number;
}

/** Counts prompts by stream. @param streams Ids of all text streams, so that each one is named. */
export function leakByStream(prompts: readonly PromptLeak[], streams: readonly string[]): Record<string, StreamLeak> {
  return Object.fromEntries(streams.map((id) => {
    const clean = prompts.filter(({ spans }) => !spans.includes(id));
    return [id, { clean: clean.length, withSpans: prompts.length - clean.length, changed: clean.filter(({ changed }) => changed.includes(id)).length }];
  }));
}

/** Sums of several counts. */
export function addLeaks(leaks: readonly Readonly<Record<string, StreamLeak>>[]): Record<string, StreamLeak> {
  const total: Record<string, StreamLeak> = {};
  for (const [id, leak] of leaks.flatMap((entry) => Object.entries(entry))) {
    const sum = total[id] ?? { clean: 0, withSpans: 0, changed: 0 };
    total[id] = { clean: sum.clean + leak.clean, withSpans: sum.withSpans + leak.withSpans, changed: sum.changed + leak.changed };
  }
  return total;
}
