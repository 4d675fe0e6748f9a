import { AppError, type ErrorData } from '../../contract/errors.ts';
import type { GraphFile } from '../../contract/graph-file.ts';
import { findSubgraph } from '../../contract/subgraphs.ts';
import type { Catalogue } from './catalogue.ts';
import { kindOf, type Command } from './commands/index.ts';
import { History } from './history.ts';
import { readGroups } from './layout/groups.ts';
import { openState, selectionOf, NOTHING, type EditorState, type Selection } from './state.ts';
import { GraphView } from './view.ts';

/** What came of a command. */
export type DispatchResult =
  | { readonly ok: true; readonly created: readonly string[]; readonly notices: readonly ErrorData[] }
  | { readonly ok: false; readonly error: ErrorData };

/** Why the state is another one. */
export type ChangeCause = 'command' | 'undo' | 'redo' | 'select' | 'scope' | 'open' | 'catalogue' | 'saved';

export interface EditorChange {
  readonly cause: ChangeCause;
  readonly state: EditorState;
  readonly previous: EditorState;
}

export interface DispatchOptions {
  /** Commands of one gesture (one drag, typing in one field) become one step of undo. From {@link Editor.newGesture}. */
  readonly gesture?: string;
}

export interface EditorOptions {
  readonly document: GraphFile;
  readonly catalogue: Catalogue;
  /** Steps that can be undone. @default 500 */
  readonly historyLimit?: number;
}

type Dispatch = (command: Command) => DispatchResult;

/** An open graph: its state, the steps behind and ahead, and who wants to know of changes. Bad commands are answered with an error as data and change nothing. */
export class Editor {
  private current: EditorState;
  private saved: GraphFile;
  private catalogueNow: Catalogue;
  private readonly history: History;
  private readonly listeners = new Set<(change: EditorChange) => void>();
  private viewNow: GraphView | undefined;
  private gestures = 0;
  private inTransaction = false;

  constructor(options: EditorOptions) {
    this.current = openState(options.document);
    this.saved = options.document;
    this.catalogueNow = options.catalogue;
    this.history = new History(options.historyLimit ?? 500);
  }

  get state(): EditorState { return this.current; }
  get catalogue(): Catalogue { return this.catalogueNow; }

  /** The open scope with its indexes; the same object until the document, scope or catalogue changes. */
  get view(): GraphView {
    const { document, scope } = this.current;
    if (this.viewNow === undefined || this.viewNow.document !== document || this.viewNow.scope !== scope || this.viewNow.catalogue !== this.catalogueNow) {
      this.viewNow = new GraphView(document, scope, this.catalogueNow);
    }
    return this.viewNow;
  }

  /** Whether the document is another one than that which was saved last; undoing back to that one makes it clean again. */
  get isDirty(): boolean { return this.current.document !== this.saved; }

  /** Name of the step that undo would take back: `Move 3 nodes`; undefined when there is none. */
  get undoName(): string | undefined { return this.history.undoName; }
  get redoName(): string | undefined { return this.history.redoName; }

  /** Applies a command as one step of undo. Never throws for bad commands: the refusal is in the result. */
  dispatch(command: Command, options: DispatchOptions = {}): DispatchResult {
    const before = this.current;
    const context = { catalogue: this.catalogueNow, view: this.view };
    try {
      const kind = kindOf(command);
      const { state, created = [], notices = [] } = kind.apply(command, before, context);
      if (state.document !== before.document) {
        this.current = state;
        if (!this.inTransaction) this.record(kind.name(command, context), before, options.gesture);
      }
      return { ok: true, created, notices };
    } catch (thrown) {
      if (thrown instanceof AppError) return { ok: false, error: thrown.data };
      throw thrown;
    }
  }

