import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ModelFolder } from '../../../../src/main/backbones/backbone.ts';
import { loadBackbone } from '../../../../src/main/backbones/index.ts';
import { elementCount } from '../../../../src/main/core/ir/tensor.ts';
import type { DataType, Graph, Shape } from '../../../../src/main/core/ir/types.ts';
import type { SessionRequest } from '../../../../src/main/core/session.ts';
import { fakeModelFolder, nodeModelFolder, type FakeFile, type FakeTensor } from '../../../support/node-model-folder.ts';
import { REFERENCE } from '../../../support/reference-case.ts';

interface Part {
  readonly config: Readonly<Record<string, unknown>>;
  readonly weights: Readonly<Record<string, Shape>>;
}

/** Published configs of the real models, and every key and shape that diffusers and transformers give them. */
const partsOf = (name: string): Readonly<Record<string, Part>> => JSON.parse(readFileSync(join(REFERENCE, 'keys', `${name}.json`), 'utf8')) as Record<string, Part>;
const shared = partsOf('sd3-shared');

/** A part's config and weights, in shards where the published folder has them. */
function partFiles(directory: string, { config, weights }: Part, stem: string, dtype: DataType, shards: number): Record<string, FakeFile | undefined> {
  const tensors = Object.entries(weights).map(([key, shape]): [string, FakeTensor] => [key, { shape, dtype }]);
  const files: Record<string, FakeFile | undefined> = { [`${directory}/config.json`]: { json: config } };
  if (shards === 1) return { ...files, [`${directory}/${stem}.safetensors`]: { tensors: Object.fromEntries(tensors) } };
  files[`${directory}/${stem}.safetensors`] = undefined; // the tiny model's
  const nameOf = (index: number): string => `${stem}-0000${index + 1}-of-0000${shards}.safetensors`;
  const shardOf = (index: number): number => Math.floor((index * shards) / tensors.length);
  for (let shard = 0; shard < shards; shard += 1) files[`${directory}/${nameOf(shard)}`] = { tensors: Object.fromEntries(tensors.filter((_, index) => shardOf(index) === shard)) };
  files[`${directory}/${stem}.safetensors.index.json`] = { json: { metadata: {}, weight_map: Object.fromEntries(tensors.map(([key], index) => [key, nameOf(shardOf(index))])) } };
  return files;
}

/** The real model over the tiny one, whose tokenizers, scheduler and index it keeps. */
function folderOf(transformer: Part, shards = 1, files: Record<string, FakeFile | undefined> = {}): ModelFolder {
  return fakeModelFolder({
    ...partFiles('transformer', transformer, 'diffusion_pytorch_model', 'bfloat16', shards), ...partFiles('vae', shared['vae']!, 'diffusion_pytorch_model', 'bfloat16', 1),
    ...partFiles('text_encoder', shared['text_encoder']!, 'model', 'float16', 1), ...partFiles('text_encoder_2', shared['text_encoder_2']!, 'model', 'float16', 1),
    ...partFiles('text_encoder_3', shared['text_encoder_3']!, 'model', 'float16', 2), ...files,
  }, nodeModelFolder(join(REFERENCE, 'tiny-sd3')));
}

function parameters(graph: Graph): { tensors: number; count: number } {
  const external = graph.initializers.filter(({ initializer }) => initializer?.kind === 'external');
  return { tensors: external.length, count: external.reduce((sum, { type }) => sum + elementCount(type.shape), 0) };
}

describe.each([
  // Counts as published (facts of the real files): tensors and stored elements.
  { name: 'sd3-medium', tensors: 683, count: 2_084_951_104, shards: 1 },
  { name: 'sd35-medium', tensors: 909, count: 2_469_663_936, shards: 1 },
  { name: 'sd35-large', tensors: 1227, count: 8_146_280_768, shards: 2 },
])('the real $name', ({ name, tensors, count, shards }) => {
  const { transformer } = partsOf(name) as { transformer: Part };

  it('has a place for every tensor of its transformer, and none over', async () => {
    const { denoiser, defaultSize, schedulerConfig } = await loadBackbone(folderOf(transformer, shards));
    const graph = denoiser.plan({ batch: 2, height: 64, width: 48 }).build();
    expect(parameters(graph)).toEqual({ tensors, count });
    expect(Object.fromEntries(graph.inputs.map((value) => [value.name, value.type.shape]))).toEqual({
      latents: [2, 16, 64, 48], timestep: [2], 'states.clip_l': [2, 77, 768], 'states.clip_g': [2, 77, 1280], 'states.t5': [2, 32, 4096], pooled_projections: [2, 2048],
    });
    expect(graph.outputs.map((output) => [output.name, output.value.type.shape])).toEqual([['prediction', [2, 16, 64, 48]]]);
    expect(defaultSize).toEqual({ width: 1024, height: 1024 });
    expect(schedulerConfig).toMatchObject({ _class_name: 'FlowMatchEulerDiscreteScheduler', shift: 3 });
  });

  it('refuses weights with a tensor too few or too many', async () => {
    const { 'transformer_blocks.1.attn.to_add_out.bias': _, ...fewer } = transformer.weights;
    await expect(loadBackbone(folderOf({ ...transformer, weights: fewer }))).rejects.toThrow('must hold "transformer_blocks.1.attn.to_add_out.bias"');
    await expect(loadBackbone(folderOf({ ...transformer, weights: { ...transformer.weights, 'adapter.weight': [2] } }))).rejects.toThrow('"adapter.weight" without one');
  });
});

