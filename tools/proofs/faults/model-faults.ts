import { readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { addTensor, changed, changeJson, changeTensor, RENDER, TRAIN, TRIGGER, writeGraphFile, writePictures, type Fault, type Scene } from './scene.ts';

const UNET = join('unet', 'diffusion_pytorch_model.safetensors');

/** A fault of the model folder, met when a picture is rendered. */
function modelFault(name: string, code: string, says: RegExp, prepare: (scene: Scene) => Promise<void>): Fault {
  return {
    name, code, says, exit: 2,
    async prepare(scene) {
      await prepare(scene);
      return [await writeGraphFile(scene, RENDER)];
    },
  };
}

/** Every value of a tensor becomes NaN. */
function fillNaN(scene: Scene, path: string, name: string): Promise<void> {
  return changeTensor(scene, path, name, { data: (bytes) => { for (let at = 0; at < bytes.length; at += 4) bytes.set([0, 0, 0xc0, 0x7f], at); } });
}

/** Faults of the frozen model's files. */
export const MODEL_FAULTS: readonly Fault[] = [
  modelFault('weights-missing', 'weights.missing', /unet.*must hold diffusion_pytorch_model\.safetensors/, (scene) => rm(join(scene.model, UNET))),
  modelFault('weights-pickle-only', 'weights.format', /Only safetensors is read/, async (scene) => {
    await rm(join(scene.model, UNET));
    await writeFile(join(scene.model, 'unet', 'diffusion_pytorch_model.bin'), 'pickle');
  }),
  modelFault('weights-truncated', 'safetensors.range', /diffusion_pytorch_model\.safetensors/, async (scene) => {
    const path = join(scene.model, UNET);
    await truncate(path, Math.floor((await readFile(path)).length / 2));
  }),
  modelFault('weights-cut-in-the-header', 'safetensors.header-length', /diffusion_pytorch_model\.safetensors/, (scene) => truncate(join(scene.model, UNET), 40)),
  modelFault('weights-empty', 'safetensors.truncated', /diffusion_pytorch_model\.safetensors/, (scene) => truncate(join(scene.model, UNET), 0)),
  modelFault('weights-not-safetensors', 'safetensors.header-length', /diffusion_pytorch_model\.safetensors/, (scene) => writeFile(join(scene.model, UNET), 'this is no weight file at all')),
  modelFault('tensor-missing', 'weights.missing-key', /"conv_in\.weight"/, async (scene) => {
    const path = join(scene.model, UNET);
    const bytes = await readFile(path);
    const at = bytes.indexOf('"conv_in.weight"');
    bytes.write('"conv_xx.weight"', at);
    await writeFile(path, bytes);
  }),
  modelFault('tensor-left-over', 'weights.unused', /"stranger".*without one/, (scene) => addTensor(scene, UNET, 'stranger')),
  modelFault('tensor-of-another-shape', 'weights.shape', /"conv_in\.weight" must have shape/, (scene) => changeTensor(scene, UNET, 'conv_in.weight', { entry: (entry) => ({ ...entry, shape: [...entry.shape].reverse() }) })),
  modelFault('tensor-of-another-type', 'weights.dtype', /"conv_in\.weight" must be float32, float16, bfloat16, got int32/, (scene) => changeTensor(scene, UNET, 'conv_in.weight', { entry: (entry) => ({ ...entry, dtype: 'I32' }) })),
  modelFault('tensor-of-an-unknown-type', 'safetensors.dtype', /F8_MADE_UP/, (scene) => changeTensor(scene, UNET, 'conv_in.weight', { entry: (entry) => ({ ...entry, dtype: 'F8_MADE_UP' }) })),
  modelFault('config-of-another-width', 'weights.shape', /must have shape/, (scene) => changeJson(scene, 'unet/config.json', { block_out_channels: [8, 16, 32] })),
  modelFault('config-with-an-unknown-option', 'config.option', /unet\/config\.json.*time_travel/, (scene) => changeJson(scene, 'unet/config.json', { time_travel: true })),
  modelFault('config-with-an-unknown-value', 'config.option', /act_fn.*"mish"/, (scene) => changeJson(scene, 'unet/config.json', { act_fn: 'mish' })),
  modelFault('config-not-json', 'model.not-json', /unet\/config\.json/, (scene) => writeFile(join(scene.model, 'unet', 'config.json'), '{ "in_channels": 4,')),
  modelFault('scheduler-unknown', 'scheduler.option', /beta_schedule/, (scene) => changeJson(scene, 'scheduler/scheduler_config.json', { beta_schedule: 'made_up' })),
  modelFault('family-unknown', 'backbone.unknown', /FluxPipeline/, (scene) => changeJson(scene, 'model_index.json', { _class_name: 'FluxPipeline' })),
  modelFault('tokenizer-missing', 'tokenizer.missing', /vocab\.json/, (scene) => rm(join(scene.model, 'tokenizer'), { recursive: true })),
  modelFault('model-missing', 'files.missing', /must exist/, (scene) => rm(scene.model, { recursive: true })),
  {
    name: 'model-is-a-file', code: 'model.not-a-folder', says: /must be a folder/, exit: 2,
    async prepare(scene) {
      await rm(scene.model, { recursive: true });
      await writeFile(scene.model, 'no folder');
      return [await writeGraphFile(scene, RENDER)];
    },
  },
  {
    name: 'size-not-a-multiple', code: 'latent.size', says: /width must be a multiple of 8, got 20\. Try 16 or 24/, exit: 2,
    prepare: async (scene) => [await writeGraphFile(scene, changed(RENDER, 'latent', { params: { width: 20 } }))],
  },
  {
    name: 'nan-in-weights', code: 'sample.not-finite', says: /Sample "sample", step 1: latents must be finite/, exit: 1,
    async prepare(scene) {
      await fillNaN(scene, UNET, 'conv_in.bias');
      return [await writeGraphFile(scene, RENDER)];
    },
  },
  {
    name: 'nan-in-the-loss', code: 'train.not-finite', says: /Train "train", step 1: the loss must be finite/, exit: 1,
    async prepare(scene) {
      await fillNaN(scene, UNET, 'conv_in.bias');
      await writePictures(scene, `a photo of ${TRIGGER}`);
      return [await writeGraphFile(scene, TRAIN)];
    },
  },
  {
    name: 'folder-without-a-model', code: 'backbone.unknown', says: /must hold the backbone of a known family/, exit: 2,
    async prepare(scene) {
      await rm(scene.model, { recursive: true });
      return [await writeGraphFile(scene, changed(RENDER, 'backbone', { params: { folder: '.' } }))];
    },
  },
];
