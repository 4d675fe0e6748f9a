import { basename, dirname, join } from 'node:path';
import { BATCH_FORMAT_VERSION, type BatchFileInput } from '../../../contract/batch-file.ts';
import { inputError } from '../../../contract/errors.ts';
import type { BatchPlanView, OpenedBatch } from '../../../contract/studio-api.ts';
import { writeFileAtomic } from '../atomic-write.ts';
import { batchFolder } from '../batch/batch-folder.ts';
import { planInto, type BatchGround } from '../batch/batch-ground.ts';
import { comparePlans, printChanges } from '../batch/compare-plans.ts';
import { formatBatch, parseBatch, type LoadedBatch } from '../batch/read-batch.ts';
import { lookAtBatch } from '../batch/steer-batch.ts';
import { summarizePlan } from '../batch/summarize-plan.ts';
import { readTextFile } from '../batch/text-files.ts';
import { realPathIfAny, resolveRead, resolveWrite } from '../path-scope.ts';
import { findFiles, graphValueOf } from './folder-listing.ts';
import { rebaseBatch } from './rebase-batch.ts';
import type { GrantedFolders } from './granted-folders.ts';
import { graphName, revisionOf } from './graph-text.ts';
import { readIfAny } from './read-if-any.ts';

/** Ending of batch files. */
export const BATCH_ENDING = '.batch.json';
/** Rows of a plan that are shown before the start. */
const FIRST_ROWS = 8;
const MOST_FOUND = 100;

export interface BatchFilesOptions {
  readonly folders: GrantedFolders;
  /** Where batches are saved whose graph ships with the program. */
  readonly workFolder: string;
  readonly shippedFolder: string;
  readonly ground: Promise<BatchGround>;
  /** Where all outputs of the studio go. */
  readonly outputFolder: () => Promise<string>;
}

/** What a batch file is called in titles: its name without our ending. */
export function batchName(path: string): string {
  return basename(path).replace(/(?:\.batch)?\.json$/i, '');
}

/** Makes, opens, saves and plans batch files for windows: the very files that `engram batch` runs. */
export class BatchFilesOfStudio {
  constructor(private readonly options: BatchFilesOptions) {}

  /** A new batch of a graph. @throws AppError `files.outside`, `files.missing`. */
  async draft(graph: string): Promise<OpenedBatch> {
    const { folders } = this.options;
    const real = await folders.resolveRead(graph);
    const folder = (await folders.isReadOnly(real)) ? await this.ownFolder() : dirname(real);
    const batch: BatchFileInput = { format: 'engram-batch', version: BATCH_FORMAT_VERSION, graph: graphValueOf(real, folder, await this.realRoots()), groups: [] };
    return { path: join(folder, `${graphName(real)}${BATCH_ENDING}`), name: graphName(real), batch, revision: null, graphPath: real };
  }

  /** A batch that ships with the program is opened as a copy, whose paths name the same files. @throws AppError `files.outside`, `files.missing`; BatchFaults with every fault of its form. */
  async open(path: string): Promise<OpenedBatch> {
    const real = await this.options.folders.resolveRead(path);
    const text = await readTextFile(real, basename(real));
    parseBatch(text, basename(real));
    const batch = JSON.parse(text) as BatchFileInput;
    if (!(await this.options.folders.isReadOnly(real))) return this.opened(real, batch, revisionOf(text));
    const folder = await this.ownFolder();
    return this.opened(join(folder, basename(real)), rebaseBatch(batch, dirname(real), folder, await this.realRoots()), null);
  }

  /**
   * Writes a batch file that is good by itself; what it names is looked at when it is planned.
   * @param revision What it was when it was opened.
   * @throws BatchFaults; AppError `files.ending`, `files.exists`, `files.changed`, `files.outside`, `files.write`.
   */
  async save(path: string, batch: BatchFileInput, revision: string | null, overwrite: boolean): Promise<OpenedBatch> {
    if (!path.endsWith(BATCH_ENDING) || basename(path) === BATCH_ENDING) throw inputError('files.ending', basename(path), `names of batch files must end in ${BATCH_ENDING}`, { path, hint: 'Add the ending' });
    const target = await this.options.folders.resolveWrite(path);
    const text = formatBatch(batch as never);
    parseBatch(text, basename(target));
    const before = await readIfAny(target);
    if (!overwrite && before !== undefined) {
      if (revision === null) throw inputError('files.exists', basename(target), 'must not be there yet', { path: target, hint: 'Overwrite it, or choose another name' });
      if (revisionOf(before) !== revision) throw inputError('files.changed', basename(target), 'must be as it was when it was opened', { path: target, hint: 'Another program has changed it: save under another name, or overwrite it' });
    }
    await writeFileAtomic(target, text);
    return this.opened(target, batch, revisionOf(text));
  }

