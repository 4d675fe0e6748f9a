import { randomUUID } from 'node:crypto';
import { basename } from 'node:path';
import type { BatchSummary } from '../../../contract/batch-events.ts';
import { inputError, toErrorData } from '../../../contract/errors.ts';
import type { BatchRow, StudioBatch, StudioEvent } from '../../../contract/studio-api.ts';
import { PROGRAM_VERSION } from '../../../contract/version.ts';
import { batchFolder } from '../batch/batch-folder.ts';
import { planInto, rowFilesOn, type BatchGround, type BatchPlace } from '../batch/batch-ground.ts';
import { readPlan } from '../batch/plan-file.ts';
import { countsOf, recordOf } from '../batch/row-records.ts';
import { runBatch } from '../batch/run-batch.ts';
import { lookAtBatch, openPlan, steerBatch } from '../batch/steer-batch.ts';
import type { DurableQueue, TakenJob } from '../queue/durable-queue.ts';
import type { Job } from '../queue/queue-entries.ts';
import type { QueueRequest } from '../queue/requests.ts';
import type { BatchFilesOfStudio } from './batch-files.ts';
import { BATCH_JOB, batchPayloadSchema, batchResultSchema, type BatchJobResult, type BatchPayload } from './batch-jobs.ts';
import { BatchTracker } from './batch-tracker.ts';
import type { FleetLink } from './fleet-link.ts';
import type { Results } from './results.ts';
import type { SharedRunner } from './shared-runner.ts';

export interface BatchManagerOptions {
  /** Of batches alone: the rows of each have a queue of their own in its output folder. */
  readonly queue: DurableQueue;
  /** Batches that were running or waiting when the program ended. */
  readonly left: readonly string[];
  readonly files: BatchFilesOfStudio;
  readonly ground: Promise<BatchGround>;
  readonly runner: SharedRunner;
  readonly link: FleetLink;
  readonly results: Results;
  readonly emit: (event: StudioEvent) => void;
  readonly now?: () => number;
}

/** What is to be started. */
export interface BatchRequest {
  readonly path: string;
  readonly folder: string;
  readonly fleet: { readonly store: string } | null;
  readonly priority?: number | undefined;
}

/** Events of a batch come many times a second: windows are told this often at most. */
const TELL_EVERY_MS = 250;
const SHOWN = 50;

interface ActiveBatch {
  readonly tracker: BatchTracker;
  readonly payload: BatchPayload;
}

/** Runs batches for windows with the services of `engram batch`: one at a time on this machine, and any number on fleets. What is going on is on disk. */
export class BatchManager {
  private readonly active = new Map<string, ActiveBatch>();
  /** How batches stood that have ended in this session. */
  private readonly ended = new Map<string, BatchTracker>();
  /** Wait until the person says so. */
  private readonly left: Set<string>;
  /** Go on with the plan in their folder, whatever has become of the file since. */
  private readonly goOn = new Set<string>();
  private readonly untold = new Set<string>();
  private timer: NodeJS.Timeout | undefined;
  private readonly working = new Set<Promise<void>>();
  private readonly stopAll = new AbortController();

  constructor(private readonly options: BatchManagerOptions) {
    this.left = new Set(options.left);
  }

  /** Puts a saved batch file into the queue. @throws BatchFaults with every fault of its form; AppError `fleet.not-connected`, `batch.busy`. */
  async start({ path, folder, fleet, priority }: BatchRequest): Promise<string> {
    const { queue, files, link } = this.options;
    const { loaded, outputFolder } = await files.forStart(path, folder);
    const address = link.address;
    if (fleet !== null && address === null) throw inputError('fleet.not-connected', 'Fleet', 'must be connected first', { hint: 'Give its address in the Fleet panel' });
    const busy = this.open().find((job) => payloadOf(job).outputFolder === outputFolder);
    if (busy !== undefined) throw inputError('batch.busy', basename(outputFolder), 'a batch is at work in this folder already', { path: outputFolder, hint: 'Go on with that one, or name another folder' });
    const id = randomUUID();
    const payload: BatchPayload = { path, name: loaded.name, outputFolder, fleet: fleet === null ? null : { address: address as string, store: fleet.store }, addedAt: this.now() };
    await queue.add({ id, kind: BATCH_JOB, payload: payload, ...(priority === undefined ? {} : { priority }) });
    this.changed(id);
    this.pump();
    return id;
  }

