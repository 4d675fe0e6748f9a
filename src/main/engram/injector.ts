import { inputError } from '../../contract/errors.ts';
import type { FloatTensor } from '../core/ir/tensor.ts';
import { checkCompatible, type TableTarget } from './compatibility.ts';
import { injectStates } from './inject.ts';
import type { StreamInjection } from './injection.ts';
import { buildMatcher, type KeyMatch, type Matcher } from './matcher.ts';
import type { ConceptTable, StreamTable } from './table.ts';

/** A table in use. */
export interface AppliedTable {
  readonly table: ConceptTable;
  /** Factor of the table's whole change: 1 as trained, 0 off; negative pushes away. */
  readonly strength: number;
  /** Factor per text stream, on top of the strength: 0 turns a stream off; 1 where a stream isn't named. */
  readonly streamStrengths?: Readonly<Record<string, number>>;
}

/** Factor on one stream's change: the table's strength times the stream's own. */
export function strengthIn({ strength, streamStrengths = {} }: Omit<AppliedTable, 'table'>, stream: string): number {
  return strength * (Object.hasOwn(streamStrengths, stream) ? streamStrengths[stream] as number : 1);
}

/** One stream of one encoded prompt; the streams of a backbone's `TextStates` fit. */
export interface StreamStates {
  /** The ids as the text encoder got them, special tokens and padding included. */
  readonly ids: readonly number[];
  /** [1, T, d] */
  readonly states: FloatTensor;
}

/** One encoded prompt. */
export interface PromptStates {
  readonly streams: Readonly<Record<string, StreamStates>>;
}

/** Tables bound to the streams of one backbone. */
export interface Injector {
  readonly tables: readonly AppliedTable[];
  /** All matches in one prompt of one stream; `table` counts in the list of tables. */
  match(stream: string, ids: readonly number[]): KeyMatch[];
  /** The prompt with edited states. Streams without a match keep their tensor; without any match `prompt` itself comes back. */
  apply<S extends PromptStates>(prompt: S): S;
}

/**
 * Makes tables ready to act on a backbone's text states.
 * @throws AppError when a table doesn't fit the backbone or a strength isn't a finite number.
 */
export function createInjector(target: TableTarget, tables: readonly AppliedTable[]): Injector {
  for (const { table, strength, streamStrengths = {} } of tables) {
    checkCompatible(table, target);
    for (const value of [strength, ...Object.values(streamStrengths)]) {
      if (!Number.isFinite(value)) throw inputError('injection.strength', `Table "${table.trigger}"`, 'the strength must be a finite number', { got: String(value) });
    }
  }
  const parts = new Map<string, readonly (StreamTable | undefined)[]>();
  const matchers = new Map<string, Matcher>();
  for (const { id } of target.streams) {
    const ofStream = tables.map(({ table }) => table.streams.find(({ stream }) => stream === id));
    parts.set(id, ofStream);
    matchers.set(id, buildMatcher(ofStream.map((part) => part?.keys ?? [])));
  }
  const match = (stream: string, ids: readonly number[]): KeyMatch[] => matchers.get(stream)?.match(ids) ?? [];
  /** Only tables with a match: the cost of a prompt doesn't grow with the number of tables. */
  const injectionsOf = (stream: string, matches: readonly KeyMatch[]): StreamInjection[] => {
    const byTable = new Map<number, KeyMatch[]>();
    for (const found of matches) byTable.set(found.table, [...(byTable.get(found.table) ?? []), found]);
    return [...byTable].sort(([a], [b]) => a - b).map(([index, ofTable]) => {
      const applied = tables[index]!;
      const { vectors, scale } = parts.get(stream)![index]!;
      return { vectors, scale, settings: applied.table.settings, strength: strengthIn(applied, stream), matches: ofTable };
    });
  };
  const apply = <S extends PromptStates>(prompt: S): S => {
    const changed = Object.entries(prompt.streams).flatMap(([stream, encoded]): [string, StreamStates][] => {
      const states = injectStates(encoded.states, [injectionsOf(stream, match(stream, encoded.ids))]);
      return states === encoded.states ? [] : [[stream, { ...encoded, states }]];
    });
    return changed.length === 0 ? prompt : { ...prompt, streams: { ...prompt.streams, ...Object.fromEntries(changed) } };
  };
  return { tables, match, apply };
}
