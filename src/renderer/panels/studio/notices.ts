import { signal, type Signal } from '@preact/signals';
import { describeError, toErrorData, type ErrorData } from '../../../contract/errors.ts';
import { StudioError } from '../../../contract/studio-api.ts';

/** A line that comes up in a corner and goes by itself, unless it tells of a failure. */
export interface Notice {
  readonly id: number;
  readonly kind: 'info' | 'error';
  readonly text: string;
  readonly action?: { readonly label: string; readonly run: () => void };
}

const SHOWN_MS = 6000;
const MOST = 5;

/** What the window tells in passing. */
export class Notices {
  readonly list: Signal<readonly Notice[]> = signal([]);
  #last = 0;

  /** Tells something. */
  tell(text: string, action?: Notice['action']): void {
    const id = this.#add({ kind: 'info', text, ...(action ? { action } : {}) });
    setTimeout(() => this.close(id), SHOWN_MS);
  }

  /** Tells of a failure; stays until it is closed. */
  fail(error: ErrorData): void {
    const text = describeError(error);
    if (!this.list.value.some((notice) => notice.text === text)) this.#add({ kind: 'error', text });
  }

  /** Tells of anything thrown, every fault of it. */
  caught(thrown: unknown): void {
    if (thrown instanceof StudioError) for (const error of thrown.errors.slice(0, MOST)) this.fail(error);
    else this.fail(toErrorData(thrown));
  }

  /** Runs something that may fail, and tells of it. @returns undefined after a failure. */
  async attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (thrown) {
      this.caught(thrown);
      return undefined;
    }
  }

  close(id: number): void {
    this.list.value = this.list.value.filter((notice) => notice.id !== id);
  }

  #add(notice: Omit<Notice, 'id'>): number {
    this.#last += 1;
    this.list.value = [...this.list.value.slice(1 - MOST), { ...notice, id: this.#last }];
    return this.#last;
  }
}
