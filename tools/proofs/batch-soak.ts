import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { batchFolder } from '../../src/main/services/batch/batch-folder.ts';
import { readPlan } from '../../src/main/services/batch/plan-file.ts';
import { median } from '../../src/main/services/median.ts';
import { readQueue } from '../../src/main/services/queue/durable-queue.ts';
import { defineProof, judge } from './framework/proof.ts';
import { childrenOf, readUse, startBatch, writePocketBatch } from './support/batch-process.ts';

const ROWS = 2000;
const EVERY_MS = 1000;

interface Sample { readonly done: number; readonly main: number; readonly engine: number; readonly handles: number }

/** Rows that the process has told are done, so far. */
function doneRows(told: string): number {
  return Number([...told.matchAll(/(\d+)\/\d+ done/g)].at(-1)?.[1] ?? 0);
}

export const batchSoak = defineProof({
  name: 'batch-soak',
  expectedSeconds: 900,
  summary: 'A batch of 2,000 pocket rows in one process keeps memory and open files flat: medians of the last quarter of samples within 5 % of the first quarter\'s.',
  async run(context) {
    const file = await writePocketBatch(context, context.workFolder, 'soak', { rows: ROWS, firstSeed: 1, steps: 2, width: 8 });
    const out = join(context.workFolder, 'out');
    const batch = startBatch(context, file, out, join(context.workFolder, 'cache'));
    const samples: Sample[] = [];
    let engines = new Set<number>();
    const timer = setInterval(() => {
      const [engine] = childrenOf(batch.pid);
      const [main, child] = [readUse(batch.pid), engine === undefined ? undefined : readUse(engine)];
      const done = doneRows(batch.told());
      // From the first rows on: before, models are still being loaded.
      if (main === undefined || child === undefined || done === 0) return;
      engines = engines.add(engine as number);
      samples.push({ done, main: main.resident, engine: child.resident, handles: main.handles + child.handles });
      if (samples.length % 30 === 0) context.log(`${done}/${ROWS} rows, main ${Math.round(main.resident / 1e6)} MB, engine ${Math.round(child.resident / 1e6)} MB, ${main.handles + child.handles} handles`);
    }, EVERY_MS);
    const { code } = await batch.ended;
    clearInterval(timer);
    await writeFile(join(context.workFolder, 'samples.json'), JSON.stringify(samples));
    const plan = await readPlan(batchFolder(out).plan);
    const { counts } = await readQueue({ path: batchFolder(out).journal, seeds: (plan?.rows ?? []).map(({ id }) => ({ id, kind: 'batch-row', payload: null })) });
    const quarter = Math.floor(samples.length / 4);
    const [first, last] = [samples.slice(0, quarter), samples.slice(-quarter)];
    const ratio = (of: (sample: Sample) => number): number => median(last.map(of)) / median(first.map(of));
    const figures = {
      exitCode: code, rowsDone: counts.done, samples: samples.length, engineProcesses: engines.size,
      mainMegabytesFirstQuarter: Math.round(median(first.map(({ main }) => main)) / 1e6), mainRatio: ratio(({ main }) => main),
      engineMegabytesFirstQuarter: Math.round(median(first.map(({ engine }) => engine)) / 1e6), engineRatio: ratio(({ engine }) => engine),
      handlesFirstQuarter: median(first.map(({ handles }) => handles)), handlesRatio: ratio(({ handles }) => handles),
      mainMegabytesMost: Math.round(Math.max(...samples.map(({ main }) => main)) / 1e6), engineMegabytesMost: Math.round(Math.max(...samples.map(({ engine }) => engine)) / 1e6),
    };
    return judge(figures, {
      exitCode: { equals: 0 }, rowsDone: { equals: ROWS }, samples: { atLeast: 40 }, engineProcesses: { equals: 1 },
      mainRatio: { atMost: 1.05 }, engineRatio: { atMost: 1.05 }, handlesRatio: { atMost: 1.05 },
    });
  },
});
