import { relative, sep } from 'node:path';
import type { RowOutput, RowResult } from '../../../contract/batch-events.ts';
import { rowGraph, withSettings, type BatchPlan, type PlannedGraph, type PlannedRow } from '../../../contract/batch-plan.ts';
import { cancelledError, inputError, toErrorData, type ErrorData } from '../../../contract/errors.ts';
import type { GraphFile } from '../../../contract/graph-file.ts';
import type { NodeSchema } from '../../../contract/node.ts';
import type { RunEvent, RunSummary } from '../../../contract/run-events.ts';
import { runGraph, type RunMemory } from '../../runtime/execute.ts';
import type { NodeRunner } from '../../runtime/node-runner.ts';
import { planGraph, type GraphPlan, type RunFiles } from '../../runtime/plan-graph.ts';
import { isDiskFull } from '../atomic-write.ts';
import type { FileSystem } from '../file-system.ts';

/** What rows are run with. */
export interface RowSurroundings {
  readonly plan: Pick<BatchPlan, 'graphs'>;
  /** Real path of the output folder. */
  readonly outputFolder: string;
  readonly catalogue: readonly NodeSchema[];
  /** Files as rows of a graph may read them. */
  readonly filesFor: (graph: PlannedGraph) => RunFiles;
  readonly fileSystem: FileSystem;
}

/** The same with the whole plan: for what has rows run elsewhere. */
export interface BatchSurroundings extends RowSurroundings {
  readonly plan: BatchPlan;
}

/** How long what was found out about files holds: the rows of one group are planned at about the same time, and read the same models. */
const FILES_KEPT_MS = 3000;

/** Files whose fingerprints are asked for once in a while, and not for every row. */
export function keptFiles(files: RunFiles, clock: () => number = () => performance.now()): RunFiles {
  const known = new Map<string, { readonly at: number; readonly value: Promise<string> }>();
  const keep = (key: string, ask: () => Promise<string>): Promise<string> => {
    const found = known.get(key);
    if (found !== undefined && clock() - found.at < FILES_KEPT_MS) return found.value;
    for (const [old, { at }] of known) if (clock() - at >= FILES_KEPT_MS) known.delete(old);
    const value = ask();
    known.set(key, { at: clock(), value });
    value.catch(() => known.delete(key));
    return value;
  };
  return {
    resolveRead: (value, where) => keep(`resolve ${value}`, () => files.resolveRead(value, where)),
    fingerprint: (path, where) => keep(`hash ${path}`, () => files.fingerprint(path, where)),
  };
}

/** How the run of a row ended. */
export type RowOutcome =
  | { readonly kind: 'done'; readonly result: RowResult }
  /** Its own fault; `final`: it would fail again in the same way. */
  | { readonly kind: 'failed'; readonly error: ErrorData; readonly final: boolean }
  /** Not its fault: it can run again when that is over. */
  | { readonly kind: 'back'; readonly error: ErrorData; readonly interrupted: boolean }
  /** No row can be run as things are: the batch has to stop. */
  | { readonly kind: 'stop'; readonly error: ErrorData }
  | { readonly kind: 'cancelled' };

/** A row for messages: `Row 12 (fox/100)`, counted from 1 as in output names. */
export function rowTitle(row: PlannedRow): string {
  return `Row ${row.index + 1} (${row.output})`;
}

/** A batch's rows all differ: why a node runs again is nothing that anybody asks there. */
const NO_MEMORY: RunMemory = { recall: () => Promise.resolve(undefined), remember: () => Promise.resolve() };

/**
 * Works out the content keys of a row without running anything.
 * @throws GraphFaults, AppError.
 */
export function planRow(row: PlannedRow, runner: NodeRunner, surroundings: RowSurroundings): Promise<GraphPlan> {
  const { plan, catalogue, filesFor } = surroundings;
  return planGraph({ graph: rowGraph(plan, row), where: rowTitle(row), catalogue, files: filesFor(plan.graphs[row.graph] as PlannedGraph), deviceKey: () => runner.deviceKey() });
}

