import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { feedsOf } from '../../../nodes/denoise.ts';
import { conceptTableNode } from '../../../nodes/engram/concept-table.ts';
import { injectNode } from '../../../nodes/engram/inject.ts';
import { streamSharesNode } from '../../../nodes/engram/stream-shares.ts';
import { triggerRegistryNode } from '../../../nodes/engram/trigger-registry.ts';
import { loadBackboneNode } from '../../../nodes/models/load-backbone.ts';
import { emptyLatentNode } from '../../../nodes/sampling/empty-latent.ts';
import { encodePromptNode } from '../../../nodes/sampling/encode-prompt.ts';
import type { Conditioning, InjectedEncoders, LatentBatch, Report } from '../../../nodes/values.ts';
import { floatTensor } from '../../../src/main/core/ir/tensor.ts';
import { createTorchGenerator } from '../../../src/main/core/random/torch-generator.ts';
import type { Registry } from '../../../src/main/engram/registry.ts';
import type { ConceptTable } from '../../../src/main/engram/table.ts';
import { faultOf } from '../../support/fault.ts';
import { nodeBench, TINY_MODEL, type BenchRun, type TinyModel } from '../../support/node-bench.ts';
import { PlainSessions } from '../../support/plain-sessions.ts';
import { REFERENCE } from '../../support/reference-case.ts';

const bench = nodeBench();
const sessions = new PlainSessions();
afterAll(() => sessions.dispose());

const TINY_SD3 = join(REFERENCE, 'tiny-sd3');
const TRIGGER = 'Aldric Vortex-9 CyberNebula';
const SIZE = { width: 32, height: 32 };
/** What a flow sampler tells the model first: pure noise. */
const FIRST_TIMESTEP = 1000;

class Scene {
  constructor(readonly model: TinyModel, readonly table: ConceptTable) {}

  async inject(params: Record<string, unknown> = {}): Promise<InjectedEncoders> {
    return (await bench.run<{ textEncoders: InjectedEncoders }>(injectNode, { textEncoders: this.model.textEncoders, tables: [this.table] }, { strength: 4, ...params })).values.textEncoders;
  }

  async latents(seeds: readonly number[]): Promise<LatentBatch> {
    return (await bench.run<{ latents: LatentBatch }>(emptyLatentNode, { backbone: this.model.backbone }, { seeds, ...SIZE })).values.latents;
  }

  async measure(textEncoders: InjectedEncoders, params: Record<string, unknown> = {}, seeds: readonly number[] = [5]): Promise<BenchRun<{ report: Report }>> {
    return bench.run<{ report: Report }>(streamSharesNode, { backbone: this.model.backbone, textEncoders, latents: await this.latents(seeds) }, params);
  }
}

async function open(folder: string): Promise<Scene> {
  const model = (await bench.run<TinyModel>(loadBackboneNode, {}, { folder })).values;
  const { textEncoders } = model;
  const { registry } = (await bench.run<{ registry: Registry }>(triggerRegistryNode, { textEncoders }, { trigger: TRIGGER })).values;
  return new Scene(model, (await bench.run<{ table: ConceptTable }>(conceptTableNode, { registry, textEncoders }, { seed: 3 })).values.table);
}

const three = open(TINY_SD3);

/** The denoiser's prediction for the first noise of a seed, by a session of its own. */
async function firstPrediction({ model: { backbone } }: Scene, textEncoders: InjectedEncoders, seed: number): Promise<Float32Array> {
  const { positive } = (await bench.run<{ positive: Conditioning }>(encodePromptNode, { textEncoders }, { prompts: [TRIGGER] })).values;
  const shape = [1, backbone.vae.latentChannels, SIZE.height / backbone.vae.factor, SIZE.width / backbone.vae.factor] as const;
  const session = await sessions.acquire(backbone.denoiser.plan({ batch: 1, height: shape[2], width: shape[3] }));
  const noise = createTorchGenerator(seed).randn(shape.reduce((product, size) => product * size, 1));
  const result = await session.run({ ...feedsOf(positive.entries[0]!), latents: floatTensor(noise, shape), timestep: floatTensor(Float32Array.of(FIRST_TIMESTEP), [1]) });
  return result['prediction']!.data as Float32Array;
}

const minus = (a: Float32Array, b: Float32Array): number[] => [...a].map((value, index) => value - b[index]!);
const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, value, index) => sum + value * b[index]!, 0);

