import type { EditorState } from './state.ts';

/** One step that can be undone. States share all that the step left alone, so keeping both costs little. */
export interface HistoryEntry {
  /** In the user's words, for menus: `Move 3 nodes`. */
  readonly name: string;
  readonly before: EditorState;
  readonly after: EditorState;
  /** Steps of one gesture (a drag, typing in one field) become one entry. */
  readonly gesture: string | undefined;
}

/** The steps behind and ahead. */
export class History {
  private past: HistoryEntry[] = [];
  private future: HistoryEntry[] = [];

  /** @param limit Steps that are kept, at least 1. */
  constructor(private readonly limit: number) {}

  get undoName(): string | undefined { return this.past.at(-1)?.name; }
  get redoName(): string | undefined { return this.future.at(-1)?.name; }

  /** Adds a step, or lengthens the last one when both belong to one gesture. What was undone is forgotten. */
  push(entry: HistoryEntry): void {
    const last = this.past.at(-1);
    if (last !== undefined && entry.gesture !== undefined && last.gesture === entry.gesture && this.future.length === 0) {
      this.past[this.past.length - 1] = { ...last, after: entry.after };
    } else {
      this.past.push(entry);
      if (this.past.length > this.limit) this.past.shift();
    }
    this.future = [];
  }

  undo(): HistoryEntry | undefined {
    const entry = this.past.pop();
    if (entry !== undefined) this.future.push(entry);
    return entry;
  }

  redo(): HistoryEntry | undefined {
    const entry = this.future.pop();
    if (entry !== undefined) this.past.push(entry);
    return entry;
  }

  clear(): void {
    this.past = [];
    this.future = [];
  }
}
