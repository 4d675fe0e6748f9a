import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { conceptTableNode } from '../../../nodes/engram/concept-table.ts';
import { triggerRegistryNode } from '../../../nodes/engram/trigger-registry.ts';
import { trainNode } from '../../../nodes/training/train.ts';
import type { Dataset, Report } from '../../../nodes/values.ts';
import type { Progress } from '../../../src/contract/node.ts';
import type { Registry } from '../../../src/main/engram/registry.ts';
import type { ConceptTable } from '../../../src/main/engram/table.ts';
import { encodeTable } from '../../../src/main/engram/table-file.ts';
import { decodeImage } from '../../../src/main/services/images/codec.ts';
import { writeFileAtomic } from '../../../src/main/services/atomic-write.ts';
import { removeWork } from '../../../src/main/services/node-files.ts';
import { faultOf } from '../../support/fault.ts';
import { nodeBench, type BenchOptions, type BenchRun } from '../../support/node-bench.ts';
import { picture } from '../../support/pictures.ts';

const bench = nodeBench();
const TRIGGER = 'Aldric Vortex-9';
const SETTINGS = { steps: 4, batchSize: 1, warmupSteps: 1, seed: 5 };

const model = bench.tiny();
const start = (async (): Promise<ConceptTable> => {
  const { textEncoders } = await model;
  const { registry } = (await bench.run<{ registry: Registry }>(triggerRegistryNode, { textEncoders }, { trigger: TRIGGER })).values;
  return (await bench.run<{ table: ConceptTable }>(conceptTableNode, { registry, textEncoders }, { seed: 1 })).values.table;
})();

function datasetOf(captions: readonly string[]): Dataset {
  return { label: 'images', items: captions.map((caption, index) => ({ name: `${index + 1}.png`, caption, picture: picture(80, 64, index + 1) })) };
}

const DATASET = datasetOf([`a portrait of ${TRIGGER} in snow`, `${TRIGGER} on the moon`]);

/** One run; afterwards its work is removed as the host does once the results are kept, or left as if it had been killed before. */
async function train(params: Record<string, unknown> = {}, options: BenchOptions & { dataset?: Dataset; killedAtEnd?: true } = {}) {
  const { backbone } = await model;
  const done = await bench.run<{ table: ConceptTable; report: Report }>(trainNode, { backbone, table: await start, dataset: options.dataset ?? DATASET }, { ...SETTINGS, ...params }, options);
  if (options.killedAtEnd !== true) await removeWork(bench.workFolder, (options.contentKey ?? 'a').repeat(64));
  return done;
}

/** Names of unfinished work of a content key. */
function workOf(contentKey: string): Promise<string[]> {
  return readdir(join(bench.workFolder, contentKey.repeat(64))).catch(() => []);
}

/** Aborts once a step is done. */
function abortAfter(step: number): { signal: AbortSignal; onProgress: (progress: Progress) => void; steps: number[] } {
  const controller = new AbortController();
  const steps: number[] = [];
  return { signal: controller.signal, steps, onProgress: ({ done }) => { steps.push(done); if (done === step) controller.abort(); } };
}

