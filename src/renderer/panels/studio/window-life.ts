import { z } from 'zod';
import type { OpenFile } from './documents.ts';

const SESSION_KEY = 'engram-window';
const LOCK_PREFIX = 'engram-document:';

/** What a window shows: kept while its page is loaded anew. */
export interface ShownDocument {
  readonly document: string;
  readonly file: OpenFile;
}

const shownSchema: z.ZodType<ShownDocument> = z.object({
  document: z.string(),
  file: z.object({ path: z.string().nullable(), name: z.string(), revision: z.string().nullable(), readOnly: z.boolean() }),
});

/** Keeps what this window shows for its next page. Only while the page goes: a window that is duplicated would take it along. */
export function leaveForNextPage(shown: ShownDocument): void {
  sessionStorage.setItem(SESSION_KEY, JSON.stringify(shown));
}

/** What the page before this one has shown in this window; undefined in a new window. */
export function takeFromLastPage(): ShownDocument | undefined {
  const text = sessionStorage.getItem(SESSION_KEY);
  sessionStorage.removeItem(SESSION_KEY);
  try {
    return shownSchema.safeParse(JSON.parse(text ?? 'null')).data;
  } catch {
    return undefined;
  }
}

/** Tells the other windows of this browser that a document is open here, until the window ends or says so of another one. */
export class OpenDocument {
  #letGo: (() => void) | undefined;

  /** Says that this window has the document open. */
  hold(document: string): void {
    this.#letGo?.();
    // Absent where a page comes unencrypted from another machine: then windows can't know of each other.
    if (!('locks' in navigator)) return;
    const released = new Promise<void>((resolve) => { this.#letGo = resolve; });
    navigator.locks.request(`${LOCK_PREFIX}${document}`, { mode: 'shared' }, () => released).catch(() => undefined);
  }

  /** The documents that windows of this browser have open, this one's too. */
  async inAnyWindow(): Promise<ReadonlySet<string>> {
    if (!('locks' in navigator)) return new Set();
    const { held = [] } = await navigator.locks.query();
    return new Set(held.flatMap(({ name = '' }) => (name.startsWith(LOCK_PREFIX) ? [name.slice(LOCK_PREFIX.length)] : [])));
  }
}