  /** Last one first. */
  list(): StudioBatch[] {
    const { running, waiting, history } = this.options.queue.view(SHOWN);
    return [...running, ...waiting, ...history].map((job) => this.view(job)).sort((a, b) => b.addedAt - a.addedAt);
  }

  /** Rows of a batch as the journal in its folder has them. @throws AppError `queue.unknown`, `batch.nothing-there`. */
  async rows(id: string, states: readonly BatchRow['state'][] | undefined, offset: number, limit: number): Promise<{ rows: BatchRow[]; total: number; counts: NonNullable<StudioBatch['counts']> }> {
    const folder = batchFolder(payloadOf(this.job(id)).outputFolder);
    const plan = await openPlan(folder);
    const view = await lookAtBatch(folder, plan);
    const jobs = new Map([...view.running, ...view.waiting, ...view.history].map((job) => [job.id, job]));
    const records = plan.rows.map((row) => recordOf(row, jobs.get(row.id))).filter(({ state }) => states === undefined || states.includes(state));
    const rows = records.slice(offset, offset + limit).map(({ row, state, attempts, seconds, error }): BatchRow => ({
      row: row.index + 1, output: row.output, labels: { ...row.labels }, state, attempts, ...(seconds === undefined ? {} : { seconds }), ...(error === undefined ? {} : { error }),
    }));
    return { rows, total: records.length, counts: countsOf(view.counts) };
  }

  /** Begins no more rows; those under way are finished. @throws AppError `queue.unknown`, `batch.not-running`. */
  async pause(id: string): Promise<void> {
    const active = this.active.get(id);
    if (active === undefined || active.tracker.phase === 'planning') throw inputError('batch.not-running', payloadOf(this.job(id)).name, 'must be running to be paused');
    await this.steer(active.payload, { type: 'pause' });
    if (active.tracker.phase === 'running') active.tracker.phase = 'pausing';
    this.changed(id);
  }

  /** Goes on: after a pause, after it was stopped, after a restart of the program. @throws AppError `queue.unknown`, `queue.state`. */
  async resume(id: string): Promise<void> {
    const active = this.active.get(id);
    if (active !== undefined && this.job(id).state === 'running') {
      await this.steer(active.payload, { type: 'resume' });
      active.tracker.phase = 'running';
      return this.changed(id);
    }
    this.goOn.add(id);
    this.left.delete(id);
    if (this.job(id).state !== 'waiting') await this.options.queue.retry(id);
    this.changed(id);
    this.pump();
  }

  /** Stops within a step; it can go on later. @throws AppError `queue.unknown`, `queue.state`. */
  async cancel(id: string): Promise<void> {
    this.job(id);
    await this.options.queue.cancel(id);
    this.left.delete(id);
    this.changed(id);
  }

  /** Lets the rows that failed run again. @throws AppError `queue.unknown`, `batch.nothing-there`. */
  async retryFailed(id: string): Promise<void> {
    await this.steer(payloadOf(this.job(id)), { type: 'retry-failed' });
    if (!this.active.has(id)) await this.resume(id);
  }

  /** Of a batch that waits. @throws AppError `queue.unknown`, `queue.state`. */
  async setPriority(id: string, priority: number): Promise<void> {
    this.job(id);
    await this.options.queue.setPriority(id, priority);
    this.changed(id);
  }

  /** Takes a batch that isn't running off the list; its outputs stay. @throws AppError `queue.unknown`, `queue.state`. */
  async remove(id: string): Promise<void> {
    this.job(id);
    await this.options.queue.remove(id);
    this.left.delete(id);
    this.ended.delete(id);
  }

