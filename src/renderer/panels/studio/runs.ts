import { computed, signal, type ReadonlySignal, type Signal } from '@preact/signals';
import type { RunState } from '../../../contract/studio-api.ts';
import type { StudioClient } from '../../api.ts';
import type { DocumentStore } from './documents.ts';
import type { Notices } from './notices.ts';
import { applyRunEvent, newRun } from './run-reducer.ts';

const ENDED: ReadonlySet<RunState['status']> = new Set(['done', 'failed', 'cancelled', 'interrupted']);

/** The open document's runs, as far as a window shows them: the last one, node by node. */
export class RunStore {
  /** The run that is shown: the last one that was started of this document. */
  readonly run: Signal<RunState | undefined> = signal(undefined);
  readonly active: ReadonlySignal<boolean> = computed(() => this.run.value !== undefined && !ENDED.has(this.run.value.status));
  /** Jobs that wait in the queue, of any document. */
  readonly waiting: Signal<number> = signal(0);
  readonly running: Signal<number> = signal(0);
  readonly queuePaused: Signal<string | null> = signal(null);
  readonly engine: Signal<'stopped' | 'running' | 'died'> = signal('stopped');
  #pending: (() => void)[] = [];
  #frame = 0;

  constructor(private readonly client: StudioClient, private readonly documents: DocumentStore, private readonly notices: Notices) {
    client.on('run', ({ runId, document, sequence, event }) => {
      if (document !== documents.id) return;
      this.#later(() => {
        const before = this.run.value;
        // An older run that still ends while a newer one is shown has nothing to say here.
        if (before?.runId !== runId && event.type !== 'run-start') return;
        const run = before?.runId === runId ? before : newRun(runId, document);
        if (sequence > run.sequence) this.run.value = { ...applyRunEvent(run, event, Date.now()), sequence };
      });
    });
    client.on('queue', ({ waiting, running, paused }) => {
      this.waiting.value = waiting;
      this.running.value = running;
      this.queuePaused.value = paused;
    });
    client.on('engine', ({ state, error }) => {
      this.engine.value = state;
      if (error) notices.fail(error);
    });
    documents.opened.subscribe(() => void this.refresh());
  }

  /** Asks for what has happened so far: after a start, and after a lost connection. */
  async refresh(): Promise<void> {
    const states = await this.client.call('run.states', {}).catch(() => []);
    this.run.value = states.findLast(({ document }) => document === this.documents.id);
  }

  /** Puts the graph on the queue. `targets`: only what these nodes need. */
  async start(targets?: readonly string[], next = false): Promise<void> {
    const { documents } = this;
    const { path, name } = documents.file.value;
    const started = await this.notices.attempt(() => this.client.call('run.start', {
      graph: documents.state.value.document, path, document: documents.id, name, ...(targets ? { targets: [...targets] } : {}), ...(next ? { next } : {}),
    }));
    if (started && this.run.value?.runId !== started.runId && !this.active.value) this.run.value = { ...newRun(started.runId, documents.id), status: 'waiting' };
  }

  /** Stops the run that is shown; what is finished stays in the cache. */
  async cancel(): Promise<void> {
    const run = this.run.value;
    if (run && this.active.value) await this.notices.attempt(() => this.client.call('run.cancel', { runId: run.runId }));
  }

  /** Pauses after the node that runs now, or goes on. */
  async togglePause(): Promise<void> {
    const run = this.run.value;
    if (run && this.active.value) await this.notices.attempt(() => this.client.call(run.status === 'paused' ? 'run.resume' : 'run.pause', { runId: run.runId }));
  }

  /** Events come faster than a screen shows them: those of one frame are taken together. */
  #later(work: () => void): void {
    this.#pending.push(work);
    if (this.#frame !== 0) return;
    this.#frame = window.setTimeout(() => {
      const works = this.#pending;
      this.#pending = [];
      this.#frame = 0;
      for (const one of works) one();
    }, 16);
  }
}
