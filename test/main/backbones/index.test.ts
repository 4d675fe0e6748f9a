import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { BackboneFamily, ModelFolder } from '../../../src/main/backbones/backbone.ts';
import { backboneFamilies, detectFamily, loadBackbone, loadTextEncoders, loadVae, uniqueFamilies } from '../../../src/main/backbones/index.ts';
import { objectiveById } from '../../../src/main/diffusion/objectives/index.ts';
import { fakeModelFolder, nodeModelFolder, type FakeFile } from '../../support/node-model-folder.ts';
import { REFERENCE } from '../../support/reference-case.ts';

const TINY = join(REFERENCE, 'tiny-sd15');
const tiny = (): ModelFolder => nodeModelFolder(TINY);

async function changed(path: string, change: Record<string, unknown>): Promise<ModelFolder> {
  const json = (await tiny().readJson(path)) as Record<string, unknown>;
  return fakeModelFolder({ [path]: { json: { ...json, ...change } } }, tiny());
}

/** Part of the tiny folder, as a folder of its own. */
function partFolder(...paths: string[]): ModelFolder {
  const whole = tiny();
  const inside = (path: string): boolean => paths.some((part) => path.startsWith(part));
  return { ...whole, has: async (path) => inside(path) && whole.has(path) };
}

describe('detectFamily', () => {
  it('tells the family from model_index.json, or from the U-Net\'s config where that is missing', async () => {
    expect((await detectFamily(tiny())).id).toBe('sd15');
    expect((await detectFamily(fakeModelFolder({ 'model_index.json': undefined }, tiny()))).id).toBe('sd15');
  });

  it.each([
    ['another pipeline', { 'model_index.json': { json: { _class_name: 'StableDiffusionXLPipeline' } } }, 'got model_index.json with _class_name "StableDiffusionXLPipeline". Known families: Stable Diffusion 1.5 (StableDiffusionPipeline'],
    ['another U-Net', { 'model_index.json': undefined, 'unet/config.json': { json: { _class_name: 'FluxTransformer2DModel' } } }, 'got a folder without model_index.json'],
  ] as [string, Record<string, FakeFile | undefined>, string][])('refuses %s, saying what it found and what it knows', async (_, files, message) => {
    const folder = fakeModelFolder(files, tiny());
    await expect(detectFamily(folder)).rejects.toThrow(message);
    await expect(loadBackbone(folder)).rejects.toThrow('model: must hold the backbone of a known family, as a diffusers folder');
  });

  it.each([
    ['tiny-sd15', 'sd15', ['StableDiffusionImg2ImgPipeline', 'StableDiffusionInpaintPipeline', 'StableDiffusionPAGPipeline', 'StableDiffusionControlNetPipeline', 'StableDiffusionControlNetInpaintPipeline']],
    ['tiny-sd3', 'sd3', ['StableDiffusion3Img2ImgPipeline', 'StableDiffusion3InpaintPipeline', 'StableDiffusion3PAGPipeline', 'StableDiffusion3ControlNetPipeline', 'StableDiffusion3ControlNetInpaintingPipeline']],
  ])('takes %s for one of %s under the names of other pipelines of the same parts', async (name, family, pipelines) => {
    const folder = nodeModelFolder(join(REFERENCE, name));
    const index = (await folder.readJson('model_index.json')) as object;
    for (const pipeline of pipelines) {
      expect((await loadBackbone(fakeModelFolder({ 'model_index.json': { json: { ...index, _class_name: pipeline } } }, folder))).family, pipeline).toBe(family);
    }
  });

  it('does not take a part for a whole model, nor one part for another', async () => {
    for (const part of ['unet', 'vae', 'text_encoder']) await expect(loadBackbone(nodeModelFolder(join(TINY, part)))).rejects.toThrow('must hold the backbone of a known family');
    await expect(loadVae(nodeModelFolder(join(TINY, 'unet')))).rejects.toThrow('must hold the vae of a known family, as a diffusers folder, got config.json with _class_name "UNet2DConditionModel"');
    await expect(loadTextEncoders(nodeModelFolder(join(TINY, 'vae')))).rejects.toThrow('must hold the text encoders of a known family');
    const xl = fakeModelFolder({ 'model_index.json': { json: { _class_name: 'StableDiffusionXLPipeline' } } }, tiny());
    await expect(loadVae(xl)).rejects.toThrow('got model_index.json with _class_name "StableDiffusionXLPipeline"');
  });

  it('lists every family once', () => {
    expect(new Set(backboneFamilies.map(({ id }) => id)).size).toBe(backboneFamilies.length);
    const family = backboneFamilies[0] as BackboneFamily;
    expect(() => uniqueFamilies([family, family])).toThrow('Backbone families: "sd15" is listed twice');
  });
});