describe('Train', () => {
  it('changes vectors and scale, leaves keys and the start as they were, and says how it went', async () => {
    const before = encodeTable(await start);
    const { values: { table, report }, warnings, progress } = await train();
    expect(encodeTable(await start)).toEqual(before);
    const [from, to] = [(await start).streams[0]!, table.streams[0]!];
    expect(to.keys).toEqual(from.keys);
    expect(to.vectors).not.toEqual(from.vectors);
    expect(to.scale).not.toEqual(from.scale);
    expect(table.provenance).toMatchObject({ 'training.images': '2', 'training.size': '64x64', 'training.steps': '4', 'training.backbone': 'tiny-sd15' });
    expect(progress.map(({ done, total }) => [done, total])).toEqual([[1, 4], [2, 4], [3, 4], [4, 4]]);
    expect(progress[0]?.figures).toMatchObject({ loss: expect.any(Number) as number, 'vector rate': expect.any(Number) as number, 'clip_l vectors': expect.any(Number) as number });
    expect(report.lines).toHaveLength(4);
    expect(report.facts['steps']).toBe(4);
    expect(warnings).toEqual([]);
  });

  it('gives equal bytes on a second run, others for another seed, and the same whether previews are shown or not', async () => {
    const first = await train();
    const shown = await train({ sampleEvery: 2, samplePrompt: `${TRIGGER} in a city\n\na fox` }, { watched: true });
    expect((await train({ sampleEvery: 2 })).previews).toEqual([]); // nobody looks on
    expect(encodeTable(shown.values.table)).toEqual(encodeTable(first.values.table));
    expect(encodeTable((await train({ seed: 6 })).values.table)).not.toEqual(encodeTable(first.values.table));
    expect(first.previews).toEqual([]);
    expect(shown.previews.map(({ label }) => label)).toEqual([`step 2: ${TRIGGER} in a city | a fox`, `step 4: ${TRIGGER} in a city | a fox`]);
    expect(await decodeImage(shown.previews[0]!.png, 'preview')).toMatchObject({ width: 128, height: 64 }); // two prompts side by side
    expect(shown.previews[0]?.png).not.toEqual(shown.previews[1]?.png);
  });

  it('draws previews at the guidance that is asked for', async () => {
    const [plain, guided, byDefault] = await Promise.all([{ sampleGuidance: 1 }, { sampleGuidance: 7.5 }, {}].map((params, index) => train({ steps: 1, sampleEvery: 1, ...params }, { watched: true, contentKey: 'bcd'[index]! })));
    expect(plain!.previews[0]!.png).not.toEqual(guided!.previews[0]!.png);
    expect(byDefault!.previews[0]!.png).toEqual(guided!.previews[0]!.png);
    expect(encodeTable(plain!.values.table)).toEqual(encodeTable(guided!.values.table));
  });

  it.each([1, 3])('stops after the step that is running, and goes on to the same bytes: cancelled after step %i', async (step) => {
    const whole = await train();
    const stop = abortAfter(step);
    expect(await faultOf(() => train({}, { ...stop, contentKey: 'b' }))).toMatchObject({ kind: 'cancelled' });
    expect(stop.steps.at(-1)).toBe(step);
    expect(await workOf('b')).toEqual(['checkpoint.safetensors']);
    const resumed = await train({}, { contentKey: 'b' });
    expect(resumed.progress.map(({ done }) => done)).toEqual([1, 2, 3, 4].filter((done) => done >= step));
    expect(resumed.progress[0]?.past?.['loss']).toEqual(whole.progress.slice(0, step).map(({ done, figures }) => [done, figures?.['loss']]));
    expect(encodeTable(resumed.values.table)).toEqual(encodeTable(whole.values.table));
  });

  it('shows the samples of the steps before when it goes on', async () => {
    const stop = abortAfter(3);
    const begun: BenchRun<unknown>['previews'][number][] = [];
    await faultOf(() => train({ sampleEvery: 1 }, { ...stop, watched: true, contentKey: 'e', onPreview: (preview) => { begun.push(preview); } }));
    const resumed = await train({ sampleEvery: 1 }, { watched: true, contentKey: 'e' });
    expect(resumed.previews.map(({ step }) => step)).toEqual([1, 2, 3, 4]); // the third was cancelled on the way, and is drawn first
    expect(resumed.previews.slice(0, 2).map(({ png }) => [...png])).toEqual(begun.slice(0, 2).map(({ png }) => [...png]));
  });

  it('trains nothing again when it was killed after its last step', async () => {
    const whole = await train({}, { contentKey: 'd', killedAtEnd: true });
    expect(await workOf('d')).toEqual(['checkpoint.safetensors']);
    const again = await train({}, { contentKey: 'd' });
    expect(again.progress.map(({ done }) => done)).toEqual([4]); // what was told of the steps before
    expect(encodeTable(again.values.table)).toEqual(encodeTable(whole.values.table));
    expect(again.values.report).toEqual(whole.values.report);
  });

  it('begins anew when the checkpoint is damaged, and says so', async () => {
    await writeFileAtomic(join(bench.workFolder, 'c'.repeat(64), 'checkpoint.safetensors'), new Uint8Array(40));
    const { values, warnings, progress } = await train({}, { contentKey: 'c' });
    expect(warnings).toMatchObject([{ code: 'train.checkpoint-lost' }]);
    expect(progress[0]?.done).toBe(1);
    expect(encodeTable(values.table)).toEqual(encodeTable((await train()).values.table));
  });

  it('names the images whose captions lack the trigger, and refuses when all do', async () => {
    const { warnings } = await train({ steps: 1 }, { dataset: datasetOf([`${TRIGGER} in snow`, 'a fox']) });
    expect(warnings).toMatchObject([{ code: 'train.caption', where: 'Train "test", image "2.png", stream "clip_l"', got: 'none' }]);
    expect(await faultOf(() => train({}, { dataset: datasetOf(['a fox']) }))).toMatchObject({ code: 'train.no-trigger', kind: 'input' });
    expect(await faultOf(() => train({}, { dataset: datasetOf([]) }))).toMatchObject({ code: 'train.no-images', kind: 'input' });
  });

  it('refuses sizes that do not fit the model, before anything is encoded', async () => {
    expect(await faultOf(() => train({ width: 60 }))).toMatchObject({ code: 'train.size', kind: 'input', got: '60', hint: 'Try 56 or 64.' });
  });
});