  /** What a file manager is to show. @throws AppError `queue.unknown`, `batch.no-gallery`. */
  place(id: string, what: 'folder' | 'gallery'): string {
    const view = this.view(this.job(id));
    if (what === 'folder') return view.outputFolder;
    if (view.gallery === null) throw inputError('batch.no-gallery', view.name, 'must have been run with "gallery" to its end or to a pause');
    return view.gallery;
  }

  /** Stops everything: what runs goes on after the next start of the program, when the person says so. */
  async close(): Promise<void> {
    this.stopAll.abort();
    clearTimeout(this.timer);
    await Promise.all(this.working);
  }

  /** Starts what waits and may run now. */
  private pump(): void {
    for (;;) {
      if (this.stopAll.signal.aborted) return;
      const here = [...this.active.values()].some(({ payload }) => payload.fleet === null);
      const taken = this.options.queue.take((job) => !this.left.has(job.id) && (payloadOf(job).fleet !== null || !here));
      if (taken === undefined) return;
      const work = this.work(taken).finally(() => {
        this.working.delete(work);
        this.pump();
      });
      this.working.add(work);
    }
  }

  private async work({ job, signal }: TakenJob): Promise<void> {
    const { queue } = this.options;
    const payload = payloadOf(job);
    const tracker = new BatchTracker(job.id, payload.outputFolder, (output, path) => { this.keep(job.id, payload, output, path); });
    this.active.set(job.id, { tracker, payload });
    this.changed(job.id);
    const started = performance.now();
    try {
      const summary = await this.run(job, payload, tracker, AbortSignal.any([signal, this.stopAll.signal]));
      await this.settle(job.id, summary, tracker, performance.now() - started);
    } catch (thrown) {
      if (this.stopAll.signal.aborted && !signal.aborted) await queue.putBack(job.id).catch(() => undefined);
      else await queue.fail(job.id, performance.now() - started, toErrorData(thrown, payload.name, 'run'), true).catch(() => undefined);
    } finally {
      this.active.delete(job.id);
      this.ended.set(job.id, tracker);
      this.changed(job.id);
    }
  }

  private async run(job: Job, payload: BatchPayload, tracker: BatchTracker, signal: AbortSignal): Promise<BatchSummary> {
    const { files } = this.options;
    const ground = await this.options.ground;
    const place = await this.openPlace(payload, ground, tracker);
    try {
      const goesOn = this.goOn.delete(job.id) && (await readPlan(batchFolder(payload.outputFolder).plan)) !== undefined;
      const plan = goesOn ? undefined : (await planInto((await files.forStart(payload.path, '')).loaded, payload.outputFolder, ground, { place, signal })).plan;
      for (const notice of plan?.notices ?? []) tracker.warn(notice);
      return await runBatch({
        ...(plan === undefined ? {} : { plan }), outputFolder: payload.outputFolder, runner: place.runner, filesFor: rowFilesOn(ground), signal,
        // How fast a fleet is says nothing of one machine.
        ...(place.runRow === undefined ? { history: ground.history } : { runRow: place.runRow }), ...(place.rowsAtOnce === undefined ? {} : { rowsAtOnce: place.rowsAtOnce }),
        onEvent: (event) => {
          tracker.apply(event);
          this.changed(job.id);
        },
      });
    } finally {
      await place.close();
    }
  }

  private async openPlace({ fleet, name }: BatchPayload, ground: BatchGround, tracker: BatchTracker): Promise<BatchPlace> {
    if (fleet === null) {
      const runner = this.options.runner.open();
      return { runner, close: () => runner.dispose() };
    }
    const { link } = this.options;
    if (link.address !== fleet.address) throw inputError('fleet.not-connected', name, `the fleet at ${fleet.address} must be connected first`, { got: link.address ?? 'no connection', hint: 'Give its address in the Fleet panel, then go on with the batch' });
    const { fleet: services, redis } = await link.openOther();
    return services.openFleetPlace(redis, fleet.store, {
      catalogue: ground.catalogue, filesFor: rowFilesOn(ground), program: PROGRAM_VERSION, shareModels: false, retryFailed: false,
      onSubmitted: () => undefined, onTrouble: (error) => { tracker.warn(error); },
    });
  }