describe('loadBackbone', () => {
  it('says of a folder what the rest of the program asks', async () => {
    const backbone = await loadBackbone(tiny());
    expect(backbone.family).toBe('sd15');
    expect(backbone.textEncoders.streams.map(({ id, width, tokenizer }) => ({ id, width, tokens: tokenizer.maxLength }))).toEqual([{ id: 'clip_l', width: 24, tokens: 77 }]);
    expect(backbone.textEncoders.injection).toEqual({ rule: 'absolute', tanh: true, overlap: 'sum' });
    expect([backbone.vae.factor, backbone.vae.latentChannels, backbone.vae.scaling, backbone.vae.shift]).toEqual([8, 4, 0.18215, 0]);
    expect(backbone.defaultSize).toEqual({ width: 64, height: 64 });
    expect(backbone.schedulerConfig).toMatchObject({ _class_name: 'PNDMScheduler', beta_end: 0.012, steps_offset: 1, clip_sample: false });
    expect(objectiveById(backbone.objective).id).toBe('ddpm-epsilon');
  });

  it('names the objective by the scheduler\'s prediction type', async () => {
    const velocity = await loadBackbone(await changed('scheduler/scheduler_config.json', { prediction_type: 'v_prediction' }));
    expect(objectiveById(velocity.objective).id).toBe('ddpm-v-prediction');
    await expect(loadBackbone(await changed('scheduler/scheduler_config.json', { prediction_type: 'sample' })))
      .rejects.toThrow('model/scheduler/scheduler_config.json: prediction_type must be epsilon or v_prediction, got "sample"');
  });

  it('puts into an old scheduler config what the pipeline of diffusers puts there', async () => {
    const { schedulerConfig } = await loadBackbone(await changed('scheduler/scheduler_config.json', { steps_offset: 0, clip_sample: true }));
    expect(schedulerConfig).toMatchObject({ steps_offset: 1, clip_sample: false });
  });

  it.each([
    [{ sample_size: 12 }, { width: 96, height: 96 }],
    [{ sample_size: [8, 12] }, { width: 96, height: 64 }],
    [{ sample_size: null }, { width: 512, height: 512 }],
    [{ sample_size: 32, _diffusers_version: '0.6.0' }, { width: 512, height: 512 }],
    [{ sample_size: 96, _diffusers_version: '0.6.0' }, { width: 768, height: 768 }],
    [{ sample_size: 32, _diffusers_version: '0.10.0.dev0' }, { width: 256, height: 256 }],
  ])('makes images of the size in %j', async (change, size) => {
    expect((await loadBackbone(await changed('unet/config.json', change))).defaultSize).toEqual(size);
  });

  it.each([
    ['unet/config.json', { in_channels: 9 }, 'model/unet/config.json: in_channels must be 4, the VAE\'s latent channels, got 9. A U-Net for inpainting or depth reads more than latents'],
    ['unet/config.json', { out_channels: 3 }, 'model/unet/config.json: out_channels must be 4, the VAE\'s latent channels, got 3'],
    ['unet/config.json', { cross_attention_dim: 32 }, 'model/unet/config.json: cross_attention_dim must be 24, the text encoder\'s hidden_size, got 32'],
    ['unet/config.json', { class_embed_type: 'timestep' }, 'model/unet/config.json: class_embed_type must be null, got "timestep"'],
    ['unet/config.json', { down_block_types: ['CrossAttnDownBlock2D', 'AttnDownBlock2D', 'DownBlock2D'] }, 'model/unet/config.json: down_block_types[1] must be "CrossAttnDownBlock2D" or "DownBlock2D", got "AttnDownBlock2D"'],
    ['unet/config.json', { down_block_types: ['DownBlock2D'] }, 'model/unet/config.json: down_block_types must have 3 entries, one per entry of block_out_channels, got 1'],
    ['unet/config.json', { attention_head_dim: [4, 4] }, 'attention_head_dim must have 3 entries'],
    ['unet/config.json', { attention_head_dim: 3 }, 'attention_head_dim (the number of heads) must divide every entry of block_out_channels, got 3 for 8 channels'],
    ['unet/config.json', { norm_num_groups: 32 }, 'norm_num_groups must divide every entry of block_out_channels, got 32 for 8 channels'],
    ['unet/config.json', { freq_shift: 4 }, 'freq_shift must be below 4, half of block_out_channels[0], got 4'],
    ['unet/config.json', { layers_per_block: 2 }, 'model/unet/: must hold "down_blocks.0.resnets.1'],
    ['unet/config.json', { use_linear_projection: true }, '"down_blocks.0.attentions.0.proj_in.weight" must have shape [8, 8], got [8, 8, 1, 1]'],
    ['unet/config.json', { _class_name: 'UNet3DConditionModel' }, 'model/unet/config.json: _class_name must be "UNet2DConditionModel", got "UNet3DConditionModel"'],
    ['unet/config.json', { brand_new: 1 }, 'model/unet/config.json: option "brand_new" is not known'],
    ['vae/config.json', { latents_mean: [0, 0, 0, 0] }, 'model/vae/config.json: latents_mean must be null, got [0,0,0,0]'],
    ['vae/config.json', { norm_num_groups: 3 }, 'model/vae/config.json: norm_num_groups must divide every entry of block_out_channels, got 3 for 4 channels'],
    ['vae/config.json', { up_block_types: ['UpDecoderBlock2D'] }, 'model/vae/config.json: up_block_types must have 4 entries'],
    ['vae/config.json', { use_quant_conv: false }, 'must have a place in the model that config.json describes, got "quant_conv.bias" and 1 more without one'],
    ['vae/config.json', { mid_block_add_attention: false }, 'got "decoder.mid_block.attentions.0'],
    ['text_encoder/config.json', { hidden_act: 'gelu_new' }, 'model/text_encoder/config.json: hidden_act must be "quick_gelu" or "gelu", got "gelu_new"'],
    ['text_encoder/config.json', { architectures: ['CLIPTextModelWithProjection'] }, 'architectures[0] must be "CLIPTextModel", got "CLIPTextModelWithProjection"'],
    ['text_encoder/config.json', { num_attention_heads: 5 }, 'num_attention_heads must divide hidden_size, got 5 for 24'],
    ['text_encoder/config.json', { max_position_embeddings: 64 }, 'max_position_embeddings must be at least the tokenizer\'s model_max_length, 77, got 64'],
    ['text_encoder/config.json', { vocab_size: 100 }, 'vocab_size must be at least the tokenizer\'s vocabulary, 774, got 100'],
    ['text_encoder/config.json', { num_hidden_layers: 1 }, 'got "text_model.encoder.layers.1.'],
  ])('refuses %s with %j', async (path, change, message) => {
    await expect(loadBackbone(await changed(path, change))).rejects.toThrow(message);
  });

  it.each(['unet/config.json', 'vae/diffusion_pytorch_model.safetensors', 'text_encoder/config.json', 'tokenizer/vocab.json', 'scheduler/scheduler_config.json'])('refuses a folder without %s', async (path) => {
    await expect(loadBackbone(fakeModelFolder({ [path]: undefined }, tiny()))).rejects.toThrow(`model/${path.split('/')[0]}/`);
  });

  it('changes the fingerprint of a part with its files, and of no other', async () => {
    const [base, other] = [await loadBackbone(tiny()), await loadBackbone(await changed('vae/config.json', { scaling_factor: 0.2 }))];
    expect(other.vae.fingerprint).not.toBe(base.vae.fingerprint);
    expect((await loadBackbone(tiny())).vae.fingerprint).toBe(base.vae.fingerprint);
  });
});

