import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { GraphFile } from '../../src/contract/graph-file.ts';
import type { ParamValue } from '../../src/contract/params.ts';
import type { RunEvent, RunSummary } from '../../src/contract/run-events.ts';
import { runGraph } from '../../src/main/runtime/execute.ts';
import type { NodeRunner } from '../../src/main/runtime/node-runner.ts';
import type { RunFiles } from '../../src/main/runtime/plan-graph.ts';
import { planRowWidth } from '../../src/main/runtime/plan-row-width.ts';
import { parseGraph } from '../../src/main/runtime/read-graph.ts';
import { RowBatcher } from '../../src/main/runtime/row-batcher.ts';
import { EngineClient } from '../../src/main/services/engine-client.ts';
import { FileHashes } from '../../src/main/services/file-hashes.ts';
import { forkEngine } from '../../src/main/services/fork-engine.ts';
import type { EngineProcess } from '../../src/main/services/message-port.ts';
import { createRunFiles } from '../../src/main/services/run-files.ts';
import { ROOT } from '../../tools/lib/paths.mjs';
import { bundleProgram } from '../support/bundle-program.ts';
import { engram, type RunAnswer } from '../support/cli.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { wrapRunner } from '../support/wrap-runner.ts';

/** Real rows on the pocket model, through a real engine process with as many threads as the command line takes. */
const RENDER = parseGraph(readFileSync(join(ROOT, 'graphs', 'render.graph.json'), 'utf8'), 'render.graph.json');
const SLOW = 300_000;

let program = '';
const engines: EngineClient[] = [];
let child: EngineProcess | undefined;
let files: RunFiles;

beforeAll(async () => {
  files = createRunFiles({ base: join(ROOT, 'graphs'), roots: { models: join(ROOT, 'models') } }, new FileHashes(await temporaryFolder()));
  program = await bundleProgram('src/main/engine-process.ts');
});

afterEach(async () => {
  for (const engine of engines.splice(0)) await engine.dispose();
});

async function startEngine(): Promise<EngineClient> {
  const start = { device: 'cpu', threads: availableParallelism(), valueMemory: 1e8, cacheFolder: await temporaryFolder(), cacheLimit: 0 } as const;
  const engine = new EngineClient({ spawn: () => (child = forkEngine(program)), start, backoff: 20 });
  engines.push(engine);
  return engine;
}

function rowOf(prompts: readonly string[], seeds: readonly number[], more: Record<string, ParamValue> = {}): GraphFile {
  const set = (id: string, params: Record<string, ParamValue>): object => ({ [id]: { ...RENDER.nodes[id], params: { ...RENDER.nodes[id]?.params, ...params } } });
  return { ...RENDER, nodes: { ...RENDER.nodes, ...set('prompts', { prompts }), ...set('latent', { seeds }), ...set('sample', { steps: 2, batchSize: 4, ...more }) } };
}


async function run(graph: GraphFile, runner: NodeRunner, onEvent: (event: RunEvent) => void = () => undefined, signal = new AbortController().signal): Promise<RunSummary> {
  const memory = { recall: () => Promise.resolve(undefined), remember: () => Promise.resolve() };
  return runGraph({ graph, where: 'row', runner, files, memory, outputFolder: await temporaryFolder(), signal, onEvent });
}

function pixelsOf({ errors, outputs }: RunSummary): (string | undefined)[] {
  expect(errors).toEqual([]);
  return outputs.map(({ pixels }) => pixels);
}

/** All rows at once; tells how many invocations each shared run had. */
async function runTogether(graphs: readonly GraphFile[], engine: NodeRunner, row: (graph: GraphFile, view: NodeRunner, index: number) => Promise<RunSummary> = (graph, view) => run(graph, view)): Promise<{ summaries: RunSummary[]; groups: number[] }> {
  const groups: number[] = [];
  const watched = wrapRunner(engine, { runMany: (...args) => { groups.push(args[0].length); return engine.runMany(...args); } });
  const batcher = new RowBatcher(watched);
  const summaries = await Promise.all(graphs.map(() => batcher.openRow()).map(async (view, index) => {
    try {
      return await row(graphs[index] as GraphFile, view, index);
    } finally {
      await view.dispose();
    }
  }));
  return { summaries, groups };
}

const ROWS = [
  rowOf(['a fox in a red coat'], [1]),
  rowOf(['a silver robot', 'a cat with a blue hat'], [1, 2]),
  rowOf(['a fox in a red coat'], [7]),
  rowOf(['a person in a forest by day'], [3, 4]),
  rowOf(['a silver robot'], [1], { guidanceScale: 3 }),
  rowOf(['a boat'], [9]),
];

