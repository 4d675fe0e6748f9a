import { signal, type Signal } from '@preact/signals';
import { z } from 'zod';
import type { StudioClient } from '../../api.ts';

const WRITE_AFTER_MS = 400;

/** What a window keeps for a person, with its checks and what holds without it. Unknown or broken values fall back one by one. */
export const PREFERENCES = {
  theme: z.enum(['system', 'dark', 'light', 'contrast']).catch('system'),
  /** Factor on all sizes of the window. */
  scale: z.number().min(0.7).max(2.5).catch(1),
  dragOnNothing: z.enum(['pan', 'select']).catch('pan'),
  wheel: z.enum(['zoom', 'pan']).catch('zoom'),
  minimap: z.boolean().catch(true),
  inspector: z.boolean().catch(true),
  inspectorWidth: z.number().min(220).max(720).catch(320),
  dockWidth: z.number().min(240).max(1200).catch(380),
  /** The panel that is open on the left; empty for none. */
  dock: z.string().max(40).catch(''),
  /** Key combinations by command id; empty: none. */
  keys: z.record(z.string(), z.array(z.string().max(60)).max(4)).catch({}),
  /** How often each node type was added. */
  uses: z.record(z.string(), z.number().min(0)).catch({}),
  /** Where the person's fleet is, without a password: what its form begins with. Nothing connects by itself. */
  fleetAddress: z.string().max(2000).catch(''),
  /** Folder that the fleet's machines share. */
  fleetStore: z.string().max(4096).catch(''),
  favourites: z.array(z.string()).max(200).catch([]),
  /** How often each command was run from the command palette. */
  commandUses: z.record(z.string(), z.number().min(0)).catch({}),
} as const;

type Values = { readonly [K in keyof typeof PREFERENCES]: z.output<(typeof PREFERENCES)[K]> };
type Signals = { readonly [K in keyof Values]: Signal<Values[K]> };

/** A person's preferences as signals; what is set is written down shortly after. */
export class Preferences {
  readonly values: Signals;
  readonly #client: StudioClient;
  #pending: Record<string, z.core.util.JSONType> = {};
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(client: StudioClient) {
    this.#client = client;
    this.values = Object.fromEntries(Object.entries(PREFERENCES).map(([name, schema]) => [name, signal(schema.parse(undefined))])) as unknown as Signals;
  }

  /** Reads what was kept. */
  async load(): Promise<void> {
    const kept = await this.#client.call('preferences.read', {});
    for (const [name, schema] of Object.entries(PREFERENCES)) {
      if (Object.hasOwn(kept, name)) (this.values as Record<string, Signal<unknown>>)[name]!.value = schema.parse(kept[name]);
    }
  }

  /** Sets a value. */
  set<K extends keyof Values>(name: K, value: Values[K]): void {
    (this.values[name] as Signal<unknown>).value = value;
    this.#pending[name] = value;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.flush(), WRITE_AFTER_MS);
  }

  /** Adds one to a counter of uses. */
  count(name: 'uses' | 'commandUses', key: string): void {
    const before = this.values[name].value;
    this.set(name, { ...before, [key]: (Object.hasOwn(before, key) ? before[key] ?? 0 : 0) + 1 });
  }

  /** Writes what is not written yet; a failure is not worth a word, the values hold in this window. */
  async flush(): Promise<void> {
    const values = this.#pending;
    this.#pending = {};
    if (Object.keys(values).length > 0) await this.#client.call('preferences.write', { values }).catch(() => { this.#pending = { ...values, ...this.#pending }; });
  }
}