  /** Writes down how a batch has ended. */
  private async settle(id: string, { status, counts, error, reports }: BatchSummary, tracker: BatchTracker, ms: number): Promise<void> {
    const { queue } = this.options;
    if (status === 'cancelled' && this.job(id).state !== 'cancelled') return queue.putBack(id); // the program ends
    if (status === 'paused' && error !== undefined) return void (await queue.fail(id, ms, error, true));
    const gallery = reports.find((path) => basename(path) === 'gallery.html') ?? null;
    const result: BatchJobResult = { counts: { ...counts }, recent: [...tracker.progress().recent], gallery };
    return queue.finish(id, ms, result);
  }

  private keep(id: string, { name }: BatchPayload, { node, kind, sha256, pixels }: Parameters<ConstructorParameters<typeof BatchTracker>[2]>[0], path: string): void {
    // A list that can't be written loses an entry; the file is there, and the batch's own journal has it.
    this.options.results.add({ runId: id, node, graphName: name }, { kind, path, sha256, ...(pixels === undefined ? {} : { pixels }) }, this.now()).catch(() => undefined);
  }

  private async steer({ outputFolder }: BatchPayload, request: QueueRequest): Promise<void> {
    const folder = batchFolder(outputFolder);
    await steerBatch(folder, await openPlan(folder), request);
  }

  private view(job: Job): StudioBatch {
    const { path, name, outputFolder, fleet, addedAt } = payloadOf(job);
    const result = batchResultSchema.safeParse(job.result).data;
    const tracker = this.active.get(job.id)?.tracker ?? this.ended.get(job.id);
    const progress = tracker?.progress() ?? { running: [], recent: result?.recent ?? [], warnings: [], ...(result === undefined ? {} : { counts: result.counts }) };
    const error = job.state === 'failed' ? job.error : progress.error;
    return {
      id: job.id, name, path, outputFolder, fleet: fleet?.address ?? null, priority: job.priority, state: this.stateOf(job), addedAt,
      ...(job.ms === undefined ? {} : { ms: job.ms }), ...progress, ...(error === undefined ? {} : { error }), gallery: result?.gallery ?? null,
    };
  }

  private stateOf(job: Job): StudioBatch['state'] {
    switch (job.state) {
      case 'waiting': return this.left.has(job.id) ? 'interrupted' : 'waiting';
      case 'running': return this.active.get(job.id)?.tracker.phase ?? 'planning';
      case 'failed': return 'stopped';
      case 'cancelled': case 'done': return job.state;
    }
  }

  private open(): Job[] {
    const { running, waiting } = this.options.queue.view(0);
    return [...running, ...waiting];
  }

  private job(id: string): Job {
    const job = this.options.queue.get(id);
    if (job === undefined) throw inputError('queue.unknown', `Batch "${id}"`, 'must be one that this studio has started');
    return job;
  }

  private changed(id: string): void {
    this.untold.add(id);
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      const ids = [...this.untold];
      this.untold.clear();
      for (const one of ids) {
        const job = this.options.queue.get(one);
        if (job !== undefined) this.options.emit({ event: 'batch', data: this.view(job) });
      }
    }, TELL_EVERY_MS);
  }

  private now(): number {
    return (this.options.now ?? Date.now)();
  }
}

function payloadOf({ id, payload }: Job): BatchPayload {
  const parsed = batchPayloadSchema.safeParse(payload);
  if (!parsed.success) throw inputError('queue.payload', `Batch "${id}"`, 'must be one as this version keeps it', { hint: 'Start its file again: what is done stays done' });
  return parsed.data;
}