describe('what the real models share', () => {
  const { transformer } = partsOf('sd35-medium') as { transformer: Part };

  it('every tensor of the text encoders and the VAE has a place', async () => {
    const { textEncoders, vae } = await loadBackbone(folderOf(transformer));
    const requests: SessionRequest[] = [];
    const recording = { deviceKey: '', estimate: () => Promise.resolve(0), acquire: (request: SessionRequest) => { requests.push(request); return Promise.reject(new Error('enough')); } };
    await expect(textEncoders.encode(recording, ['a'])).rejects.toThrow('enough');
    expect(parameters(requests[0]!.build())).toEqual({ tensors: 197, count: 123_650_304 });
    expect(textEncoders.streams.map(({ id, width }) => [id, width])).toEqual([['clip_l', 768], ['clip_g', 1280], ['t5', 4096]]);
    const both = [vae.encoderPlan({ batch: 1, height: 64, width: 64 }).build(), vae.decoderPlan({ batch: 1, height: 8, width: 8 }).build()].map(parameters);
    expect(both.reduce((sum, { count }) => sum + count, 0)).toBe(83_819_683);
    expect(both.reduce((sum, part) => sum + part.tensors, 0)).toBe(244);
    expect([vae.scaling, vae.shift, vae.latentChannels]).toEqual([1.5305, 0.0609, 16]);
  });

  it('the positional grid is cut out before it is widened', async () => {
    const { denoiser } = await loadBackbone(folderOf(transformer));
    const { nodes } = denoiser.plan({ batch: 1, height: 64, width: 64 }).build();
    const widened = nodes.filter(({ op, inputs }) => op === 'Cast' && inputs[0]!.type.dtype === 'bfloat16').map(({ inputs }) => elementCount(inputs[0]!.type.shape));
    // The largest that is widened whole is the nine modulations of a block, 13824 x 1536.
    expect(Math.max(...widened)).toBe(9 * 1536 * 1536);
  });

  it('the model can do without T5, absent or left out, and with nothing else left out', async () => {
    const index = (await folderOf(transformer).readJson('model_index.json')) as object;
    const absent = folderOf(transformer, 1, { 'text_encoder_3/config.json': undefined, 'model_index.json': { json: { ...index, text_encoder_3: [null, null] } } });
    for (const backbone of [await loadBackbone(absent), await loadBackbone(folderOf(transformer), { leaveOut: ['t5'] })]) {
      expect(backbone.textEncoders.streams.map(({ id }) => id)).toEqual(['clip_l', 'clip_g']);
      expect(backbone.denoiser.plan({ batch: 1, height: 8, width: 8 }).build().inputs.map(({ name }) => name as string)).not.toContain('states.t5');
    }
    await expect(loadBackbone(folderOf(transformer), { leaveOut: ['clip_g'] })).rejects.toThrow('model: only t5 can be left out, got clip_g');
  });

  it.each([
    ['another latent width', { in_channels: 8 }, 'in_channels must be 16, the VAE\'s latent channels, got 8'],
    ['another pooled width', { pooled_projection_dim: 1024 }, 'pooled_projection_dim must be 2048, the sum of both CLIP encoders\' projection_dim, got 1024'],
    ['another joint width', { joint_attention_dim: 2048 }, 'joint_attention_dim must be 4096, T5\'s d_model, got 2048'],
  ])('parts that do not fit are refused: %s', async (_title, change, message) => {
    await expect(loadBackbone(folderOf({ ...transformer, config: { ...transformer.config, ...change } }))).rejects.toThrow(message);
  });

  it('latents that can\'t be cut into patches, or lie beyond the grid, are refused', async () => {
    const { denoiser } = await loadBackbone(folderOf(transformer));
    expect(() => denoiser.plan({ batch: 1, height: 63, width: 64 })).toThrow('SD3 transformer: latents\' height must be a multiple of 2, 2..768, got 63');
    expect(() => denoiser.plan({ batch: 1, height: 64, width: 770 })).toThrow('latents\' width must be a multiple of 2, 2..768, got 770');
    expect(() => denoiser.plan({ batch: 0, height: 64, width: 64 })).toThrow('batch must be a whole number of at least 1');
    expect(denoiser.imageTokens?.(128, 96)).toBe(64 * 48);
  });
});