describe('Stream Shares', () => {
  it('tells what the prediction really does with one stream\'s tables on alone', async () => {
    const scene = await three;
    const { textEncoders } = scene.model;
    const { values: { report }, warnings } = await scene.measure(await scene.inject(), { steps: 1 });
    const base = await firstPrediction(scene, textEncoders, 5);
    const all = minus(await firstPrediction(scene, await scene.inject(), 5), base);
    const length = Math.sqrt(dot([...base], [...base]));
    // One session may run on other threads than the other: float32 sums over a few hundred values.
    const close = (value: number): number => expect.closeTo(value, 5) as number;
    expect(report.facts['change']).toEqual(close(Math.sqrt(dot(all, all)) / length));
    expect(report.facts['change']).toBeGreaterThan(1e-3);
    let sum = 0;
    for (const stream of ['clip_l', 'clip_g', 't5']) {
      const off = ['clip_l', 'clip_g', 't5'].filter((id) => id !== stream).map((id) => `${id}=0`);
      const own = minus(await firstPrediction(scene, await scene.inject({ streamStrengths: off }), 5), base);
      expect(report.facts[`${stream} change`], stream).toEqual(close(Math.sqrt(dot(own, own)) / length));
      expect(report.facts[`${stream} share`], stream).toEqual(expect.closeTo(dot(own, all) / dot(all, all), 3));
      sum += report.facts[`${stream} share`] as number;
    }
    expect(report.facts['together share']).toBeCloseTo(1 - sum, 10);
    expect(report.lines).toHaveLength(1);
    expect(report.lines[0]).toMatch(/^timestep 1000: changes by [\d.]+%, clip_l alone [\d.]+% \(share -?[\d.]+%\), clip_g .*, t5 .*$/);
    expect(warnings).toEqual([]);
  });

  it('gives a stream that is turned off at render time no share, and two seeds and prompts as many images', async () => {
    const scene = await three;
    const { report } = (await scene.measure(await scene.inject({ streamStrengths: ['t5=0', 'clip_g=0.5'] }), { steps: 2, prompts: [TRIGGER, `${TRIGGER} on the moon`] }, [1, 2])).values;
    expect(report.facts).toMatchObject({ images: 4, steps: 2, 't5 change': 0, 't5 share': 0 });
    expect(report.facts['clip_g change']).toBeGreaterThan(0);
    expect(report.lines).toHaveLength(2);
  });

  it('is the same when measured again, and in segments of the denoiser', async () => {
    const scene = await three;
    const cut = (await bench.run<TinyModel>(loadBackboneNode, {}, { folder: TINY_SD3, segments: 3 })).values;
    const textEncoders = await scene.inject();
    const [first, again, inSegments] = [await scene.measure(textEncoders), await scene.measure(textEncoders), await new Scene(cut, scene.table).measure(textEncoders)];
    expect(again.values).toEqual(first.values);
    for (const [name, fact] of Object.entries(first.values.report.facts)) expect(inSegments.values.report.facts[name], name).toBeCloseTo(fact as number, 4);
    expect(first.progress.at(-1)).toMatchObject({ done: 8, total: 8 });
  });

  it('gives the one stream of a model that has one the whole share', async () => {
    const scene = await open(TINY_MODEL);
    const { report } = (await scene.measure(await scene.inject(), { steps: 2 })).values;
    const [stream] = scene.model.textEncoders.encoders.streams;
    expect(report.facts[`${stream!.id} share`]).toBeCloseTo(1, 12);
    expect(report.facts[`${stream!.id} change`]).toBe(report.facts['change']);
  });

  it('warns of prompts that wake no table, and asks for a table', async () => {
    const scene = await three;
    const silent = await scene.measure(await scene.inject(), { steps: 1, prompts: ['a red coat'] });
    expect(silent.warnings).toMatchObject([{ code: 'stream-shares.silent', got: 'a red coat' }]);
    expect(silent.values.report.facts).toMatchObject({ change: 0, 'together share': 0 });
    expect((await faultOf(() => scene.measure(scene.model.textEncoders))).code).toBe('stream-shares.no-table');
  });

  it('stops within a step', async () => {
    const scene = await three;
    const controller = new AbortController();
    const latents = await scene.latents([1]);
    const textEncoders = await scene.inject();
    const run = bench.run(streamSharesNode, { backbone: scene.model.backbone, textEncoders, latents }, { steps: 50 }, { signal: controller.signal, onProgress: () => { controller.abort(); } });
    expect((await faultOf(() => run)).code).toBe('run.cancelled');
  });
});