  /**
   * Makes several commands one step of undo. When the function throws, none of them has happened; a refused command doesn't throw: look at its result.
   * Transactions within a transaction belong to the outer one.
   */
  transaction<T>(name: string, work: (dispatch: Dispatch) => T, options: DispatchOptions = {}): T {
    const dispatch: Dispatch = (command) => this.dispatch(command);
    if (this.inTransaction) return work(dispatch);
    const before = this.current;
    this.inTransaction = true;
    try {
      const result = work(dispatch);
      this.inTransaction = false;
      if (this.current.document !== before.document) this.record(name, before, options.gesture);
      return result;
    } catch (thrown) {
      this.inTransaction = false;
      this.current = before;
      throw thrown;
    }
  }

  /** A name for one gesture, never given twice. */
  newGesture(): string {
    this.gestures += 1;
    return `gesture-${this.gestures}`;
  }

  /** Takes the last step back, with the scope and selection that were there before it. @returns whether there was one. */
  undo(): boolean {
    const entry = this.history.undo();
    if (entry !== undefined) this.become(entry.before, 'undo');
    return entry !== undefined;
  }

  /** Does the step again that was undone last. @returns whether there was one. */
  redo(): boolean {
    const entry = this.history.redo();
    if (entry !== undefined) this.become(entry.after, 'redo');
    return entry !== undefined;
  }

  /** Selects; what isn't in the scope is left out. No step of undo. */
  select(selection: { readonly nodes?: Iterable<string>; readonly groups?: Iterable<string> }): void {
    const { view } = this;
    const groups = readGroups(view.ui);
    const next = selectionOf([...selection.nodes ?? []].filter((id) => view.node(id) !== undefined), [...selection.groups ?? []].filter((id) => groups.has(id)));
    if (!sameSelection(next, this.current.selection)) this.become({ ...this.current, selection: next }, 'select');
  }

  /** Opens a sub-graph for editing, or the graph itself with undefined. No step of undo. @returns whether there is such a sub-graph. */
  openScope(scope: string | undefined): boolean {
    const { document } = this.current;
    if (scope !== undefined && findSubgraph(document, scope) === undefined) return false;
    if (scope !== this.current.scope) this.become({ document, scope, selection: NOTHING }, 'scope');
    return true;
  }

  /** Opens another document; history starts anew. */
  open(document: GraphFile): void {
    this.history.clear();
    this.saved = document;
    this.become(openState(document), 'open');
  }

  /** Takes another list of node types, when the engine has told of it. */
  useCatalogue(catalogue: Catalogue): void {
    this.catalogueNow = catalogue;
    this.become(this.current, 'catalogue');
  }

  /** Notes that a document (the present one when left out) lies on disk. */
  markSaved(document: GraphFile = this.current.document): void {
    this.saved = document;
    this.become(this.current, 'saved');
  }

  /** Calls the listener after every change of state, also of selection and scope. @returns a function that ends it. */
  subscribe(listener: (change: EditorChange) => void): () => void {
    this.listeners.add(listener);
    return () => { this.listeners.delete(listener); };
  }

  private record(name: string, before: EditorState, gesture: string | undefined): void {
    this.history.push({ name, before, after: this.current, gesture });
    this.tell('command', before);
  }

  private become(state: EditorState, cause: ChangeCause): void {
    const previous = this.current;
    // A sub-graph that is gone after undo can't stay open.
    const here = state.scope === undefined || findSubgraph(state.document, state.scope) !== undefined;
    this.current = here ? state : { ...state, scope: undefined, selection: NOTHING };
    this.tell(cause, previous);
  }

  private tell(cause: ChangeCause, previous: EditorState): void {
    for (const listener of [...this.listeners]) listener({ cause, state: this.current, previous });
  }
}

function sameSelection(a: Selection, b: Selection): boolean {
  const same = (x: ReadonlySet<string>, y: ReadonlySet<string>): boolean => x.size === y.size && [...x].every((id) => y.has(id));
  return same(a.nodes, b.nodes) && same(a.groups, b.groups);
}
