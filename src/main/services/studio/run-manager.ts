import { randomUUID } from 'node:crypto';
import { inputError, toErrorData } from '../../../contract/errors.ts';
import type { GraphFile } from '../../../contract/graph-file.ts';
import type { RunSummary } from '../../../contract/run-events.ts';
import type { QueueView, RunState, StudioEvent, StudioRunEvent } from '../../../contract/studio-api.ts';
import type { RunMemory } from '../../runtime/demand.ts';
import type { RunFiles } from '../../runtime/plan-graph.ts';
import { GraphFaults } from '../../runtime/read-graph.ts';
import { validateGraph } from '../../runtime/validate.ts';
import type { DurableQueue, JsonValue, TakenJob } from '../queue/durable-queue.ts';
import { ActiveRun } from './active-run.ts';
import { claimFolder } from './claim-folder.ts';
import { resultId, type Results } from './results.ts';
import { queueJobOf, RUN_JOB, runPayloadSchema, type RunJobResult, type RunPayload } from './run-jobs.ts';
import type { RunTimings } from './run-timings.ts';
import { RunTracker } from './run-tracker.ts';
import type { EngineFacts, SharedRunner } from './shared-runner.ts';

/** What to run. */
export interface RunRequest {
  readonly graph: GraphFile;
  readonly path: string | null;
  readonly document: string | null;
  readonly name: string;
  readonly targets?: readonly string[] | undefined;
  readonly next?: boolean | undefined;
}

export interface RunManagerOptions {
  readonly queue: DurableQueue;
  readonly runner: SharedRunner;
  readonly facts: Pick<EngineFacts, 'residentBytes'>;
  readonly results: Results;
  readonly timings: RunTimings;
  /** What a graph may read, by the path of its file. */
  readonly filesFor: (path: string | null) => RunFiles;
  readonly memoryFor: (subject: Pick<RunRequest, 'path' | 'document'>) => RunMemory;
  readonly outputFolder: () => Promise<string>;
  readonly emit: (event: StudioEvent) => void;
  readonly now?: () => number;
}

/** States of finished runs that are kept for windows that connect later. */
const KEPT_STATES = 12;
/** Finished runs of the queue panel, unless it asks for more. */
const HISTORY = 100;

/** Runs graphs one after the other from a queue on disk, and tells windows what happens. */
export class RunManager {
  private readonly trackers = new Map<string, RunTracker>();
  private active: { readonly id: string; readonly run: ActiveRun } | undefined;
  /** A job was taken; it may not have come to running yet. */
  private busy = false;
  private working: Promise<void> = Promise.resolve();
  private closed = false;
  /** Aborted when the program ends. */
  private readonly stopActive = new AbortController();

  constructor(private readonly options: RunManagerOptions) {
    options.queue.onChange(() => { this.queueChanged(); });
  }

  /** Every fault of a graph, before anything is queued. */
  validate(graph: GraphFile): GraphFaults['faults'] {
    return validateGraph(graph, this.options.runner.catalogue).faults;
  }

  /** Puts a run into the queue. @throws GraphFaults with all faults of the graph; AppError `files.write` when the queue can't be kept. */
  async start({ graph, path, document, name, targets, next }: RunRequest): Promise<string> {
    const faults = this.validate(graph);
    if (faults.length > 0) throw new GraphFaults(name, faults, 'The list of problems has all of them.');
    const id = randomUUID();
    const payload: RunPayload = { graph, path, document, name, addedAt: this.now(), ...(targets === undefined ? {} : { targets: [...targets] }) };
    this.track(id, payload);
    await this.options.queue.add({ id, kind: RUN_JOB, payload: payload as unknown as JsonValue });
    if (next === true) await this.options.queue.move(id, 'first');
    this.pump();
    return id;
  }

  async cancel(id: string): Promise<void> {
    await this.options.queue.cancel(id);
    const tracker = this.trackers.get(id);
    // One that waits never starts: nobody else says that it is over.
    if (this.active?.id !== id && tracker !== undefined) this.tell(id, tracker, note(tracker, { type: 'run-end', status: 'cancelled', ms: 0 }));
  }

  /** @throws AppError `run.not-running`. */
  pause(id: string): void {
    this.activeRun(id).pause();
  }

  /** @throws AppError `run.not-running`. */
  resume(id: string): void {
    this.activeRun(id).resume();
  }

  /** Runs as they stand now: those that run or wait, and the last finished ones. */
  states(): RunState[] {
    return [...this.trackers.values()].map((tracker) => tracker.state());
  }

  view(historyLimit: number = HISTORY): QueueView {
    const { queue } = this.options;
    const { paused, running, waiting, history, counts } = queue.view(historyLimit);
    return {
      paused: paused ?? null, running: running.map(queueJobOf), waiting: waiting.map(queueJobOf), history: history.map(queueJobOf),
      historyTotal: counts.done + counts.failed + counts.cancelled,
    };
  }

  /** What a job ran. @throws AppError `queue.unknown`. */
  graphOf(id: string): { graph: GraphFile; name: string; path: string | null } {
    const payload = runPayloadSchema.safeParse(this.options.queue.get(id)?.payload).data;
    if (payload === undefined) throw inputError('queue.unknown', `Job "${id}"`, 'must be a run of the queue');
    return { graph: payload.graph, name: payload.name, path: payload.path };
  }

