import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rowGraph, type BatchPlan, type PlannedGraph } from '../../src/contract/batch-plan.ts';
import type { RunSummary } from '../../src/contract/run-events.ts';
import { nodeCatalogue } from '../../src/main/cli/catalogue.ts';
import { runGraph } from '../../src/main/runtime/execute.ts';
import { planRowWidth } from '../../src/main/runtime/plan-row-width.ts';
import { planBatch, rowScope } from '../../src/main/services/batch/plan-batch.ts';
import { readBatch } from '../../src/main/services/batch/read-batch.ts';
import { runBatch } from '../../src/main/services/batch/run-batch.ts';
import { EngineClient } from '../../src/main/services/engine-client.ts';
import { FileHashes } from '../../src/main/services/file-hashes.ts';
import { forkEngine } from '../../src/main/services/fork-engine.ts';
import { median } from '../../src/main/services/median.ts';
import { createRunFiles } from '../../src/main/services/run-files.ts';
import { defineProof, judge, type Figure, type ProofContext } from './framework/proof.ts';
import { measureFullSize } from './support/full-size-width.ts';

const PROMPTS = ['a portrait of a fox in a red coat in a snowy forest at night', 'a silver robot with a blue wizard hat in the desert at sunset', 'a cat with a yellow jacket on a beach by day', 'a person with short black hair in the mountains'];
const SEEDS = 4;
const STEPS = 20;
const PAIRS = 7;

/** One engine with warm models, and the rows of both ways to run them. */
class SpeedBench {
  private readonly engine: EngineClient;
  private readonly hashes: FileHashes;
  private readonly signal = new AbortController().signal;
  private readonly roots: Readonly<Record<string, string>>;

  constructor(private readonly context: ProofContext) {
    this.roots = { models: join(context.root, 'models') };
    this.hashes = new FileHashes(join(context.workFolder, 'hashes'));
    const program = join(context.root, 'dist', 'engine-process.mjs');
    const start = { device: 'cpu', valueMemory: 512e6, cacheFolder: join(context.workFolder, 'cache'), cacheLimit: 1e9 } as const;
    this.engine = new EngineClient({ spawn: () => forkEngine(program), start });
  }

  dispose(): Promise<void> {
    return this.engine.dispose();
  }

  /** A plan of every prompt with seeds that no other round has: nothing of its pictures is cached. */
  async plan(round: number, width: 'auto' | 1): Promise<BatchPlan> {
    const path = join(this.context.workFolder, `round-${round}-${width}.batch.json`);
    // A batch reads below its own folder.
    await copyFile(join(this.context.root, 'graphs', 'render.graph.json'), join(this.context.workFolder, 'render.graph.json'));
    await writeFile(path, JSON.stringify({
      format: 'engram-batch', version: 1, graph: 'render.graph.json', set: { 'sample.steps': STEPS }, width,
      groups: [{ prompt: { set: 'prompts.prompts', values: PROMPTS } }, { seed: { set: 'latent.seeds', values: { seeds: SEEDS, from: 1 + round * SEEDS } } }],
      output: { name: '{prompt:slug}/{seed}' }, gallery: false,
    }));
    const loaded = await readBatch(path, []);
    return planBatch({
      loaded, catalogue: nodeCatalogue(), roots: this.roots, hashes: this.hashes,
      chooseWidth: async (firstRows) => Math.min(...await Promise.all(firstRows.map(async ({ graph, folder }) => (await planRowWidth({ graph, where: folder, runner: this.engine, files: this.files(folder, loaded.folder), signal: this.signal })) ?? 1))),
    });
  }

  /** The whole way of `engram batch`: plan, queue and journal, outputs, manifest. Seconds, and the hashes of the pictures' pixels by output. */
  async batched(round: number): Promise<{ seconds: number; width: number; pixels: Map<string, string> }> {
    const started = performance.now();
    const plan = await this.plan(round, 'auto');
    const pixels = new Map<string, string>();
    const summary = await runBatch({
      plan, outputFolder: join(this.context.workFolder, `batched-${round}`), runner: this.engine, signal: this.signal, filesFor: (of, graph) => this.files(graph.folder, of.folder),
      onEvent: (event) => { if (event.type === 'row-done') pixels.set(event.output, String(event.result.outputs[0]?.pixels)); },
    });
    const seconds = (performance.now() - started) / 1000;
    if (summary.status !== 'done') throw new Error(`The batch ended as "${summary.status}": ${JSON.stringify(summary)}`);
    return { seconds, width: plan.width, pixels };
  }

