import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readConfig } from '../../../../src/main/backbones/config-reader.ts';
import { ModuleScope } from '../../../../src/main/backbones/module-scope.ts';
import { TEXT_CONFIG } from '../../../../src/main/backbones/modules/clip-text/config.ts';
import { buildTextModel, isTextBuffer, textKeySpellings } from '../../../../src/main/backbones/modules/clip-text/text-model.ts';
import { loadUnet } from '../../../../src/main/backbones/sd15/unet/denoiser.ts';
import { loadAutoencoderKl } from '../../../../src/main/backbones/modules/autoencoder-kl/vae.ts';
import { readStoredWeights, TRANSFORMERS_WEIGHTS } from '../../../../src/main/backbones/weight-files.ts';
import { WeightSource } from '../../../../src/main/backbones/weights.ts';
import type { ModelFolder } from '../../../../src/main/backbones/backbone.ts';
import { elementCount } from '../../../../src/main/core/ir/tensor.ts';
import type { Graph, Shape } from '../../../../src/main/core/ir/types.ts';
import { newGraph } from '../../../../src/main/core/ops/registry.ts';
import { fakeModelFolder, type FakeTensor } from '../../../support/node-model-folder.ts';
import { REFERENCE } from '../../../support/reference-case.ts';

interface Part {
  readonly config: Readonly<Record<string, unknown>>;
  readonly weights: Readonly<Record<string, Shape>>;
}

type Model = Readonly<Record<'text_encoder' | 'unet' | 'vae', Part>>;

/** Published configs of the real models, and every key and shape that diffusers and transformers give them. */
const model = (name: string): Model => JSON.parse(readFileSync(join(REFERENCE, 'keys', `${name}.json`), 'utf8')) as Model;

function folderOf(parts: Model, change: (weights: Record<string, FakeTensor>) => void = () => undefined): ModelFolder {
  const tensors = (part: Part): Record<string, FakeTensor> => {
    const fake = Object.fromEntries(Object.entries(part.weights).map(([key, shape]): [string, FakeTensor] => [key, { shape }]));
    change(fake);
    return fake;
  };
  return fakeModelFolder({
    'unet/config.json': { json: parts.unet.config },
    'unet/diffusion_pytorch_model.safetensors': { tensors: tensors(parts.unet) },
    'vae/config.json': { json: parts.vae.config },
    'vae/diffusion_pytorch_model.safetensors': { tensors: tensors(parts.vae) },
    'text_encoder/config.json': { json: parts.text_encoder.config },
    'text_encoder/model.safetensors': { tensors: tensors(parts.text_encoder) },
  });
}

function parameters(graph: Graph): { count: number; tensors: number } {
  const external = graph.initializers.filter(({ initializer }) => initializer?.kind === 'external');
  return { tensors: external.length, count: external.reduce((sum, { type }) => sum + elementCount(type.shape), 0) };
}

async function textGraph(folder: ModelFolder, tokens: number): Promise<Graph> {
  const config = await readConfig(folder, 'text_encoder/config.json', TEXT_CONFIG);
  const stored = await readStoredWeights(folder, 'text_encoder/', TRANSFORMERS_WEIGHTS);
  const weights = new WeightSource({ label: 'text_encoder', stored, spellings: textKeySpellings, ignored: isTextBuffer });
  const builder = newGraph('text');
  builder.output('states', buildTextModel(new ModuleScope(builder, weights), config, builder.input('input_ids', 'int64', [1, tokens])));
  weights.assertAllUsed();
  return builder.build();
}

describe.each([
  // Counts as published for the two models.
  { name: 'sd15', unet: { tensors: 686, count: 859_520_964 }, text: { tensors: 196, count: 123_060_480 }, width: 768 },
  { name: 'sd21', unet: { tensors: 686, count: 865_910_724 }, text: { tensors: 372, count: 340_387_840 }, width: 1024 },
])('the real $name', ({ name, text, unet, width }) => {
  it('has a place for every tensor of its U-Net, and none over', async () => {
    const { denoiser } = await loadUnet(folderOf(model(name)));
    const graph = denoiser(77).plan({ batch: 2, height: 64, width: 64 }).build();
    expect(parameters(graph)).toEqual(unet);
    expect(graph.inputs.map((value) => [value.name, value.type.shape])).toEqual([['latents', [2, 4, 64, 64]], ['timestep', [2]], ['states.clip_l', [2, 77, width]]]);
    expect(graph.outputs.map((output) => [output.name, output.value.type.shape])).toEqual([['prediction', [2, 4, 64, 64]]]);
  });

  it('has a place for every tensor of its text encoder, and none over', async () => {
    const graph = await textGraph(folderOf(model(name)), 77);
    expect(parameters(graph)).toEqual(text);
    expect(graph.outputs[0]!.value.type.shape).toEqual([1, 77, width]);
  });

  it('has a place for every tensor of its VAE, shared between encoder and decoder', async () => {
    const vae = await loadAutoencoderKl(folderOf(model(name)), 'sd15');
    const encoder = vae.encoderPlan({ batch: 1, height: 512, width: 768 }).build();
    const decoder = vae.decoderPlan({ batch: 1, height: 64, width: 96 }).build();
    expect(parameters(encoder).count + parameters(decoder).count).toBe(83_653_863);
    expect(parameters(encoder).tensors + parameters(decoder).tensors).toBe(248);
    expect(encoder.outputs.map((output) => [output.name, output.value.type.shape])).toEqual([['mean', [1, 4, 64, 96]], ['logvar', [1, 4, 64, 96]]]);
    expect(decoder.outputs[0]!.value.type.shape).toEqual([1, 3, 512, 768]);
    expect([vae.factor, vae.scaling, vae.shift, vae.latentChannels]).toEqual([8, 0.18215, 0, 4]);
  });

  it('misses any tensor that is taken away, and names it', async () => {
    const missing = (key: string) => folderOf(model(name), (weights) => { delete weights[key]; });
    for (const key of ['up_blocks.3.attentions.2.transformer_blocks.0.attn2.to_k.weight', 'mid_block.resnets.1.time_emb_proj.bias', 'conv_out.bias']) {
      const { denoiser } = await loadUnet(missing(key));
      expect(() => denoiser(77)).toThrow(`model/unet/: must hold "${key}"`);
    }
    await expect(loadAutoencoderKl(missing('quant_conv.weight'), 'sd15')).rejects.toThrow('model/vae/: must hold "quant_conv.weight" of shape [8, 8, 1, 1]');
    await expect(textGraph(missing('text_model.final_layer_norm.bias'), 77)).rejects.toThrow('must hold "text_model.final_layer_norm.bias"');
  });

  it('refuses a tensor without a place, and names it', async () => {
    const extra = folderOf(model(name), (weights) => { weights['adapter.weight'] = { shape: [1] }; });
    const { denoiser } = await loadUnet(extra);
    expect(() => denoiser(77)).toThrow('"adapter.weight" without one');
    await expect(loadAutoencoderKl(extra, 'sd15')).rejects.toThrow('"adapter.weight" without one');
    await expect(textGraph(extra, 77)).rejects.toThrow('"adapter.weight" without one');
  });
});