  /** Batch files beside a graph, in the folder for graphs, and those that ship. */
  async find(base: string | null): Promise<{ path: string; name: string }[]> {
    const { folders, workFolder, shippedFolder } = this.options;
    const places = [...(base === null ? [] : [await folders.resolveRead(base)]), workFolder, shippedFolder];
    const found = await Promise.all(places.map((folder) => findFiles(folder, BATCH_ENDING, MOST_FOUND)));
    return [...new Set(found.flat())].slice(0, MOST_FOUND).map((path) => ({ path, name: batchName(path) }));
  }

  /** What a batch comes to; nothing is started and nothing is written. @throws BatchFaults with every fault; AppError `files.name`. */
  async plan(path: string, batch: BatchFileInput, folder: string): Promise<BatchPlanView> {
    const loaded = await this.loaded(path, formatBatch(batch as never));
    const outputFolder = await this.outputsOf(loaded, folder);
    const { plan, previous } = await planInto(loaded, outputFolder, await this.options.ground);
    const summary = summarizePlan(plan, FIRST_ROWS);
    const { seconds, bytes, measuredRows, device } = summary.estimates;
    const estimates = { measuredRows, ...(seconds === undefined ? {} : { seconds }), ...(bytes === undefined ? {} : { bytes }), ...(device === undefined ? {} : { device }) };
    const view = {
      ...summary, estimates, graphs: [...summary.graphs], shared: [...summary.shared], notices: [...summary.notices],
      groups: summary.groups.map((group) => [...group]), first: summary.first.map((row) => ({ ...row, labels: { ...row.labels } })),
    };
    if (previous === undefined) return { summary: view, outputFolder, before: null };
    const { counts } = await lookAtBatch(batchFolder(outputFolder), previous);
    return { summary: view, outputFolder, before: { done: counts.done, changes: printChanges(comparePlans(previous, plan)) ?? null } };
  }

  /** A saved batch, ready to be planned, and where its outputs go. @throws BatchFaults; AppError `files.*`. */
  async forStart(path: string, folder: string): Promise<{ readonly loaded: LoadedBatch; readonly outputFolder: string }> {
    const real = await this.options.folders.resolveRead(path);
    const loaded = await this.loaded(real, await readTextFile(real, basename(real)));
    return { loaded, outputFolder: await this.outputsOf(loaded, folder) };
  }

  /** Where graphs and batches of the person's own lie. */
  private async ownFolder(): Promise<string> {
    return (await realPathIfAny(this.options.workFolder)) ?? this.options.workFolder;
  }

  private async realRoots(): Promise<Record<string, string>> {
    const { roots } = await this.options.ground;
    return Object.fromEntries(await Promise.all(Object.entries(roots).map(async ([name, path]) => [name, (await realPathIfAny(path)) ?? path] as const)));
  }

  private async loaded(path: string, text: string): Promise<LoadedBatch> {
    const folder = await this.options.folders.resolveRead(dirname(path));
    const batch = parseBatch(text, basename(path));
    return { batch, where: basename(path), folder, name: batch.name ?? batchName(path) };
  }

  private async outputsOf({ where, name }: LoadedBatch, folder: string): Promise<string> {
    const title = folder.trim() === '' ? name : folder.trim();
    return resolveWrite(await this.options.outputFolder(), title, where);
  }

  private async opened(path: string, batch: BatchFileInput, revision: string | null): Promise<OpenedBatch> {
    const { roots } = await this.options.ground;
    const graphPath = batch.graph === undefined ? undefined : await resolveRead({ base: dirname(path), roots }, batch.graph, basename(path)).catch(() => undefined);
    return { path, name: batchName(path), batch, revision, graphPath: graphPath ?? null };
  }
}
