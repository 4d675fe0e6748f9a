import type { BatchEvent, BatchRecovery, BatchSummary } from '../../../contract/batch-events.ts';
import { sizeInBytes } from '../../../contract/batch-file.ts';
import type { BatchPlan, PlannedGraph, PlannedRow } from '../../../contract/batch-plan.ts';
import { inputError, runError, toErrorData, type ErrorData } from '../../../contract/errors.ts';
import type { NodeRunner } from '../../runtime/node-runner.ts';
import type { RunFiles } from '../../runtime/plan-graph.ts';
import { makeFolder, writeError } from '../atomic-write.ts';
import { nodeFileSystem, type FileSystem } from '../file-system.ts';
import { openQueue, type DurableQueue } from '../queue/durable-queue.ts';
import { takeLock, type HeldLock } from '../queue/lock.ts';
import { systemProcesses, type Processes } from '../queue/processes.ts';
import { batchFolder, otherBatchError, type BatchFolder } from './batch-folder.ts';
import { BatchRows } from './batch-rows.ts';
import { DiskRoom } from './disk-room.ts';
import type { BatchHistory } from './history.ts';
import { identifyPicture, type IdentifyOutput } from './identify-output.ts';
import { readPlan, writePlan } from './plan-file.ts';
import { patientRunner } from './patient-runner.ts';
import { adoptOutputs, refuseToOverwrite, sweepOutputs, verifyOutputs, type RecoverOptions } from './recover.ts';
import { writeManifest } from './manifest.ts';
import { writeReports } from './reports.ts';
import { recordsOf } from './row-records.ts';
import { runRow, type RunRow, keptFiles } from './run-row.ts';
import type { SheetsOptions, WrittenReports } from './sheets.ts';

/** Writes what is about the whole batch. `quick`: only what takes no time, since somebody waits for the end. */
export type WriteBatchReports = (options: SheetsOptions & { readonly quick: boolean }) => Promise<WrittenReports>;

export interface RunBatchOptions {
  /** What to run; the plan in the output folder when left out. */
  readonly plan?: BatchPlan;
  readonly outputFolder: string;
  /** Runs nodes. Stays open afterwards. */
  readonly runner: NodeRunner;
  /** Files as rows of a graph may read them. */
  readonly filesFor: (plan: BatchPlan, graph: PlannedGraph) => RunFiles;
  /** Makes manifest, sheets and gallery, at the end and in every pause. */
  readonly writeReports?: WriteBatchReports;
  /** Aborted: everything stops within a step, and can go on later. */
  readonly signal: AbortSignal;
  readonly onEvent: (event: BatchEvent) => void;
  /** Rows that failed before wait again. */
  readonly retryFailed?: boolean;
  /** Runs one row; with the runner above when left out. */
  readonly runRow?: RunRow;
  /** Rows under way at a time; twice the plan's width when left out, so that rows of several kinds fill whole runs of the model. */
  readonly rowsAtOnce?: number;
  /** Failures of its own after which a row is set aside; 3 when left out. */
  readonly maxAttempts?: number;
  /** Bytes that outputs may take; the batch file's quota when left out. */
  readonly quota?: number;
  /** Bytes that must stay free on the disk. */
  readonly minimumFree?: number;
  /** Where measured times go. */
  readonly history?: BatchHistory;
  readonly fileSystem?: FileSystem;
  readonly processes?: Processes;
  readonly identify?: IdentifyOutput;
}

/** What a run has in hand once the folder is open. */
interface Opened {
  readonly folder: BatchFolder;
  readonly plan: BatchPlan;
  readonly queue: DurableQueue;
  readonly rows: ReadonlyMap<string, PlannedRow>;
  readonly recovery: BatchRecovery;
  readonly resumed: boolean;
  readonly recoverOptions: RecoverOptions;
  readonly warnings: readonly ErrorData[];
}

/**
 * The plan that counts: the one in the folder, if it is of the same batch. A batch that has grown goes on with the new plan: no row of the old one is
 * lost then, and none is made again.
 */
