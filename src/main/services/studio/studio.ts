import { readFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { inputError } from '../../../contract/errors.ts';
import type { GraphFile } from '../../../contract/graph-file.ts';
import type { NodeSchema } from '../../../contract/node.ts';
import type { DryRun, Place, SavedGraph, ShippedGraph, StudioEvent, TablePair, TableReport, TriggerReport } from '../../../contract/studio-api.ts';
import type { NodeRunner } from '../../runtime/node-runner.ts';
import type { RunFiles } from '../../runtime/plan-graph.ts';
import { sweepTemporaryFiles } from '../atomic-write.ts';
import { BatchHistory } from '../batch/history.ts';
import type { FileHashes } from '../file-hashes.ts';
import type { ReadScope } from '../path-scope.ts';
import { openQueue, type DurableQueue } from '../queue/durable-queue.ts';
import { takeLock, type HeldLock } from '../queue/lock.ts';
import { createRunFiles } from '../run-files.ts';
import { createRunMemory } from '../run-memory.ts';
import { Autosaves } from './autosaves.ts';
import { BatchFilesOfStudio } from './batch-files.ts';
import { BatchManager } from './batch-manager.ts';
import { dryRun } from './dry-run.ts';
import { FleetLink } from './fleet-link.ts';
import { findFiles } from './folder-listing.ts';
import { GrantedFolders, type GrantedFolder } from './granted-folders.ts';
import { GraphFiles } from './graph-files.ts';
import { GRAPH_ENDING, graphName, parseDocument } from './graph-text.ts';
import { GraphVersions } from './graph-versions.ts';
import { JsonFile } from './json-file.ts';
import type { FileReaders, ModelRoot } from './model-list.ts';
import { Pictures } from './pictures.ts';
import { ProgramSettingsFile } from './program-settings.ts';
import { rebasePaths } from './rebase-paths.ts';
import { RecentFiles } from './recent-files.ts';
import { Results } from './results.ts';
import { RunManager } from './run-manager.ts';
import { RunTimings } from './run-timings.ts';
import { SharedRunner, type EngineFacts } from './shared-runner.ts';
import { watchFolders } from './watch-folders.ts';
import { inspectTrigger, type ExplainPrompts } from './trigger-inspection.ts';

/** What only the layers above can tell of tables and models. */
export interface StudioReaders extends FileReaders {
  describeTable(bytes: Uint8Array, label: string): Promise<TableReport>;
  compareTables(a: Uint8Array, b: Uint8Array): Promise<TablePair>;
  readonly explainPrompts: ExplainPrompts;
}

export interface StudioOptions {
  /** Where queue, history, unsaved work and preferences are kept; held by one process at a time. */
  readonly dataFolder: string;
  readonly cacheFolder: string;
  /** Where outputs go when the settings say nothing. */
  readonly outputFolder: string;
  /** Where graphs that were never saved count from. */
  readonly workFolder: string;
  /** Graphs that ship. */
  readonly shippedFolder: string;
  /** Further folders that windows may use. */
  readonly folders: readonly string[];
  readonly roots: readonly ModelRoot[];
  readonly hashes: FileHashes;
  readonly engine: NodeRunner;
  /** The engine's node types: known before it runs, since it is of the same build. */
  readonly catalogue: readonly NodeSchema[];
  readonly facts: EngineFacts;
  readonly readers: StudioReaders;
  readonly emit: (event: StudioEvent) => void;
}

const preferencesSchema = z.record(z.string(), z.json());
type Preferences = z.infer<typeof preferencesSchema>;

/** A graph, and the file it is in or will be. */
export interface Subject {
  readonly graph: GraphFile;
  readonly path: string | null;
}

interface OpenedParts {
  readonly queue: DurableQueue;
  /** Of batches. */
  readonly batchQueue: DurableQueue;
  /** Batches that the last session left. */
  readonly leftBatches: readonly string[];
  readonly results: Results;
  readonly lock: HeldLock;
}

/** Everything behind the windows, put together: the same for the desktop shell, for `serve` and for tests. */
export class Studio {
  readonly folders: GrantedFolders;
  readonly recent: RecentFiles;
  readonly versions: GraphVersions;
  readonly files: GraphFiles;
  readonly autosaves: Autosaves;
  readonly pictures: Pictures;
  readonly settings: ProgramSettingsFile;
  readonly runs: RunManager;
  readonly batchFiles: BatchFilesOfStudio;
  readonly batches: BatchManager;
  readonly fleet = new FleetLink();
  readonly results: Results;
  readonly queue: DurableQueue;
  private readonly preferenceFile: JsonFile<Preferences>;
  private readonly timings: RunTimings;
  private readonly runner: SharedRunner;
  private readonly unwatch: () => void;
  private isClosing = false;

  private constructor(readonly options: StudioOptions, private readonly opened: OpenedParts, recent: readonly string[]) {
    const { dataFolder, cacheFolder, outputFolder, emit, engine, catalogue, facts } = options;
    const outputs = async (): Promise<string> => (await this.settings.read()).outputFolder;
    this.queue = opened.queue;
    this.results = opened.results;
    this.folders = new GrantedFolders(grantedFolders(options));
    for (const path of recent) this.folders.grantFileFolder(path);
    this.recent = new RecentFiles(join(dataFolder, 'recent.json'));
    this.versions = new GraphVersions({ folder: join(dataFolder, 'versions') });
    this.files = new GraphFiles({ folders: this.folders, versions: this.versions, recent: this.recent, onChanged: (path, revision) => { emit({ event: 'file-changed', data: { path, revision } }); } });
    this.autosaves = new Autosaves(join(dataFolder, 'autosave'));
    this.pictures = new Pictures(join(cacheFolder, 'thumbnails'));
    this.settings = new ProgramSettingsFile(outputFolder);
    this.preferenceFile = new JsonFile(join(dataFolder, 'preferences.json'), preferencesSchema, () => ({}));
    this.unwatch = watchFolders(options.roots.map(({ path }) => path), () => { emit({ event: 'models', data: {} }); });
    this.timings = new RunTimings(join(dataFolder, 'timings.json'));
    this.runner = new SharedRunner(engine, catalogue);
    this.runs = new RunManager({
      queue: opened.queue, runner: this.runner, facts, results: opened.results, timings: this.timings, emit,
      filesFor: (path) => this.filesFor(path), memoryFor: (subject) => this.memoryFor(subject), outputFolder: outputs,
    });
    const roots = Object.fromEntries(options.roots.map(({ name, path }) => [name, path]));
    const ground = BatchHistory.open(cacheFolder).then((history) => ({ catalogue, roots, hashes: options.hashes, history }));
    this.batchFiles = new BatchFilesOfStudio({ folders: this.folders, workFolder: options.workFolder, shippedFolder: options.shippedFolder, ground, outputFolder: outputs });
    this.batches = new BatchManager({ queue: opened.batchQueue, left: opened.leftBatches, files: this.batchFiles, ground, runner: this.runner, link: this.fleet, results: this.results, emit });
  }

  /** @throws AppError `queue.locked` while another process works on the same data folder; `files.read`, `files.write`. */
  static async open(options: StudioOptions): Promise<Studio> {
    const { dataFolder, emit } = options;
    const lock = await takeLock(join(dataFolder, 'lock'), 'Engram Studio');
    try {
      await sweepTemporaryFiles(dataFolder);
      const { queue, interrupted } = await openQueue({ path: join(dataFolder, 'queue.jsonl'), historyLimit: 1000 });
      // Runs that wait from last time start when the person says so, not while the window comes up.
      if (interrupted.length > 0 || queue.counts.waiting > 0) await queue.pause('from the last session');
      const batches = await openQueue({ path: join(dataFolder, 'batches.jsonl'), historyLimit: 200 });
      const leftBatches = batches.queue.view(0).waiting.map(({ id }) => id);
      const results = await Results.open(join(dataFolder, 'results.jsonl'), (total) => { emit({ event: 'results', data: { total } }); });
      const recent = await new RecentFiles(join(dataFolder, 'recent.json')).list();
      return new Studio(options, { queue, batchQueue: batches.queue, leftBatches, results, lock }, recent.map(({ path }) => path));
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  /** The program is ending: what stops now was meant to. */
  get closing(): boolean {
    return this.isClosing;
  }

  /** Graphs that ship with the program. */
  async shipped(): Promise<ShippedGraph[]> {
    const paths = await findFiles(this.options.shippedFolder, GRAPH_ENDING, 100);
    const graphs = await Promise.all(paths.map(async (path) => {
      const graph = await readFile(path, 'utf8').then((text) => parseDocument(text, basename(path))).catch(() => undefined);
      return graph === undefined ? undefined : { path, name: graph.name ?? graphName(path), description: graph.description ?? '' };
    }));
    return graphs.filter((graph) => graph !== undefined);
  }

  /** What a new window opens: the last graph that is still there, else the one that ships for newcomers. */
  async openFirst(): Promise<string | null> {
    const last = (await this.recent.list()).find(({ exists }) => exists);
    if (last !== undefined) return last.path;
    const shipped = await this.shipped();
    return (shipped.find(({ path }) => path.endsWith(`bind-a-concept${GRAPH_ENDING}`)) ?? shipped[0])?.path ?? null;
  }

  places(): Place[] {
    return this.folders.places();
  }

  /** Saves a graph under another name; what its paths name stays the same. @throws AppError as {@link GraphFiles.saveAs}. */
  async saveAs(path: string, from: string | null, graph: GraphFile, overwrite: boolean): Promise<SavedGraph & { readonly graph?: GraphFile }> {
    const moved = await rebasePaths(graph, this.options.catalogue, this.scope(from), dirname(resolve(path)));
    const saved = await this.files.saveAs(path, moved, overwrite);
    return moved === graph ? saved : { ...saved, graph: moved };
  }

  async dryRun({ graph, path }: Subject, targets?: readonly string[]): Promise<DryRun> {
    return dryRun({
      graph, where: nameOf(path), runner: this.runner.open(), files: this.filesFor(path), memory: this.memoryFor({ path, document: null }), timings: this.timings,
      ...(targets === undefined ? {} : { targets }),
    });
  }

  async inspectTrigger({ graph, path }: Subject, node: string, prompts?: readonly string[]): Promise<TriggerReport> {
    return inspectTrigger({
      graph, where: nameOf(path), node, prompts, runner: this.runner.open(), files: this.filesFor(path), explain: this.options.readers.explainPrompts,
    });
  }

  /** What a graph at a path may read. */
  scope(path: string | null): ReadScope {
    const roots = Object.fromEntries(this.options.roots.map((root) => [root.name, root.path]));
    return { base: path === null ? this.options.workFolder : dirname(path), roots, others: this.folders.paths() };
  }

  preferences(): Promise<Preferences> {
    return this.preferenceFile.read();
  }

  /** Changes the preferences that are given. @throws AppError `preferences.too-large`. */
  async writePreferences(values: Preferences): Promise<void> {
    if (JSON.stringify(values).length > 1024 * 1024) throw inputError('preferences.too-large', 'Preferences', 'must have at most a million characters');
    await this.preferenceFile.update((known) => ({ ...known, ...values }));
  }

  /** Ends everything that is going on; what ran waits for the next start. */
  async close(): Promise<void> {
    this.isClosing = true;
    this.files.close();
    this.unwatch();
    await this.runs.close();
    await this.batches.close();
    this.fleet.disconnect();
    await this.options.engine.dispose();
    await this.queue.close();
    await this.opened.batchQueue.close();
    await this.results.close();
    await this.opened.lock.release();
  }

  private filesFor(path: string | null): RunFiles {
    return createRunFiles(this.scope(path), this.options.hashes);
  }

  private memoryFor({ path, document }: { readonly path: string | null; readonly document: string | null }): ReturnType<typeof createRunMemory> {
    return createRunMemory(join(this.options.cacheFolder, 'runs'), path ?? `document ${document ?? ''}`);
  }
}

function nameOf(path: string | null): string {
  return path === null ? 'Graph' : basename(path);
}

function grantedFolders({ workFolder, outputFolder, shippedFolder, folders, roots }: StudioOptions): GrantedFolder[] {
  return [
    { name: 'Graphs', path: workFolder },
    ...folders.map((path) => ({ name: basename(path) || path, path })),
    { name: 'Outputs', path: outputFolder },
    { name: 'Examples', path: shippedFolder, readOnly: true },
    ...roots.filter(({ path }) => path !== shippedFolder).map(({ name, path }) => ({ name: `${name}:`, path, readOnly: true })),
  ];
}