/**
 * Works out a row's key once more.
 * @throws AppError `batch.inputs-changed` when it isn't the planned one: what it would make belongs to another batch.
 */
async function checkInputs(row: PlannedRow, { plan, catalogue, filesFor }: RowSurroundings): Promise<void> {
  const planned = plan.graphs[row.graph] as PlannedGraph;
  const { key } = await planGraph({ graph: withSettings(planned.graph, row.set), where: rowTitle(row), catalogue, files: filesFor(planned), deviceKey: () => Promise.resolve(null) });
  if (key === row.id || key === undefined) return; // what is missing is told when the row runs
  throw inputError('batch.inputs-changed', rowTitle(row), 'models, tables and pictures must be those that the batch was planned with, and node types of the same versions', {
    hint: 'Put them back, or plan the batch again into another folder',
  });
}

async function outputsOf(summary: RunSummary, keys: GraphPlan, { outputFolder, fileSystem }: RowSurroundings): Promise<RowOutput[]> {
  const outputs = new Map<string, RowOutput>();
  for (const { node, kind, path, sha256, pixels } of summary.outputs) {
    const { size } = await fileSystem.stat(path);
    const file = relative(outputFolder, path).split(sep).join('/');
    // A node that was run again, because the engine died under it, tells of its files twice.
    outputs.set(file, { node, kind, file, bytes: size, sha256, key: (keys.nodes.get(node) as { key: string }).key, ...(pixels === undefined ? {} : { pixels }) });
  }
  return [...outputs.values()];
}

function deviceOf(keys: GraphPlan): string | null {
  return [...keys.nodes.values()].find(({ device }) => device !== null)?.device ?? null;
}

/** Whether anything was computed on the device for a row, and not found. */
function wasRendered(summary: RunSummary, keys: GraphPlan): boolean {
  return summary.nodes.some(({ id, cached }) => cached === false && keys.nodes.get(id)?.schema.usesDevice === true);
}

function outcomeOfError(error: ErrorData): RowOutcome {
  if (isDiskFull(error)) return { kind: 'stop', error };
  // The engine died while it was asked for something that is no work of this row's.
  if (error.code === 'engine.died' && error.nodeId === undefined) return { kind: 'back', error, interrupted: true };
  return { kind: 'failed', error, final: error.kind === 'input' };
}

/** Runs one row to its end, whatever that is: here, or by having it run elsewhere. */
export type RunRow = (row: PlannedRow, runner: NodeRunner, surroundings: BatchSurroundings, signal: AbortSignal, onEvent: (event: RunEvent) => void) => Promise<RowOutcome>;

/** Runs one row to its end, whatever that is. Never rejects. The runner is the row's own view; the caller disposes of it. */
export async function runRow(row: PlannedRow, runner: NodeRunner, surroundings: RowSurroundings, signal: AbortSignal, onEvent: (event: RunEvent) => void): Promise<RowOutcome> {
  const graph: GraphFile = rowGraph(surroundings.plan, row);
  const files = surroundings.filesFor(surroundings.plan.graphs[row.graph] as PlannedGraph);
  try {
    await checkInputs(row, surroundings);
    const keys = await planRow(row, runner, surroundings);
    if (signal.aborted) throw cancelledError(rowTitle(row));
    const summary = await runGraph({ graph, plan: keys, where: rowTitle(row), runner, files, memory: NO_MEMORY, outputFolder: surroundings.outputFolder, signal, onEvent });
    if (summary.status === 'cancelled') return { kind: 'cancelled' };
    // What the others failed of may follow from a full disk.
    const [error] = [...summary.errors].sort((a, b) => Number(isDiskFull(b)) - Number(isDiskFull(a)));
    if (error !== undefined) return outcomeOfError(error);
    return { kind: 'done', result: { outputs: await outputsOf(summary, keys, surroundings), device: deviceOf(keys), how: wasRendered(summary, keys) ? 'rendered' : 'cached' } };
  } catch (thrown) {
    if (signal.aborted) return { kind: 'cancelled' };
    return outcomeOfError(toErrorData(thrown, rowTitle(row), 'run'));
  }
}
