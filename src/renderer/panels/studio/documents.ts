import { computed, signal, type ReadonlySignal, type Signal } from '@preact/signals';
import type { ErrorData } from '../../../contract/errors.ts';
import type { GraphFile } from '../../../contract/graph-file.ts';
import { StudioError, type Recovery, type StudioInput } from '../../../contract/studio-api.ts';
import type { StudioClient } from '../../api.ts';
import { Editor, type Catalogue, type Command, type DispatchOptions, type DispatchResult, type EditorState, type GraphView } from '../../graph/index.ts';
import type { Notices } from './notices.ts';
import { OpenDocument, type ShownDocument } from './window-life.ts';

const VALIDATE_AFTER_MS = 250;
const AUTOSAVE_AFTER_MS = 1500;
const EMPTY: GraphFile = { format: 'engram-graph', version: 1, nodes: {} };

/** Where the open graph comes from. */
export interface OpenFile {
  readonly path: string | null;
  readonly name: string;
  readonly revision: string | null;
  readonly readOnly: boolean;
}

const UNNAMED: OpenFile = { path: null, name: 'untitled', revision: null, readOnly: false };

/** The open graph: its editor as signals, its file, its faults, its autosaves. */
export class DocumentStore {
  readonly editor: Editor;
  readonly state: Signal<EditorState>;
  readonly view: ReadonlySignal<GraphView>;
  readonly file: Signal<OpenFile> = signal(UNNAMED);
  readonly dirty: Signal<boolean> = signal(false);
  readonly faults: Signal<readonly ErrorData[]> = signal([]);
  /** Another program has changed the file under us. */
  readonly changedOutside: Signal<boolean> = signal(false);
  /** Counts documents that were opened, so that views know when to start anew. */
  readonly opened: Signal<number> = signal(0);
  #id = newId();
  readonly #held = new OpenDocument();
  #validating: ReturnType<typeof setTimeout> | undefined;
  #autosaving: ReturnType<typeof setTimeout> | undefined;
  /** Unsaved work of this document lies on the disk, or is on its way there. */
  #kept = false;
  #writing: Promise<void> = Promise.resolve();
  /** The last autosave has failed, and the person was told. */
  #keepingFailed = false;
  #checked: GraphFile | undefined;

  constructor(private readonly client: StudioClient, private readonly notices: Notices, catalogue: Catalogue) {
    this.editor = new Editor({ document: EMPTY, catalogue });
    this.state = signal(this.editor.state);
    this.view = computed(() => this.state.value && this.editor.view);
    this.editor.subscribe(({ state, previous }) => {
      this.state.value = state;
      this.dirty.value = this.editor.isDirty;
      if (state.document !== previous.document) this.#changed();
    });
    client.on('file-changed', ({ path, revision }) => {
      if (path === this.file.value.path && revision !== this.file.value.revision) this.changedOutside.value = true;
    });
  }

  /** Names the document to the studio: runs and autosaves go by it. */
  get id(): string {
    return this.#id;
  }

  /** Applies a command; a refusal is told. */
  dispatch(command: Command, options?: DispatchOptions): DispatchResult {
    const result = this.editor.dispatch(command, options);
    if (result.ok) for (const notice of result.notices) this.notices.fail(notice);
    else this.notices.fail(result.error);
    return result;
  }

  /** Opens a graph file. */
  async open(path: string, id = newId()): Promise<boolean> {
    const opened = await this.notices.attempt(() => this.client.call('files.open', { path }));
    if (!opened) return false;
    this.#become(opened.graph, { path: opened.path, name: opened.name, revision: opened.revision, readOnly: opened.readOnly }, id);
    return true;
  }

  /** Shows what the page before this one has shown in this window, under the same id: its run goes on here. @returns whether there was anything. */
  async resume({ document, file }: ShownDocument): Promise<boolean> {
    const kept = await this.client.call('autosave.read', { document }).catch(() => undefined);
    if (kept) {
      this.#become(kept, file, document);
      this.#kept = true;
      this.dirty.value = true;
      return true;
    }
    return file.path !== null && this.open(file.path, document);
  }

