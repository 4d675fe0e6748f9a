import type { SessionProvider } from '../core/session.ts';
import type { TableTarget } from './compatibility.ts';
import { createInjector, type AppliedTable, type Injector, type PromptStates } from './injector.ts';
import { tableFingerprint } from './table-file.ts';

/** What injection asks of text encoders; a backbone's `TextEncoders` fits. */
export interface EncodersToInject<S extends PromptStates> extends TableTarget {
  readonly fingerprint: string;
  encode(sessions: SessionProvider, prompts: readonly string[]): Promise<S[]>;
}

/** Text encoders whose states come out edited. */
export interface InjectedEncoders<E> {
  /** The encoders without any table, for prompts that are to stay untouched (a negative prompt, on request). */
  readonly base: E;
  readonly injector: Injector;
}

/** Whether tables act on these encoders. */
export function isInjected<E extends object>(encoders: E): encoders is E & InjectedEncoders<E> {
  return 'injector' in encoders && 'base' in encoders;
}

/** The encoders without any table. */
export function baseEncoders<E extends object>(encoders: E): E {
  return isInjected(encoders) ? encoders.base : encoders;
}

/**
 * Text encoders that add the tables to every prompt they encode; everything downstream stays as it was (design: Inject maps TextEncoders + tables to TextEncoders).
 * Encoders that are injected already get the new tables beside the old ones, all of them on the base states, so that the order doesn't matter to c_b.
 * @throws AppError when a table doesn't fit the encoders or a strength isn't a finite number.
 */
export function injectEncoders<S extends PromptStates, E extends EncodersToInject<S>>(encoders: E, tables: readonly AppliedTable[]): E & InjectedEncoders<E> {
  const base = baseEncoders(encoders);
  const earlier = isInjected(encoders) ? encoders.injector.tables : [];
  const injector = createInjector(base, [...earlier, ...tables]);
  const added = tables.map(({ table, strength }) => `+${tableFingerprint(table)}*${strength}`);
  return {
    ...base,
    base,
    injector,
    fingerprint: `${encoders.fingerprint}${added.join('')}`,
    encode: async (sessions: SessionProvider, prompts: readonly string[]) => (await base.encode(sessions, prompts)).map((prompt) => injector.apply(prompt)),
  };
}