describe('the pixels of a row', () => {
  test('are those that it has alone, whatever runs with it, and those of `engram run`', async () => {
    const alone: (string | undefined)[][] = [];
    const engine = await startEngine();
    for (const graph of ROWS) alone.push(pixelsOf(await run(graph, engine)));
    expect(new Set(alone.flat()).size).toBe(10);
    for (const order of [[0, 1, 2, 3, 4, 5], [5, 3, 1, 0]]) {
      const { summaries, groups } = await runTogether(order.map((index) => ROWS[index] as GraphFile), await startEngine());
      expect(groups.reduce((sum, size) => sum + size)).toBe(order.length);
      expect(Math.max(...groups)).toBeGreaterThan(1);
      expect(summaries.map(pixelsOf)).toEqual(order.map((index) => alone[index]));
    }
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'row.graph.json'), JSON.stringify(ROWS[1]));
    const { out, err } = await engram(['run', 'row.graph.json', '--json', '--device', 'cpu'], { cwd: folder });
    expect((JSON.parse(out) as RunAnswer).outputs.map(({ pixels }) => pixels), err).toEqual(alone[1]);
  }, SLOW);

  test('outlive the death of the engine in the middle of a shared run', async () => {
    const rows = [0, 2, 5].map((index) => ROWS[index] as GraphFile);
    const alone: (string | undefined)[][] = [];
    const engine = await startEngine();
    for (const graph of rows) alone.push(pixelsOf(await run(graph, engine)));
    let deaths = 0;
    const { summaries } = await runTogether(rows, await startEngine(), (graph, view) => run(graph, view, (event) => {
      if (event.type !== 'node-progress' || event.nodeId !== 'sample' || deaths > 0) return;
      deaths += 1;
      child?.kill();
    }));
    expect(deaths).toBe(1);
    expect(summaries.map(pixelsOf)).toEqual(alone);
  }, SLOW);
});

test('a row that is cancelled in a shared run ends within a step; the others go on', async () => {
  const controller = new AbortController();
  let [steps, stepsAtEnd] = [0, 0];
  const { summaries } = await runTogether([rowOf(['a fox'], [1], { steps: 8 }), rowOf(['a cat'], [2], { steps: 8 })], await startEngine(), async (graph, view, index) => {
    if (index === 1) return run(graph, view, (event) => { if (event.type === 'node-progress' && event.nodeId === 'sample' && ++steps === 2) controller.abort(); });
    const summary = await run(graph, view, () => undefined, controller.signal);
    stepsAtEnd = steps;
    return summary;
  });
  expect(summaries.map(({ status }) => status)).toEqual(['cancelled', 'done']);
  // Its values are let go of between two steps of the others.
  expect(steps).toBe(8);
  expect(stepsAtEnd).toBeLessThanOrEqual(4);
}, SLOW);

test('a row that cannot be sampled fails alone, in its own words', async () => {
  const bad = rowOf(['a fox'], [1]);
  const from = (node: string, port: string): object => ({ node, port });
  // Sampling what was sampled and encoded: those latents are no noise to be drawn.
  const nodes = {
    ...bad.nodes,
    encoded: { type: 'VAEEncode', version: 1, params: {}, inputs: { vae: from('backbone', 'vae'), image: from('decode', 'image') } },
    again: { ...bad.nodes['sample'], inputs: { ...bad.nodes['sample']?.inputs, latents: from('encoded', 'latents') } },
    decodeAgain: { ...bad.nodes['decode'], inputs: { vae: from('backbone', 'vae'), latents: from('again', 'latents') } },
    save: { ...bad.nodes['save'], inputs: { image: from('decodeAgain', 'image') } },
  };
  const graph = { ...bad, nodes } as unknown as GraphFile;
  const { summaries } = await runTogether([graph, rowOf(['a cat'], [2])], await startEngine());
  expect(summaries.map(({ status }) => status)).toEqual(['failed', 'done']);
  expect(summaries[0]?.errors).toMatchObject([{ code: 'sample.not-empty', nodeId: 'again', where: 'Sample "again"' }]);
}, SLOW);

describe('the width that suits a graph', () => {
  test('is as wide as pays where there is memory, narrower under a budget, 1 under none', async () => {
    const engine = await startEngine();
    const ran: string[] = [];
    const watched = wrapRunner(engine, { run: (...args) => { ran.push(args[0].type); return engine.run(...args); } });
    const width = (budget?: number): Promise<number | undefined> => planRowWidth({ graph: RENDER, where: 'render', runner: watched, files, signal: new AbortController().signal, ...(budget === undefined ? {} : { budget }) });
    const widths: number[] = [];
    for (const budget of [undefined, 120e6, 100e6, 80e6, 60e6, 50e6, 40e6, 30e6, 26e6, 22e6, 0]) widths.push(await width(budget) ?? 0);
    expect([widths[0], widths.at(-1)]).toEqual([8, 1]);
    expect(widths).toEqual([...widths].sort((a, b) => b - a));
    expect(widths.some((between) => between > 1 && between < 8), String(widths)).toBe(true);
    // Nothing was encoded, sampled or written to find out.
    expect(new Set(ran)).toEqual(new Set(['LoadBackbone', 'EmptyLatent']));
  }, SLOW);

  test('is not defined where nothing can run together', async () => {
    const graph: GraphFile = { format: 'engram-graph', version: 1, nodes: { list: { type: 'PromptList', version: 1, params: {}, inputs: {} } } };
    expect(await planRowWidth({ graph, where: 'list', runner: await startEngine(), files, signal: new AbortController().signal })).toBeUndefined();
  }, SLOW);
});