describe('models/pocket-sd15', () => {
  const pocket = nodeModelFolder(join(import.meta.dirname, '../../../models/pocket-sd15'), 'pocket-sd15');

  it('loads as any folder of the family, whole and in parts', async () => {
    const { defaultSize, denoiser, textEncoders, vae } = await loadBackbone(pocket);
    const [stream] = textEncoders.streams;
    const latents = { height: defaultSize.height / vae.factor, width: defaultSize.width / vae.factor };
    const graph = denoiser.plan({ batch: 2, ...latents }).build();
    expect(graph.inputs.map(({ name, type }) => [name, type.shape])).toEqual([
      ['latents', [2, vae.latentChannels, latents.height, latents.width]], ['timestep', [2]], [`states.${stream!.id}`, [2, stream!.tokenizer.maxLength, stream!.width]],
    ]);
    expect((await loadVae(nodeModelFolder(join(import.meta.dirname, '../../../models/pocket-sd15/vae')))).scaling).toBe(vae.scaling);
    // The trigger that the shipped graphs bind: long enough for its n-grams to be an address (5 to 9 tokens).
    const { length } = stream!.tokenizer.encode('Aldric Vortex-9 CyberNebula');
    expect(length).toBeGreaterThanOrEqual(5);
    expect(length).toBeLessThanOrEqual(9);
  });
});