function choosePlan(stored: BatchPlan | undefined, wanted: BatchPlan | undefined, folder: string): BatchPlan {
  if (stored === undefined && wanted === undefined) throw inputError('batch.nothing-to-resume', folder, 'must hold a batch that was begun', { path: folder, hint: 'Leave --resume out to begin one, or correct --out' });
  if (stored === undefined || wanted === undefined || stored.batchKey === wanted.batchKey) return (stored ?? wanted) as BatchPlan;
  const outputs = new Map(wanted.rows.map(({ id, output }) => [id, output]));
  if (stored.rows.every(({ id, output }) => outputs.get(id) === output)) return wanted;
  throw otherBatchError(folder, stored, wanted);
}

function damageWarnings(folder: BatchFolder, damage: readonly { readonly line: number; readonly reason: string }[]): ErrorData[] {
  if (damage.length === 0) return [];
  const lines = damage.slice(0, 5).map(({ line, reason }) => `line ${line} ${reason}`).join('; ');
  return [runError('queue.journal-damaged', folder.journal, 'every line must be as it was written', {
    path: folder.journal, got: damage.length > 5 ? `${lines} and ${damage.length - 5} more` : lines, hint: `The damaged lines were moved to ${folder.journal}.damaged; what they said is found out again from the outputs`,
  }).data];
}

/** Brings journal and disk together. @param before Rows of the plan that was in the folder: what bears the name of another row's output is nobody's of ours. */
async function recover(options: RecoverOptions, before: BatchPlan | undefined): Promise<Omit<BatchRecovery, 'interrupted'>> {
  const swept = await sweepOutputs(options);
  const { verified, lost, setAside } = await verifyOutputs(options);
  const { adopted, foreign } = await adoptOutputs(options);
  const known = new Set(before?.rows.map(({ id }) => id));
  refuseToOverwrite(options.folder, foreign.filter(({ id }) => !known.has(id)).map(({ file }) => file));
  return { verified, lost, setAside, adopted, swept };
}

/** Opens the folder under its lock: plan, journal, what a run before has left. */
async function openBatch(options: RunBatchOptions, folder: BatchFolder): Promise<Opened> {
  const { fileSystem = nodeFileSystem, processes = systemProcesses, runner, signal, identify = identifyPicture, maxAttempts } = options;
  const stored = await readPlan(folder.plan, fileSystem);
  const plan = choosePlan(stored, options.plan, folder.outputs);
  const rows = new Map(plan.rows.map((row) => [row.id, row]));
  const { queue, damage, interrupted } = await openQueue({
    path: folder.journal, fileSystem, seeds: plan.rows.map(({ id }) => ({ id, kind: 'batch-row', payload: null })), ...(maxAttempts === undefined ? {} : { maxAttempts }),
  });
  try {
    const filesOf = new Map(plan.graphs.map((graph) => [graph, keptFiles(options.filesFor(plan, graph))]));
    const surroundings = { plan, outputFolder: folder.outputs, catalogue: await runner.catalogue(), filesFor: (graph: PlannedGraph) => filesOf.get(graph) as RunFiles, fileSystem };
    const recoverOptions: RecoverOptions = { folder, rows, queue, surroundings, runner, identify, processes, signal };
    const recovery = await recover(recoverOptions, stored);
    if (plan !== stored) await writePlan(folder.plan, plan, fileSystem);
    if (options.retryFailed === true) await queue.retryAll('failed');
    await queue.resume();
    return { folder, plan, queue, rows, recovery: { ...recovery, interrupted: interrupted.length }, resumed: stored !== undefined, recoverOptions, warnings: damageWarnings(folder, damage) };
  } catch (error) {
    await queue.close();
    throw error;
  }
}

async function realFolder(outputFolder: string, fileSystem: FileSystem): Promise<BatchFolder> {
  try {
    await makeFolder(outputFolder, fileSystem);
    return batchFolder(await fileSystem.realpath(outputFolder));
  } catch (error) {
    throw writeError(outputFolder, error);
  }
}

