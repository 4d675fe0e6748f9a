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

/**
 * Nodes in all kept states together, at most: a state of a huge graph lists all its nodes anew, and a thousand such lists would fill the memory.
 * Some steps are kept whatever they take.
 */
const MAX_WEIGHT = 3_000_000;
const KEPT_ANYWAY = 20;

function weightOf({ after: { document } }: HistoryEntry): number {
  return Object.values(document.subgraphs ?? {}).reduce((sum, { nodes }) => sum + Object.keys(nodes).length, Object.keys(document.nodes).length);
}

/** The steps behind and ahead. */
export class History {
  private past: HistoryEntry[] = [];
  private readonly weights = new WeakMap<HistoryEntry, number>();
  private weight = 0;
  private future: HistoryEntry[] = [];

  /** @param limit Steps that are kept, at least 1. */
  constructor(private readonly limit: number) {}

  get undoName(): string | undefined { return this.past.at(-1)?.name; }
  get redoName(): string | undefined { return this.future.at(-1)?.name; }

  /** Adds a step, or lengthens the last one when both belong to one gesture. What was undone is forgotten. */
  push(entry: HistoryEntry): void {
    const last = this.past.at(-1);
    if (last !== undefined && entry.gesture !== undefined && last.gesture === entry.gesture && this.future.length === 0) {
      this.drop(this.past.pop());
      this.keep({ ...last, after: entry.after });
    } else {
      this.keep(entry);
    }
    this.future.forEach((undone) => { this.drop(undone); });
    this.future = [];
  }

  private keep(entry: HistoryEntry): void {
    const weight = weightOf(entry);
    this.weights.set(entry, weight);
    this.weight += weight;
    this.past.push(entry);
    while (this.past.length > this.limit || (this.weight > MAX_WEIGHT && this.past.length > KEPT_ANYWAY)) this.drop(this.past.shift());
  }

  private drop(entry: HistoryEntry | undefined): void {
    if (entry !== undefined) this.weight -= this.weights.get(entry) ?? 0;
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
    this.weight = 0;
  }
}
