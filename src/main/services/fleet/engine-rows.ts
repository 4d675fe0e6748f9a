import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { PlannedGraph, PlannedRow } from '../../../contract/batch-plan.ts';
import { AppError, runError, type ErrorData } from '../../../contract/errors.ts';
import type { RunEvent } from '../../../contract/run-events.ts';
import type { NodeRunner } from '../../runtime/node-runner.ts';
import type { RunFiles } from '../../runtime/plan-graph.ts';
import { RowBatcher } from '../../runtime/row-batcher.ts';
import { keptFiles, runRow, type RowOutcome } from '../batch/run-row.ts';
import type { FileHashes } from '../file-hashes.ts';
import { nodeFileSystem } from '../file-system.ts';
import type { FleetFiles } from './fleet-files.ts';
import type { FleetPlanHead, FleetPlanReader } from './fleet-plan.ts';
import type { PreparedRows, RowHooks, RowRenderer } from './rows.ts';

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
    const { files: finder, program } = this.options;
    if (head.program !== program) {
      throw runError('fleet.other-version', `Batch "${head.name}"`, `must be run by the version of Engram Studio that planned it, ${head.program}: others give other results`, { got: program, hint: 'Update this machine or submit the batch again' });
    }
    const paths = new Map<string, string>();
    for (const file of head.files) paths.set(fileKey(file.graph, file.value), await finder.find(file));
    const files = head.graphs.map((_graph, index) => keptFiles(this.runFiles(index, paths)));
    return { run: (rows, hooks) => this.run(head, files, rows, hooks) };
  }

  /** Runs rows side by side: what can share a run of the model does. The first trouble that isn't a row's own is thrown when all have ended. */
  private async run(head: FleetPlanHead, files: readonly RunFiles[], rows: readonly PlannedRow[], hooks: RowHooks): Promise<void> {
    const { engine, scratchFolder } = this.options;
    const batcher = new RowBatcher(engine);
    const catalogue = await engine.catalogue();
    const filesFor = (graph: PlannedGraph): RunFiles => files[head.graphs.indexOf(graph)] as RunFiles;
    // All are open before the first begins: what waits for the others must know of them.
    const views = rows.map((row) => ({ row, view: batcher.openRow() }));
    const ends = await Promise.allSettled(views.map(async ({ row, view }) => {
      const outputFolder = join(scratchFolder, String(row.index));
      try {
        await mkdir(outputFolder, { recursive: true });
        const outcome = await runRow(row, view, { plan: head, outputFolder, catalogue, filesFor, fileSystem: nodeFileSystem }, hooks.signal, (event) => tellStep(event, hooks));
        await view.dispose();
        await tellRow(row, outcome, outputFolder, hooks);
      } finally {
        await view.dispose();
        await rm(outputFolder, { recursive: true, force: true });
      }
    }));
    const trouble = ends.find((end) => end.status === 'rejected');
    if (trouble !== undefined) throw trouble.reason;
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

/** @throws AppError what isn't the row's own fault. */
async function tellRow(row: PlannedRow, outcome: RowOutcome, folder: string, { onRow }: RowHooks): Promise<void> {
  switch (outcome.kind) {
    case 'cancelled': return;
    case 'stop': case 'back': throw new AppError(outcome.error);
    case 'failed': return onRow(row, { error: withoutFolder(outcome.error, folder) });
    case 'done': return onRow(row, { ...outcome.result, outputs: outcome.result.outputs.map((output) => ({ ...output, path: join(folder, ...output.file.split('/')) })) });
  }
}

/** Folders of a worker say nothing to the person who submitted the batch. */
function withoutFolder(error: ErrorData, folder: string): ErrorData {
  const { path: _path, ...rest } = error;
  return Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, typeof value === 'string' ? value.replaceAll(folder, '') : (value as unknown)])) as unknown as ErrorData;
}