async function runOpened(options: RunBatchOptions, opened: Opened, lock: HeldLock): Promise<BatchSummary> {
  const { plan, queue, folder, recovery, recoverOptions } = opened;
  const { fileSystem = nodeFileSystem, onEvent } = options;
  const started = performance.now();
  const quota = options.quota ?? (plan.batch.output.quota === undefined ? undefined : sizeInBytes(plan.batch.output.quota));
  const room = new DiskRoom({ folder: folder.outputs, fileSystem, ...(quota === undefined ? {} : { quota }), ...(options.minimumFree === undefined ? {} : { minimumFree: options.minimumFree }) });
  const batch = new BatchRows({
    ...opened, room, ...(options.history === undefined ? {} : { history: options.history }), runner: options.runner, runRow: options.runRow ?? runRow, surroundings: recoverOptions.surroundings, rowsAtOnce: options.rowsAtOnce ?? (plan.width === 1 ? 1 : 2 * plan.width), signal: options.signal, lost: lock.lost, onEvent,
    onPause: async () => { await report(options, opened); },
  });
  for (const warning of opened.warnings) onEvent({ type: 'batch-warning', warning });
  onEvent({ type: 'batch-start', name: plan.name, outputFolder: folder.outputs, width: plan.width, counts: batch.counts(), recovery, resumed: opened.resumed });
  const { status, error } = await batch.run();
  await sweepOutputs(recoverOptions);
  await options.history?.save().catch((thrown: unknown) => { onEvent({ type: 'batch-warning', warning: toErrorData(thrown) }); });
  const reports = await report(options, opened);
  onEvent({ type: 'batch-end', status, counts: batch.counts(), seconds: (performance.now() - started) / 1000 });
  return { status, counts: batch.counts(), rows: recordsOf(plan, queue), recovery, reports, ...(error === undefined ? {} : { error }) };
}

const allReports: WriteBatchReports = async (options) => {
  if (!options.quick) return writeReports(options);
  return { files: await writeManifest(options.outputFolder, options.plan, options.records, options.fileSystem), warnings: [] };
};

/** What is about the whole batch, as far as it is done. A report that can't be written is told and stops nothing: it is made anew the next time. */
async function report(options: RunBatchOptions, { plan, queue, folder }: Opened): Promise<readonly string[]> {
  const { onEvent, signal, fileSystem = nodeFileSystem, writeReports: write = allReports } = options;
  const base = { outputFolder: folder.outputs, plan, records: recordsOf(plan, queue), fileSystem };
  try {
    const { files, warnings } = await write(signal.aborted ? { ...base, quick: true } : { ...base, signal, quick: false });
    for (const warning of warnings) onEvent({ type: 'batch-warning', warning });
    return files;
  } catch (thrown) {
    if (!signal.aborted) onEvent({ type: 'batch-warning', warning: toErrorData(thrown, folder.outputs, 'run') });
    return [];
  }
}

/**
 * Runs a batch to its end, or takes it up where it was left, whatever ended it: outputs that are there and good are never made again.
 * @returns what it came to; rows that failed are in it and are no error of the batch.
 * @throws AppError `queue.locked`, `batch.other`, `batch.would-overwrite`, `batch.plan-damaged`, `files.*` before anything runs.
 */
export async function runBatch(given: RunBatchOptions): Promise<BatchSummary> {
  const options: RunBatchOptions = { ...given, runner: patientRunner(given.runner) };
  const { fileSystem = nodeFileSystem, processes, outputFolder } = options;
  const folder = await realFolder(outputFolder, fileSystem);
  const lock = await takeLock(folder.state, `Batch in ${folder.outputs}`, { fileSystem, ...(processes === undefined ? {} : { processes }) });
  try {
    const opened = await openBatch(options, folder);
    try {
      return await runOpened(options, opened, lock);
    } finally {
      await opened.queue.close();
    }
  } finally {
    await lock.release();
  }
}
