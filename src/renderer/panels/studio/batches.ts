import { computed, signal, type ReadonlySignal, type Signal } from '@preact/signals';
import type { BatchFileInput } from '../../../contract/batch-file.ts';
import { toErrorData, type ErrorData } from '../../../contract/errors.ts';
import { StudioError, type BatchPlanView, type OpenedBatch, type StudioBatch } from '../../../contract/studio-api.ts';
import type { StudioClient } from '../../api.ts';
import type { Notices } from './notices.ts';

/** Batches of more rows than these are planned when asked, not while the form is filled in. */
const PLANNED_BY_ITSELF = 20_000;
const PLAN_AFTER_MS = 500;

/** A batch file that is open in the form. */
export interface Draft extends OpenedBatch {
  readonly dirty: boolean;
}

/** What the batch in the form comes to, or what is wrong with it. */
export interface Planned {
  readonly plan: BatchPlanView | undefined;
  readonly faults: readonly ErrorData[];
  readonly loading: boolean;
  /** It has changed since, and is too large to be planned by itself. */
  readonly stale: boolean;
}

const GOING_ON: ReadonlySet<StudioBatch['state']> = new Set(['waiting', 'planning', 'running', 'pausing', 'paused', 'interrupted']);

/** The batch in the form, and the batches that were started. */
export class BatchStore {
  readonly draft: Signal<Draft | undefined> = signal(undefined);
  readonly planned: Signal<Planned> = signal({ plan: undefined, faults: [], loading: false, stale: false });
  /** Folder for outputs below the studio's own; empty: the batch's name. */
  readonly folder: Signal<string> = signal('');
  readonly page: Signal<'Set up' | 'Started'> = signal('Set up');
  readonly started: Signal<readonly StudioBatch[]> = signal([]);
  readonly goingOn: ReadonlySignal<number> = computed(() => this.started.value.filter(({ state }) => GOING_ON.has(state)).length);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #turn = 0;

  constructor(private readonly client: StudioClient, private readonly notices: Notices) {
    client.on('batch', (batch) => {
      const others = this.started.value.filter(({ id }) => id !== batch.id);
      this.started.value = [...others, batch].sort((a, b) => b.addedAt - a.addedAt);
    });
  }

  /** Asks for the batches that were started: after a start, and after a lost connection. */
  async refresh(): Promise<void> {
    this.started.value = await this.client.call('batches.list', {}).catch(() => this.started.value);
  }

  /** Begins a batch of a graph file. */
  async begin(graph: string): Promise<void> {
    const opened = await this.notices.attempt(() => this.client.call('batches.draft', { graph }));
    if (opened) this.#take(opened);
  }

  /** Opens a batch file. */
  async open(path: string): Promise<void> {
    const opened = await this.notices.attempt(() => this.client.call('batches.open', { path }));
    if (opened) this.#take(opened);
  }

  /** Closes the form. */
  close(): void {
    this.draft.value = undefined;
    this.planned.value = { plan: undefined, faults: [], loading: false, stale: false };
  }

  /** Changes the batch in the form. */
  edit(change: (batch: BatchFileInput) => BatchFileInput): void {
    const draft = this.draft.value;
    if (draft === undefined) return;
    const batch = change(draft.batch);
    if (batch === draft.batch) return;
    this.draft.value = { ...draft, batch, dirty: true };
    this.#planSoon();
  }

  /** Changes the name of the file that it is saved as; a file of that name is not overwritten unasked. */
  rename(path: string): void {
    const draft = this.draft.value;
    if (draft !== undefined && draft.path !== path) this.draft.value = { ...draft, path, revision: null, dirty: true };
  }

  setFolder(folder: string): void {
    this.folder.value = folder;
    this.#planSoon();
  }

  /** Saves the batch. @returns whether it is on the disk as it is in the form. */
  async save(overwrite = false): Promise<boolean> {
    const draft = this.draft.value;
    if (draft === undefined) return false;
    if (!draft.dirty && draft.revision !== null) return true;
    try {
      const saved = await this.client.call('batches.save', { path: draft.path, batch: draft.batch, revision: draft.revision, overwrite });
      const now = this.draft.value;
      if (now !== undefined) this.draft.value = { ...saved, batch: now.batch, dirty: now.batch !== draft.batch };
      return true;
    } catch (thrown) {
      const { code } = toErrorData(thrown);
      if (code !== 'files.exists' && code !== 'files.changed') this.notices.caught(thrown);
      else this.notices.tell(`${draft.path.split(/[\\/]/).at(-1) ?? 'The file'} is there already, or was changed by another program.`, { label: 'Replace it', run: () => void this.save(true) });
      return false;
    }
  }

  /** Saves what is in the form and starts it. */
  async start(store: string | undefined): Promise<void> {
    if (!(await this.save())) return;
    const path = this.draft.value?.path;
    if (path === undefined) return;
    const started = await this.notices.attempt(() => this.client.call('batches.start', { path, folder: this.folder.value, fleet: store === undefined ? null : { store } }));
    if (!started) return;
    await this.refresh();
    this.page.value = 'Started';
  }

  /** Works out anew what the batch comes to. */
  async plan(): Promise<void> {
    clearTimeout(this.#timer);
    const draft = this.draft.value;
    if (draft === undefined) return;
    this.#turn += 1;
    const turn = this.#turn;
    this.planned.value = { ...this.planned.value, loading: true, stale: false };
    try {
      const plan = await this.client.call('batches.plan', { path: draft.path, batch: draft.batch, folder: this.folder.value });
      if (turn === this.#turn) this.planned.value = { plan, faults: [], loading: false, stale: false };
    } catch (thrown) {
      const faults = thrown instanceof StudioError ? thrown.errors : [toErrorData(thrown)];
      if (turn === this.#turn) this.planned.value = { plan: undefined, faults, loading: false, stale: false };
    }
  }

  #take(opened: OpenedBatch): void {
    this.draft.value = { ...opened, dirty: opened.revision === null };
    this.folder.value = '';
    this.page.value = 'Set up';
    void this.plan();
  }

  #planSoon(): void {
    clearTimeout(this.#timer);
    if ((this.planned.value.plan?.summary.rows ?? 0) > PLANNED_BY_ITSELF) this.planned.value = { ...this.planned.value, stale: true };
    else this.#timer = setTimeout(() => void this.plan(), PLAN_AFTER_MS);
  }
}
