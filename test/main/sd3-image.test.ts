import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadBackboneNode } from '../../nodes/models/load-backbone.ts';
import { vaeDecodeNode } from '../../nodes/image/vae-decode.ts';
import { emptyLatentNode } from '../../nodes/sampling/empty-latent.ts';
import { encodePromptNode } from '../../nodes/sampling/encode-prompt.ts';
import { sampleNode } from '../../nodes/sampling/sample.ts';
import type { Conditioning, ImageBatch, LatentBatch } from '../../nodes/values.ts';
import type { Tensor } from '../../src/main/core/ir/tensor.ts';
import { nodeBench, type TinyModel } from '../support/node-bench.ts';
import { readTensors, REFERENCE, relativeMaximum, tensorOf } from '../support/reference-case.ts';
import { readFileSync } from 'node:fs';

const bench = nodeBench();
const MODEL = join(REFERENCE, 'tiny-sd3');

interface ImageCase {
  readonly prompt: string;
  readonly negative_prompt: string;
  readonly width: number;
  readonly height: number;
  readonly steps: number;
  readonly guidance_scale: number;
  readonly seeds: readonly number[];
  readonly scheduler: string | null;
  readonly t5: boolean;
}

/** Our schedulers by diffusers' class; the model's own for none. */
const SCHEDULERS: Readonly<Record<string, string>> = { FlowMatchHeunDiscreteScheduler: 'flow-heun', DPMSolverMultistepScheduler: 'flow-dpmpp-2m' };

/** Text states and projections: a single pass of each encoder. */
const TEXT_PARITY = 2e-5;
/** Latents after eight steps: the references' own answer to a disturbance of 1e-7 is 1e-6 (case.json). */
const LATENT_PARITY = 1e-4;

function readImageCase(name: string): { info: ImageCase; outputs: Record<string, Tensor> } {
  const folder = join(REFERENCE, 'image-sd3', name);
  return { info: JSON.parse(readFileSync(join(folder, 'case.json'), 'utf8')) as ImageCase, outputs: readTensors(join(folder, 'outputs.safetensors')) };
}

interface Rendered {
  readonly positive: Conditioning;
  readonly negative: Conditioning;
  readonly latents: LatentBatch;
  readonly images: ImageBatch;
}

async function render(info: ImageCase, params: Record<string, unknown> = {}, change: (model: TinyModel) => TinyModel = (model) => model): Promise<Rendered> {
  const model = change((await bench.run<TinyModel>(loadBackboneNode, {}, { folder: MODEL, leaveOut: info.t5 ? [] : ['t5'], ...params })).values);
  const { backbone, textEncoders, vae } = model;
  const { positive, negative } = (await bench.run<{ positive: Conditioning; negative: Conditioning }>(encodePromptNode, { textEncoders }, { prompts: [info.prompt], negativePrompt: info.negative_prompt })).values;
  const { latents } = (await bench.run<{ latents: LatentBatch }>(emptyLatentNode, { backbone }, { width: info.width, height: info.height, seeds: info.seeds })).values;
  const scheduler = info.scheduler === null ? 'as the model says' : SCHEDULERS[info.scheduler]!;
  const sampled = (await bench.run<{ latents: LatentBatch }>(sampleNode, { backbone, positive, negative, latents }, { steps: info.steps, guidanceScale: info.guidance_scale, scheduler })).values;
  const { image } = (await bench.run<{ image: ImageBatch }>(vaeDecodeNode, { vae, latents: sampled.latents }, {})).values;
  return { positive, negative, latents: sampled.latents, images: image };
}

function joined(arrays: readonly (Float32Array | undefined)[], shape: readonly number[]): Tensor {
  return { dtype: 'float32', shape, data: Float32Array.from(arrays.flatMap((array) => [...array!])) };
}

