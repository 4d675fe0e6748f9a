import { mkdir, rm, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { rowGraph, type PlannedRow } from '../../../contract/batch-plan.ts';
import { runError, toErrorData, type ErrorData } from '../../../contract/errors.ts';
import type { GraphFile } from '../../../contract/graph-file.ts';
import type { RunEvent, RunSummary } from '../../../contract/run-events.ts';
import { runGraph, type RunMemory } from '../../runtime/execute.ts';
import type { NodeRunner } from '../../runtime/node-runner.ts';
import { planGraph, type RunFiles } from '../../runtime/plan-graph.ts';
import { RowBatcher } from '../../runtime/row-batcher.ts';
import type { FileHashes } from '../file-hashes.ts';
import type { FleetFiles } from './fleet-files.ts';
import type { FleetPlanHead, FleetPlanReader } from './fleet-plan.ts';
import type { MadeOutput, PreparedRows, RowHooks, RowOutcome, RowRenderer } from './rows.ts';

/** A worker has no earlier runs of a graph to compare with. */
const NO_MEMORY: RunMemory = { recall: async () => undefined, remember: async () => undefined };

export interface EngineRowsOptions {
  readonly engine: NodeRunner;
  readonly files: FleetFiles;
  readonly hashes: FileHashes;
  /** An empty folder of this worker's own: outputs are made here before they go into the store. */
  readonly scratchFolder: string;
  readonly program: string;
}

/** Rows as the engine process of this machine runs them. */
export class EngineRows implements RowRenderer {
  constructor(private readonly options: EngineRowsOptions) {}

  async prepare({ head }: FleetPlanReader): Promise<PreparedRows> {
    const { files, program } = this.options;
    if (head.program !== program) {
      throw runError('fleet.other-version', `Batch "${head.name}"`, `must be run by the version of Engram Studio that planned it, ${head.program}: others give other results`, { got: program, hint: 'Update this machine or submit the batch again' });
    }
    const paths = new Map<string, string>();
    for (const file of head.files) paths.set(fileKey(file.graph, file.value), await files.find(file));
    return { run: (rows, hooks) => this.run(head, paths, rows, hooks) };
  }

  /** Runs rows side by side: what can share a run of the model does. The first trouble that isn't a row's own is thrown when all have ended. */
  private async run(head: FleetPlanHead, paths: ReadonlyMap<string, string>, rows: readonly PlannedRow[], hooks: RowHooks): Promise<void> {
    const batcher = new RowBatcher(this.options.engine);
    // All are open before the first begins: what waits for the others must know of them.
    const views = rows.map((row) => ({ row, view: batcher.openRow() }));
    const ends = await Promise.allSettled(views.map(async ({ row, view }) => {
      const folder = join(this.options.scratchFolder, String(row.index));
      try {
        const outcome = await this.runRow(head, paths, row, view, folder, hooks);
        await view.dispose();
        if (outcome !== undefined) await hooks.onRow(row, outcome);
      } finally {
        await view.dispose();
        await rm(folder, { recursive: true, force: true });
      }
    }));
    const trouble = ends.find((end) => end.status === 'rejected');
    if (trouble !== undefined) throw trouble.reason;
  }

  /** @returns undefined when it was stopped. */
  private async runRow(head: FleetPlanHead, paths: ReadonlyMap<string, string>, row: PlannedRow, runner: NodeRunner, folder: string, hooks: RowHooks): Promise<RowOutcome | undefined> {
    const graph = rowGraph(head, row);
    const where = `${head.name}/${row.output}`;
    const files = this.runFiles(row.graph, paths);
    try {
      await mkdir(folder, { recursive: true });
      const summary = await runGraph({ graph, where, runner, files, memory: NO_MEMORY, outputFolder: folder, signal: hooks.signal, onEvent: (event) => tellStep(event, hooks) });
      if (summary.status === 'cancelled' || hooks.signal.aborted) return undefined;
      const [first] = summary.errors;
      return first === undefined ? await this.outcomeOf(graph, where, runner, files, folder, summary) : { error: withoutFolder(first, folder) };
    } catch (thrown) {
      return hooks.signal.aborted ? undefined : { error: withoutFolder(toErrorData(thrown, where, 'run'), folder) };
    }
  }

  private async outcomeOf(graph: GraphFile, where: string, runner: NodeRunner, files: RunFiles, folder: string, summary: RunSummary): Promise<RowOutcome> {
    const plan = await planGraph({ graph, where, catalogue: await runner.catalogue(), files, deviceKey: () => runner.deviceKey() });
    const outputs: MadeOutput[] = [];
    for (const { node, kind, path, sha256, pixels } of summary.outputs) {
      const file = relative(folder, path).split(sep).join('/');
      outputs.push({ node, kind, file, path, bytes: (await stat(path)).size, sha256, key: plan.nodes.get(node)?.key ?? '', ...(pixels === undefined ? {} : { pixels }) });
    }
    const device = [...plan.nodes.values()].find((node) => node.device !== null)?.device ?? null;
    const computed = summary.nodes.some(({ id, cached }) => cached === false && plan.nodes.get(id)?.schema.usesDevice === true);
    return { outputs, device, how: computed ? 'rendered' : 'cached' };
  }

  /** Files by contents: where they lie here was found out before the first row. */
  private runFiles(graph: number, paths: ReadonlyMap<string, string>): RunFiles {
    return {
      resolveRead: async (value, where) => {
        const path = paths.get(fileKey(graph, value));
        if (path === undefined) throw runError('fleet.unknown-file', where, 'must read files that were there when the batch was submitted', { got: value });
        return path;
      },
      fingerprint: (path) => this.options.hashes.path(path),
    };
  }
}

function fileKey(graph: number, value: string): string {
  return `${graph}\n${value}`;
}

function tellStep(event: RunEvent, { onStep }: RowHooks): void {
  if (event.type === 'node-progress') onStep(event.progress.done, event.progress.total);
}

/** Folders of a worker say nothing to the person who submitted the batch. */
function withoutFolder(error: ErrorData, folder: string): ErrorData {
  const { path: _path, ...rest } = error;
  return Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, typeof value === 'string' ? value.replaceAll(folder, '') : (value as unknown)])) as unknown as ErrorData;
}