  /** The same rows one after another through the same warm engine, one image per run of the model, with no queue and no journal. */
  async oneByOne(round: number): Promise<{ seconds: number; pixels: Map<string, string> }> {
    const plan = await this.plan(round, 1);
    const pixels = new Map<string, string>();
    const memory = { recall: () => Promise.resolve(undefined), remember: () => Promise.resolve() };
    const started = performance.now();
    for (const row of plan.rows) {
      const { folder } = plan.graphs[row.graph] as PlannedGraph;
      const summary: RunSummary = await runGraph({
        graph: rowGraph(plan, row), where: row.output, runner: this.engine, memory, signal: this.signal, onEvent: () => undefined,
        files: this.files(folder, plan.folder), outputFolder: join(this.context.workFolder, `one-by-one-${round}`),
      });
      if (summary.status !== 'done') throw new Error(`Row ${row.output} ended as "${summary.status}": ${JSON.stringify(summary.errors)}`);
      pixels.set(row.output, String(summary.outputs[0]?.pixels));
    }
    return { seconds: (performance.now() - started) / 1000, pixels };
  }

  private files(graphFolder: string, batchFolder: string): ReturnType<typeof createRunFiles> {
    return createRunFiles(rowScope(graphFolder, batchFolder, this.roots), this.hashes);
  }
}

function round(value: number, digits = 2): number {
  return Number(value.toFixed(digits));
}

/** Pairs of both ways on equal rows, in turns of who is first; the first pair warms models and text states and doesn't count. */
async function measurePocket(context: ProofContext): Promise<Record<string, Figure>> {
  const bench = new SpeedBench(context);
  const rows = PROMPTS.length * SEEDS;
  const pairs: { batched: number; alone: number; same: number }[] = [];
  let width = 0;
  try {
    for (let index = 0; index <= PAIRS; index += 1) {
      const first = index % 2 === 0 ? await bench.batched(index) : undefined;
      const alone = await bench.oneByOne(index);
      const batched = first ?? (await bench.batched(index));
      width = batched.width;
      const same = [...alone.pixels].filter(([output, pixels]) => batched.pixels.get(output) === pixels).length;
      context.log(`pair ${index}${index === 0 ? ' (warms up)' : ''}: one by one ${alone.seconds.toFixed(2)} s, batched ${batched.seconds.toFixed(2)} s`);
      if (index > 0) pairs.push({ batched: batched.seconds, alone: alone.seconds, same });
    }
  } finally {
    await bench.dispose();
  }
  const [alone, batched] = [median(pairs.map((pair) => pair.alone)), median(pairs.map((pair) => pair.batched))];
  const ratios = pairs.map((pair) => pair.alone / pair.batched);
  return {
    rows, steps: STEPS, pairs: pairs.length, width, secondsOneByOne: round(alone), secondsBatched: round(batched), imagesPerHourOneByOne: Math.round((rows * 3600) / alone),
    imagesPerHourBatched: Math.round((rows * 3600) / batched), speedup: round(median(ratios), 3), speedups: ratios.map((ratio) => round(ratio)), pictures: rows * pairs.length, picturesThatDiffer: rows * pairs.length - pairs.reduce((sum, { same }) => sum + same, 0),
  };
}

export const batchSpeedup = defineProof({
  name: 'batch-speedup',
  expectedSeconds: 900,
  summary: 'A batch on the pocket model makes at least 1.3 times the images per hour of its rows one by one in a warm engine; at full size a CPU leaves little room, and how little is told.',
  async run(context) {
    const pocket = await measurePocket(context);
    // ENGRAM_BATCH_FULL_SIZE=0 leaves the full-size model out: it takes minutes and 4 GB on the disk.
    const fullSize = process.env['ENGRAM_BATCH_FULL_SIZE'] === '0' ? null : await measureFullSize(context);
    return judge({ ...pocket, fullSize }, { speedup: { atLeast: 1.3 }, rows: { atLeast: 16 }, pairs: { atLeast: 7 }, width: { atLeast: 2 }, picturesThatDiffer: { equals: 0 } });
  },
});