  async resumeQueue(): Promise<void> {
    await this.options.queue.resume();
    this.pump();
  }

  async retry(id: string): Promise<void> {
    await this.options.queue.retry(id);
    this.track(id, this.payloadOf(id));
    this.pump();
  }

  /** Starts what waits, when nothing runs. */
  pump(): void {
    if (this.busy || this.closed) return;
    const taken = this.options.queue.take(({ kind }) => kind === RUN_JOB);
    if (taken === undefined) return;
    this.busy = true;
    this.working = this.work(taken).then(() => { this.pump(); });
  }

  /** Stops: what runs waits for the next start of the program. */
  async close(): Promise<void> {
    this.closed = true;
    this.stopActive.abort();
    await this.working;
  }

  private async work(taken: TakenJob): Promise<void> {
    const { queue } = this.options;
    const { id } = taken.job;
    const started = performance.now();
    try {
      const summary = await this.runJob(taken);
      const ms = performance.now() - started;
      if (this.stopActive.signal.aborted && !taken.signal.aborted) await queue.putBack(id);
      else if (summary.status === 'failed') await queue.fail(id, ms, summary.errors[0] ?? toErrorData('the run has failed', id, 'run'), true);
      else await queue.finish(id, ms, this.jobResult(id, summary));
    } catch (thrown) {
      // The queue's own disk has failed, or the job is of another version: it must not stop what comes after.
      const ms = performance.now() - started;
      await queue.fail(id, ms, toErrorData(thrown, id, 'run'), true).catch(() => undefined);
      // It came to no run that could tell of its end: windows would wait for it for ever.
      const tracker = this.trackers.get(id);
      if (tracker !== undefined) this.tell(id, tracker, note(tracker, { type: 'run-end', status: 'failed', ms }));
    } finally {
      this.active = undefined;
      this.busy = false;
      this.forgetOldStates();
    }
  }

  private async runJob({ job, signal }: TakenJob): Promise<RunSummary> {
    const payload = this.payloadOf(job.id);
    const tracker = this.trackers.get(job.id) ?? this.track(job.id, payload);
    const { runner, facts, timings, filesFor, memoryFor, outputFolder } = this.options;
    const resumable = new Set(runner.catalogue.filter((schema) => schema.resumable === true).map(({ type }) => type));
    const run = new ActiveRun({
      graph: payload.graph, where: payload.name, runner, facts, timings, tracker, resumable, signal: AbortSignal.any([signal, this.stopActive.signal]),
      files: filesFor(payload.path), memory: memoryFor(payload), outputFolder: await claimFolder(await outputFolder(), payload.name),
      ...(payload.targets === undefined ? {} : { targets: payload.targets }),
      onEvent: (event) => {
        this.tell(job.id, tracker, event);
        if (event.type === 'artifact') this.keepResult(job.id, payload, event);
      },
    });
    this.active = { id: job.id, run };
    return run.run();
  }

  private keepResult(runId: string, { name }: RunPayload, { nodeId, artifact }: Extract<StudioRunEvent, { type: 'artifact' }>): void {
    const { result: _result, ...made } = artifact;
    // A list that can't be written loses an entry; the file is there, and the run tells of it.
    this.options.results.add({ runId, node: nodeId, graphName: name }, made as never, this.now()).catch(() => undefined);
  }

  private jobResult(id: string, { outputs }: RunSummary): RunJobResult {
    const pictures = outputs.filter(({ kind }) => kind === 'image' || kind === 'contact-sheet');
    return { outputs: outputs.length, thumbnails: pictures.slice(0, 4).map(({ path }) => resultId(id, path)) };
  }

  private payloadOf(id: string): RunPayload {
    const parsed = runPayloadSchema.safeParse(this.options.queue.get(id)?.payload);
    if (!parsed.success) throw inputError('queue.payload', `Job "${id}"`, 'must be a run as this version keeps it', { hint: 'Remove it from the queue and run the graph again' });
    return parsed.data;
  }

  private track(id: string, { name, path, document }: RunPayload): RunTracker {
    const tracker = new RunTracker({ runId: id, name, path, document }, (_node, { path: file }) => resultId(id, file), () => this.now());
    this.trackers.set(id, tracker);
    return tracker;
  }

  /** Of finished runs, the last ones stay. */
  private forgetOldStates(): void {
    const finished = [...this.trackers].filter(([, tracker]) => !['waiting', 'running', 'paused'].includes(tracker.state().status));
    for (const [id] of finished.slice(0, -KEPT_STATES)) this.trackers.delete(id);
  }

  private activeRun(id: string): ActiveRun {
    if (this.active?.id !== id) throw inputError('run.not-running', 'Run', 'must be running to be paused or to go on', { got: id });
    return this.active.run;
  }

  private tell(runId: string, tracker: RunTracker, event: StudioRunEvent): void {
    const { document } = tracker.subject;
    this.options.emit({ event: 'run', data: { runId, document, sequence: tracker.sequence, event } });
  }

  private queueChanged(): void {
    const { paused, counts } = this.options.queue;
    this.options.emit({ event: 'queue', data: { paused: paused ?? null, running: counts.running, waiting: counts.waiting } });
  }

  private now(): number {
    return (this.options.now ?? Date.now)();
  }
}

function note(tracker: RunTracker, event: StudioRunEvent): StudioRunEvent {
  tracker.note(event);
  return event;
}