/** The joint context of one prompt as the pipeline has it: [1, T, width]. */
function contextOf({ entries }: Conditioning, width: number): Float32Array {
  const { clip_l: l, clip_g: g, t5 } = entries[0]!.streams as Record<string, { states: { data: Float32Array; shape: readonly number[] } }>;
  const [dl, dg, tokens] = [l!.states.shape[2]!, g!.states.shape[2]!, l!.states.shape[1]!];
  const clip = Array.from({ length: tokens }, (_, token) => [...l!.states.data.subarray(token * dl, (token + 1) * dl), ...g!.states.data.subarray(token * dg, (token + 1) * dg), ...new Array<number>(width - dl - dg).fill(0)]);
  return Float32Array.from([...clip.flat(), ...t5!.states.data]);
}

function expectPixels(images: ImageBatch, reference: Tensor): void {
  const pixels = images.pictures.flatMap((picture) => [...picture.pixels]);
  const expected = [...(reference.data as Uint8Array)];
  expect(pixels).toHaveLength(expected.length);
  const within = pixels.filter((value, index) => Math.abs(value - expected[index]!) <= 1).length;
  expect(within / expected.length).toBeGreaterThanOrEqual(0.999);
}

describe('a whole picture of tiny-sd3, against StableDiffusion3Pipeline', () => {
  it.each(['euler', 'heun', 'dpm-2m', 'euler-no-guidance', 'euler-no-t5', 'euler-no-negative-tall-two-seeds'])('%s', async (name) => {
    const { info, outputs } = readImageCase(name);
    const { latents, images } = await render(info);
    const expected = tensorOf(outputs, 'latents');
    expect(relativeMaximum(joined(latents.items.map(({ data }) => data), expected.shape), expected)).toBeLessThanOrEqual(LATENT_PARITY);
    expectPixels(images, tensorOf(outputs, 'pixels'));
  });

  it('dynamic shifting, which depends on the size of the picture', async () => {
    const { info, outputs } = readImageCase('euler-dynamic');
    const { images } = await render(info, {}, (model) => ({ ...model, backbone: { ...model.backbone, schedulerConfig: { ...model.backbone.schedulerConfig, use_dynamic_shifting: true } } }));
    expectPixels(images, tensorOf(outputs, 'pixels'));
  });

  it('in segments of one block each, and the very same when done again', async () => {
    const { info, outputs } = readImageCase('euler');
    const first = await render(info, { segments: 4 });
    expectPixels(first.images, tensorOf(outputs, 'pixels'));
    expect((await render(info, { segments: 4 })).images.pictures[0]!.pixels).toEqual(first.images.pictures[0]!.pixels);
  });

  it('text states and pooled projections of prompt and negative prompt', async () => {
    const { info, outputs } = readImageCase('euler');
    const { positive, negative } = await render({ ...info, steps: 1 });
    for (const [conditioning, prefix] of [[positive, ''], [negative, 'negative_']] as const) {
      const expected = tensorOf(outputs, `${prefix}prompt_embeds`);
      expect(relativeMaximum(joined([contextOf(conditioning, expected.shape[2]!)], expected.shape), expected), prefix).toBeLessThanOrEqual(TEXT_PARITY);
      expect(relativeMaximum(conditioning.entries[0]!.extras['pooled_projections'], tensorOf(outputs, `${prefix}pooled_prompt_embeds`)), prefix).toBeLessThanOrEqual(TEXT_PARITY);
    }
  });

  it('refuses a sampler of the diffusion process', async () => {
    const { info } = readImageCase('euler');
    const { backbone, textEncoders } = (await bench.run<TinyModel>(loadBackboneNode, {}, { folder: MODEL })).values;
    const { positive, negative } = (await bench.run<{ positive: Conditioning; negative: Conditioning }>(encodePromptNode, { textEncoders }, { prompts: [info.prompt] })).values;
    const { latents } = (await bench.run<{ latents: LatentBatch }>(emptyLatentNode, { backbone })).values;
    await expect(bench.run(sampleNode, { backbone, positive, negative, latents }, { steps: 2, scheduler: 'ddim' })).rejects.toThrow('the scheduler is for models of the diffusion process');
  });
});
