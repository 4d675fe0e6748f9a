import { batchFileSchema } from '../../src/contract/batch-file.ts';
import { PLAN_FORMAT_VERSION, withSettings, type BatchPlan, type PlannedRow } from '../../src/contract/batch-plan.ts';
import type { BatchEvent } from '../../src/contract/batch-events.ts';
import type { GraphFile } from '../../src/contract/graph-file.ts';
import type { NodeDefinition, RowInvocation } from '../../src/contract/node.ts';
import { NodeHost } from '../../src/main/runtime/node-host.ts';
import { NodeRegistry } from '../../src/main/runtime/node-registry.ts';
import type { NodeRunner } from '../../src/main/runtime/node-runner.ts';
import { planGraph, type RunFiles } from '../../src/main/runtime/plan-graph.ts';
import { ValueStore } from '../../src/main/runtime/value-store.ts';
import { batchKeyOf } from '../../src/main/services/batch/plan-batch.ts';
import type { RunBatchOptions } from '../../src/main/services/batch/run-batch.ts';
import { nodeFileSystem, type FileSystem } from '../../src/main/services/file-system.ts';
import { createNodeFiles, type NodeFiles } from '../../src/main/services/node-files.ts';
import type { Processes } from '../../src/main/services/queue/processes.ts';
import { numberCodec } from './toy-nodes.ts';

// A batch of numbers: a node that draws one from a seed, several rows at a time, and a node that writes it to a file.

/** Seeds at which the drawing node misbehaves. */
export const BAD_SEED = 13;
export const DEADLY_SEED = 19;

/** What toy nodes tell, and are told. */
export interface ToyBatchServices {
  /** Seeds in the order in which they were drawn. */
  readonly drawn: number[];
  readonly files: NodeFiles;
  /** Awaited before each draw. */
  readonly beforeDraw: (seed: number, signal: AbortSignal) => Promise<void>;
}

const report = { type: 'Report', doc: 'a number' } as const;

async function draw({ params, context }: RowInvocation<ToyBatchServices>): Promise<Record<string, unknown>> {
  const seed = params['seed'] as number;
  await context.services.beforeDraw(seed, context.signal);
  if (context.signal.aborted) throw new Error('stopped');
  if (seed === BAD_SEED) throw new Error('thirteen brings bad luck');
  context.services.drawn.push(seed);
  return { number: (seed * 2_654_435_761) % 1_000_003 };
}

export const drawNode: NodeDefinition<ToyBatchServices> = {
  type: 'Draw', version: 1, category: 'toy', title: 'Draw', doc: 'Draws.', usesDevice: true, rows: { width: 'width', widest: 8, sizedBy: [] },
  inputs: {}, outputs: { number: report },
  params: {
    seed: { kind: 'seed', default: 0, doc: 'what is drawn' },
    width: { kind: 'integer', min: 1, max: 8, default: 2, doc: 'rows per run' },
  },
  run: (context, inputs, params) => draw({ context, inputs, params }),
  rowFunctions: {
    group: () => '',
    items: () => 1, memory: () => Promise.resolve(1),
    run: (rows) => Promise.all(rows.map((row) => draw(row).catch((error: unknown) => error as Error))),
  },
};

export const writeNode: NodeDefinition<ToyBatchServices> = {
  type: 'Write', version: 1, category: 'toy', title: 'Write', doc: 'Writes.', sideEffects: true,
  inputs: { number: report }, outputs: {},
  params: { name: { kind: 'path', target: 'file', access: 'write', default: 'number', doc: 'where' } },
  run: async (context, inputs, params) => {
    const text = `${context.contentKey} ${String(inputs['number'])} ${'.'.repeat(200)}\n`;
    context.artifact({ kind: 'data', ...(await context.services.files.write(`${String(params['name'])}.txt`, new TextEncoder().encode(text))) });
    return {};
  },
};

const GRAPH: GraphFile = {
  format: 'engram-graph', version: 1,
  nodes: {
    draw: { type: 'Draw', version: 1, params: { width: 2 }, inputs: {} },
    write: { type: 'Write', version: 1, params: { name: 'number' }, inputs: { number: { node: 'draw', port: 'number' } } },
  },
};

/** No toy reads files. */
export const NO_FILES: RunFiles = {
  resolveRead: () => Promise.reject(new Error('toys read nothing')),
  fingerprint: () => Promise.reject(new Error('toys read nothing')),
};

/** A plan with a row per seed: `group/number-SEED`. */
export async function toyPlan(seeds: readonly number[], more: { name?: string; quota?: number } = {}): Promise<BatchPlan> {
  const catalogue = new NodeRegistry([drawNode, writeNode]).catalogue();
  const rows = await Promise.all(seeds.map(async (seed, index): Promise<PlannedRow> => {
    const set = { 'draw.seed': seed };
    const { key } = await planGraph({ graph: withSettings(GRAPH, set), where: 'toy', catalogue, files: NO_FILES, deviceKey: () => Promise.resolve(null) });
    return { index, id: key as string, labels: { seed: String(seed) }, graph: 0, set, output: `group-${index % 2}/number-${seed}` };
  }));
  const name = more.name ?? 'toys';
  const batch = batchFileSchema.parse({ format: 'engram-batch', version: 1, name, graph: 'toy.graph.json', output: more.quota === undefined ? {} : { quota: more.quota } });
  return {
    format: 'engram-batch-plan', version: PLAN_FORMAT_VERSION, batchKey: batchKeyOf(rows), name, folder: '/', batch, width: 2, needs: batch.needs, axes: ['seed'],
    graphs: [{ name: 'toy', folder: '/', graph: GRAPH, writers: [{ node: 'write', param: 'name', suffix: '' }], shape: 'toy' }],
    rows, duplicates: [], shared: [], estimates: { seconds: undefined, bytes: undefined, measuredRows: 0, device: undefined }, notices: [],
  };
}

/** A runner for toy batches. */
export function toyRunner(options: { fileSystem?: FileSystem; drawn?: number[]; beforeDraw?: ToyBatchServices['beforeDraw'] } = {}): NodeRunner {
  const { fileSystem = nodeFileSystem, drawn = [], beforeDraw = () => Promise.resolve() } = options;
  return new NodeHost<ToyBatchServices>({
    registry: new NodeRegistry([drawNode, writeNode]),
    store: new ValueStore([numberCodec], undefined, 1e6),
    servicesFor: ({ where, outputFolder }) => Promise.resolve({ drawn, beforeDraw, files: createNodeFiles({ where, readable: [], outputFolder, workFolder: '/work', fileSystem }) }),
    deviceKey: () => Promise.resolve('toy device'),
    dispose: () => Promise.resolve(),
  });
}

/** Processes that live and die with a test's power: only the present one runs. */
export function toyProcesses(life: () => number): Processes {
  return {
    self: () => Promise.resolve({ pid: 1 + life(), host: 'toy', started: String(life()) }),
    isRunning: ({ started }) => Promise.resolve(started === String(life())),
    isPidRunning: () => false,
  };
}

/** Options for a run of a toy batch that writes no reports; events go into `events`. */
export function toyOptions(plan: BatchPlan | undefined, outputFolder: string, runner: NodeRunner, more: Partial<RunBatchOptions> & { readonly events?: BatchEvent[] } = {}): RunBatchOptions {
  const { events, ...rest } = more;
  return {
    ...(plan === undefined ? {} : { plan }), outputFolder, runner, filesFor: () => NO_FILES, signal: new AbortController().signal, minimumFree: 0,
    onEvent: (event) => { events?.push(event); }, writeReports: () => Promise.resolve({ files: [], warnings: [] }), ...rest,
  };
}