  /** Takes a graph that has no file: new, imported or recovered. */
  take(graph: GraphFile = EMPTY, name = UNNAMED.name, recovered?: { readonly document: string; readonly path: string | null }): void {
    this.#become(graph, { ...UNNAMED, name, path: recovered?.path ?? null }, recovered?.document);
    this.#kept = recovered !== undefined;
    this.dirty.value = Object.keys(graph.nodes).length > 0;
  }

  /** Saves where it was opened. @returns whether it was; false asks for a place. */
  async save(overwrite = false): Promise<boolean> {
    const { path, readOnly, revision } = this.file.value;
    if (path === null || readOnly) return false;
    const { document } = this.state.value;
    const saved = await this.notices.attempt(() => this.client.call('files.save', { path, graph: document, revision: overwrite ? null : revision }));
    if (saved) this.#saved(document, saved);
    return true;
  }

  /** Saves at another place. @returns whether it was. */
  async saveAs(path: string, overwrite: boolean): Promise<boolean> {
    const { document } = this.state.value;
    const saved = await this.client.call('files.saveAs', { path, graph: document, overwrite });
    this.#saved(document, saved);
    return true;
  }

  /** Checks the graph now. */
  async validate(): Promise<readonly ErrorData[]> {
    const { document } = this.state.value;
    const faults = await this.client.call('run.validate', { graph: document });
    this.#checked = document;
    if (document === this.state.value.document) this.faults.value = faults;
    return faults;
  }

  /** Writes unsaved work down now. */
  async autosave(): Promise<void> {
    clearTimeout(this.#autosaving);
    if (!this.dirty.value) return this.giveUpUnsaved();
    const { path, name } = this.file.value;
    this.#kept = true;
    this.#writing = this.#keep({ document: this.#id, name, path, graph: this.state.value.document });
    await this.#writing;
  }

  /** Forgets the unsaved work of this document that lies on the disk: it is undone, saved, or not wanted. */
  async giveUpUnsaved(): Promise<void> {
    clearTimeout(this.#autosaving);
    if (!this.#kept) return;
    this.#kept = false;
    const document = this.#id;
    await this.#writing; // else it would be written after it was forgotten
    await this.client.call('autosave.discard', { document }).catch((thrown: unknown) => this.notices.caught(thrown));
  }

  async #keep(entry: StudioInput<'autosave.write'>): Promise<void> {
    try {
      await this.client.call('autosave.write', entry);
      this.#keepingFailed = false;
    } catch (thrown) {
      // A lost connection is shown by itself; a disk that takes nothing is told once, not with every change.
      if (!(thrown instanceof StudioError) || this.#keepingFailed) return;
      this.#keepingFailed = true;
      this.notices.caught(thrown);
    }
  }

  /** Unsaved work that no window has open, newest first. */
  async leftBehind(): Promise<readonly Recovery[]> {
    const [kept, open] = await Promise.all([this.client.call('autosave.list', {}).catch(() => []), this.#held.inAnyWindow()]);
    return kept.filter(({ document }) => !open.has(document));
  }

  #saved(document: GraphFile, { path, revision, name }: { readonly path: string; readonly revision: string; readonly name?: string }): void {
    this.file.value = { path, name: name ?? nameOf(path), revision, readOnly: false };
    this.changedOutside.value = false;
    this.editor.markSaved(document);
    this.dirty.value = this.editor.isDirty;
    void this.giveUpUnsaved();
  }

  #become(graph: GraphFile, file: OpenFile, id = newId()): void {
    this.#id = id;
    this.#kept = false;
    this.#held.hold(id);
    this.file.value = file;
    this.faults.value = [];
    this.changedOutside.value = false;
    this.editor.open(graph);
    this.opened.value += 1;
  }

  #changed(): void {
    clearTimeout(this.#validating);
    this.#validating = setTimeout(() => {
      // The connection may be down; once it is back the next change checks again.
      if (this.#checked !== this.state.value.document) void this.validate().catch(() => undefined);
    }, VALIDATE_AFTER_MS);
    clearTimeout(this.#autosaving);
    this.#autosaving = setTimeout(() => void this.autosave(), AUTOSAVE_AFTER_MS);
  }
}

function nameOf(path: string): string {
  return (path.split(/[\\/]/).at(-1) ?? path).replace(/\.graph\.json$/, '');
}

function newId(): string {
  return `window-${crypto.randomUUID()}`;
}