describe('other spellings of the real files', () => {
  it('finds the VAE\'s attention under its old names', async () => {
    const old: Record<string, string> = { to_q: 'query', to_k: 'key', to_v: 'value', 'to_out.0': 'proj_attn' };
    const folder = folderOf(model('sd15'), (weights) => {
      for (const [key, tensor] of Object.entries(weights)) {
        const renamed = key.replace(/(mid_block\.attentions\.0\.)(to_q|to_k|to_v|to_out\.0)\./, (_, prefix: string, part: string) => `${prefix}${old[part]}.`);
        delete weights[key];
        weights[renamed] = tensor;
      }
    });
    expect((await folder.weights('vae/diffusion_pytorch_model.safetensors')).index.tensors.has('encoder.mid_block.attentions.0.proj_attn.bias')).toBe(true);
    await expect(loadAutoencoderKl(folder, 'sd15')).resolves.toBeDefined();
  });

  it('finds the text encoder without its prefix, and passes over position_ids', async () => {
    const folder = folderOf(model('sd15'), (weights) => {
      for (const [key, tensor] of Object.entries(weights)) {
        delete weights[key];
        weights[key.replace(/^text_model\./, '')] = tensor;
      }
      weights['embeddings.position_ids'] = { dtype: 'int64', shape: [1, 77] };
    });
    await expect(textGraph(folder, 77)).resolves.toBeDefined();
  });
});

describe('sizes', () => {
  it('returns a prediction of the latents\' own size for every size', async () => {
    const { denoiser } = await loadUnet(folderOf(model('sd15')));
    const built = denoiser(77);
    for (const [height, width] of [[1, 1], [1, 9], [7, 8], [13, 9], [65, 64], [63, 96], [90, 51]] as const) {
      const graph = built.plan({ batch: 1, height, width }).build();
      expect(graph.outputs[0]!.value.type.shape).toEqual([1, 4, height, width]);
    }
  });

  it('refuses sizes that no picture has', async () => {
    const folder = folderOf(model('sd15'));
    const denoiser = (await loadUnet(folder)).denoiser(77);
    const vae = await loadAutoencoderKl(folder, 'sd15');
    expect(() => denoiser.plan({ batch: 0, height: 8, width: 8 })).toThrow("latents' batch must be a whole number of at least 1, got 0");
    expect(() => vae.encoderPlan({ batch: 1, height: 512, width: 508 })).toThrow('VAE "model": image width must be a multiple of 8, the pixels per latent, got 508');
    expect(() => vae.decoderPlan({ batch: 1, height: 0.5, width: 8 })).toThrow('VAE "model": latents height must be a whole number of at least 1, got 0.5');
  });

  it('names in its session keys all that a graph depends on', async () => {
    const folder = folderOf(model('sd15'));
    const changed = folderOf({ ...model('sd15'), vae: { ...model('sd15').vae, config: { ...model('sd15').vae.config, scaling_factor: 0.2 } } });
    const shape = { batch: 1, height: 8, width: 16 };
    const { denoiser } = await loadUnet(folder);
    const [vae, other] = [await loadAutoencoderKl(folder, 'sd15'), await loadAutoencoderKl(changed, 'sd15')];
    const keys = [
      denoiser(77).plan(shape), denoiser(78).plan(shape), denoiser(77).plan({ ...shape, batch: 2 }), denoiser(77).plan({ ...shape, height: 16 }), denoiser(77).plan({ ...shape, width: 8 }),
      vae.encoderPlan(shape), vae.decoderPlan(shape), other.encoderPlan(shape),
    ].map(({ key }) => key);
    expect(new Set(keys).size).toBe(keys.length);
    expect(denoiser(77).plan(shape).key).toBe(keys[0]);
  });
});
