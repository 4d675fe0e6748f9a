import { cancelledError, toErrorData, type ErrorData } from '../../../contract/errors.ts';
import type { GraphFile } from '../../../contract/graph-file.ts';
import type { RunEvent, RunSummary } from '../../../contract/run-events.ts';
import type { StudioRunEvent } from '../../../contract/studio-api.ts';
import type { RunMemory } from '../../runtime/demand.ts';
import { runGraph } from '../../runtime/execute.ts';
import { planGraph, type RunFiles } from '../../runtime/plan-graph.ts';
import { GraphFaults } from '../../runtime/read-graph.ts';
import type { RunTracker } from './run-tracker.ts';
import type { Measurement, RunTimings } from './run-timings.ts';
import type { EngineFacts, SharedRunner } from './shared-runner.ts';

export interface ActiveRunOptions {
  readonly graph: GraphFile;
  /** For messages. */
  readonly where: string;
  readonly targets?: readonly string[];
  readonly runner: SharedRunner;
  readonly facts: Pick<EngineFacts, 'residentBytes'>;
  readonly files: RunFiles;
  readonly memory: RunMemory;
  readonly outputFolder: string;
  readonly timings: RunTimings;
  readonly tracker: RunTracker;
  /** Node types that lose nothing when they are stopped. */
  readonly resumable: ReadonlySet<string>;
  /** Aborted when the person cancels the run. */
  readonly signal: AbortSignal;
  readonly onEvent: (event: StudioRunEvent) => void;
}

/** An engine that dies while a pause stops it takes nothing away: the run goes on from the last checkpoint, as after any pause. */
function diedInPause(error: ErrorData): boolean {
  return error.code === 'engine.died';
}

/** One run of one graph, which can be paused: between two nodes, or inside a node that goes on where it was stopped. */
export class ActiveRun {
  private readonly bytes = new Map<string, number>();
  private readonly started = performance.now();
  /** Settles when the run goes on; undefined when it isn't paused. */
  private gate: { readonly opened: Promise<void>; readonly open: () => void } | undefined;
  private attempt = new AbortController();

  constructor(private readonly options: ActiveRunOptions) {}

  get paused(): boolean {
    return this.gate !== undefined;
  }

  pause(): void {
    if (this.gate !== undefined || this.options.signal.aborted) return;
    this.gate = makeGate();
    this.options.tracker.note({ type: 'run-paused', paused: true });
    this.options.onEvent({ type: 'run-paused', paused: true });
    const running = this.options.tracker.runningNode;
    const type = running === undefined ? undefined : this.options.graph.nodes[running]?.type;
    if (type !== undefined && this.options.resumable.has(type)) this.attempt.abort();
  }

  resume(): void {
    if (this.gate === undefined) return;
    this.options.tracker.note({ type: 'run-paused', paused: false });
    this.options.onEvent({ type: 'run-paused', paused: false });
    const { open } = this.gate;
    this.gate = undefined;
    open();
  }

  /** Runs to the end. Faults found before anything ran come back like errors of nodes. */
  async run(): Promise<RunSummary> {
    const { signal } = this.options;
    for (;;) {
      const summary = await this.tryOnce();
      const isPause = this.attempt.signal.aborted && !signal.aborted && (summary.status === 'cancelled' || summary.errors.some(diedInPause));
      if (!isPause) return this.end(summary);
      await this.untilOpened(signal);
      if (signal.aborted) return this.end(summary);
    }
  }

  private end(summary: RunSummary): RunSummary {
    const event = { type: 'run-end', status: summary.status, ms: performance.now() - this.started } as const;
    this.options.tracker.note(event);
    this.options.onEvent(event);
    return summary;
  }

  private async tryOnce(): Promise<RunSummary> {
    const { graph, where, targets, runner, files, memory, outputFolder, signal } = this.options;
    const attempt = new AbortController();
    this.attempt = attempt;
    const stop = (): void => { attempt.abort(); };
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    const view = runner.open(async (_request, nodeSignal) => {
      await this.untilOpened(nodeSignal);
      if (nodeSignal.aborted) throw cancelledError(where);
    });
    try {
      const run = { graph, where, files, ...(targets === undefined ? {} : { targets }) };
      const summary = await runGraph({ ...run, runner: view, memory, outputFolder, signal: attempt.signal, watched: true, onEvent: (event) => { this.tell(event); } });
      await this.record(run);
      return summary;
    } catch (thrown) {
      const errors: readonly ErrorData[] = thrown instanceof GraphFaults ? thrown.faults : [toErrorData(thrown, where, 'run')];
      for (const error of errors) if (error.nodeId !== undefined) this.tell({ type: 'node-error', nodeId: error.nodeId, error, inputs: {} });
      return { status: 'failed', nodes: [], outputs: [], errors };
    } finally {
      signal.removeEventListener('abort', stop);
      await view.dispose().catch(() => undefined);
    }
  }

  private tell(event: RunEvent): void {
    // A paused attempt ends too, but the run doesn't.
    if (event.type === 'run-end') return;
    if (this.paused && (event.type === 'node-skipped' || (event.type === 'node-error' && diedInPause(event.error)))) return;
    this.options.onEvent(this.options.tracker.apply(event));
    if (event.type === 'node-done' && event.cached === false) this.measure(event.nodeId);
  }

  private measure(nodeId: string): void {
    this.options.facts.residentBytes().then((bytes) => { this.bytes.set(nodeId, bytes); }, () => undefined);
  }

  private async record(run: Pick<ActiveRunOptions, 'graph' | 'where' | 'files' | 'targets'>): Promise<void> {
    const { runner, timings, tracker } = this.options;
    const view = runner.open();
    try {
      const plan = await planGraph({ ...run, catalogue: await view.catalogue(), deviceKey: () => view.deviceKey() });
      const measured = [...tracker.measured()].map(([id, ms]): [string, Measurement] => {
        const bytes = this.bytes.get(id);
        return [id, { ms, ...(bytes === undefined ? {} : { bytes }) }];
      });
      await timings.record(plan, new Map(measured));
    } catch {
      // Without measurements the next dry run knows less: no reason to fail a run that went well.
    } finally {
      await view.dispose().catch(() => undefined);
    }
  }

  /** Waits while the run is paused, or until the signal is aborted. */
  private async untilOpened(signal: AbortSignal): Promise<void> {
    while (this.gate !== undefined && !signal.aborted) {
      const { opened } = this.gate;
      await Promise.race([opened, new Promise<void>((resolve) => { signal.addEventListener('abort', () => { resolve(); }, { once: true }); })]);
    }
  }
}

function makeGate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => { open = resolve; });
  return { opened, open };
}
