import type { TextEncoders, TextStates } from '../src/main/backbones/backbone.ts';
import type { SessionProvider } from '../src/main/core/session.ts';

interface Entry {
  readonly states: Promise<TextStates>;
  /** 0 until they are there. */
  bytes: number;
}

function bytesOf({ streams, extras }: TextStates): number {
  return [...Object.values(streams).map(({ states }) => states), ...Object.values(extras)].reduce((sum, { data }) => sum + data.byteLength, 0);
}

/**
 * Base states of prompts, kept by encoders and prompt: what many rows of a batch share, a negative prompt above all, is encoded once.
 * Encoders take prompts one by one, so what was kept is what would be made, bit for bit. Bounded: the least recently used go first.
 */
export class TextStateCache {
  private readonly entries = new Map<string, Entry>();
  private bytes = 0;

  /**
   * @param sessions What encodes: states are of one device.
   * @param limit Bytes of states that are kept; 0 keeps none.
   */
  constructor(private readonly sessions: SessionProvider, private readonly limit: number) {}

  /** What `encoders.encode` gives, in the order of the prompts. @throws what it throws; nothing is kept then. */
  encode(encoders: TextEncoders, prompts: readonly string[]): Promise<TextStates[]> {
    const keyOf = (prompt: string): string => JSON.stringify([encoders.family, encoders.fingerprint, prompt]);
    const missing = [...new Set(prompts)].filter((prompt) => !this.entries.has(keyOf(prompt)));
    const made = missing.length === 0 ? Promise.resolve([]) : encoders.encode(this.sessions, missing);
    missing.forEach((prompt, index) => { this.add(keyOf(prompt), made.then((states) => states[index] as TextStates)); });
    return Promise.all(prompts.map((prompt) => this.use(keyOf(prompt))));
  }

  private add(key: string, states: Promise<TextStates>): void {
    const entry: Entry = { states, bytes: 0 };
    this.entries.set(key, entry);
    states.then((known) => {
      entry.bytes = bytesOf(known);
      this.bytes += entry.bytes;
      this.shrink();
    }, () => { this.entries.delete(key); });
  }

  private use(key: string): Promise<TextStates> {
    const entry = this.entries.get(key) as Entry;
    this.entries.delete(key);
    this.entries.set(key, entry); // most recently used goes last
    return entry.states;
  }

  private shrink(): void {
    for (const [key, { bytes }] of this.entries) {
      if (this.bytes <= this.limit) return;
      if (bytes === 0) continue; // still being made
      this.entries.delete(key);
      this.bytes -= bytes;
    }
  }
}