describe('tiny-sd3', () => {
  const folder = nodeModelFolder(join(REFERENCE, 'tiny-sd3'));

  it('is told from its index, or from its parts where that is missing', async () => {
    for (const model of [folder, fakeModelFolder({ 'model_index.json': undefined }, folder)]) {
      expect((await detectFamily(model)).id).toBe('sd3');
      expect((await detectFamily(model, 'text encoders')).id).toBe('sd3');
      expect((await detectFamily(model, 'vae')).id).toBe('sd3');
    }
  });

  it('says of itself what the rest of the program asks', async () => {
    const { textEncoders, objective, vae, defaultSize, denoiser } = await loadBackbone(folder, { segments: 2 });
    expect(textEncoders.streams.map(({ id, width, tokenizer }) => ({ id, width, tokens: tokenizer.maxLength }))).toEqual([
      { id: 'clip_l', width: 24, tokens: 77 }, { id: 'clip_g', width: 32, tokens: 77 }, { id: 't5', width: 64, tokens: 32 },
    ]);
    expect(new Set(textEncoders.streams.map(({ tokenizer }) => tokenizer.hash)).size).toBe(3);
    expect(textEncoders.injection).toEqual({ rule: 'relative-norm', tanh: true, overlap: 'sum' });
    expect(objectiveById(objective).predicts).toBe('flow_prediction');
    expect([vae.shift, vae.scaling, vae.latentChannels, defaultSize]).toEqual([0.0609, 1.5305, 16, { width: 64, height: 64 }]);
    expect(denoiser.plan({ batch: 1, height: 8, width: 8 }).parts?.()).toHaveLength(2);
  });

  it('refuses segments where a model runs as one, with what to do', async () => {
    const refused = 'model: this model runs as one and can\'t be cut into segments, got 2. Set segments to 1';
    await expect(loadBackbone(tiny(), { segments: 2 })).rejects.toThrow(refused);
    await expect(loadTextEncoders(tiny(), { segments: 2 })).rejects.toThrow(refused);
    expect((await loadBackbone(tiny(), { segments: 1 })).denoiser.segments ?? 1).toBe(1);
  });

  it('a model of one stream has none to leave out', async () => {
    await expect(loadBackbone(tiny(), { leaveOut: ['clip_l'] })).rejects.toThrow('model: no text stream of this model can be left out, got clip_l');
  });
});

describe('parts alone', () => {
  it('loads a VAE from a folder with vae/ alone and from that folder itself', async () => {
    expect((await loadVae(partFolder('vae/'))).factor).toBe(8);
    const later = join(REFERENCE, 'modules/vae/sixteen-channels-no-quant-convs');
    // No convolution around the latents: that of a later family.
    expect((await loadVae(nodeModelFolder(later))).family).toBe('sd3');
    expect((await loadVae(partFolder('vae/'))).family).toBe('sd15');
    const itself = await loadVae(nodeModelFolder(join(TINY, 'vae')));
    expect(itself.factor).toBe(8);
    expect(itself.decoderPlan({ batch: 1, height: 1, width: 1 }).build().outputs[0]!.value.type.shape).toEqual([1, 3, 8, 8]);
  });

  it('loads text encoders from a folder with text_encoder/ and tokenizer/, and from one that holds both', async () => {
    expect((await loadTextEncoders(partFolder('text_encoder/', 'tokenizer/'))).streams[0]?.width).toBe(24);
    const encoder = nodeModelFolder(join(TINY, 'text_encoder'));
    await expect(loadTextEncoders(encoder)).rejects.toThrow('must hold vocab.json and merges.txt, or tokenizer.json, got neither. A text encoder needs its tokenizer');
    const files = Object.fromEntries(await Promise.all(['vocab.json', 'tokenizer_config.json', 'special_tokens_map.json'].map(async (name): Promise<[string, FakeFile]> => [name, { json: await tiny().readJson(`tokenizer/${name}`) }])));
    const both = fakeModelFolder({ ...files, 'merges.txt': { text: await tiny().readText('tokenizer/merges.txt') } }, encoder);
    expect((await loadTextEncoders(both)).streams[0]?.tokenizer.hash).toBe((await loadTextEncoders(tiny())).streams[0]?.tokenizer.hash);
  });
});
