import { inputError } from '../../../contract/errors.ts';
import { printable } from '../../core/printable.ts';
import type { BackbonePart, ModelFolder } from '../backbone.ts';
import { readObject } from '../config-reader.ts';

/** Pipelines that are made of this family's parts. The inpainting one is told from its U-Net, so that its refusal can say why. */
export const PIPELINES = ['StableDiffusionPipeline', 'StableDiffusionImg2ImgPipeline', 'StableDiffusionInpaintPipeline'];

/** What marks one part of a model: its folder's name and one entry of its config.json. */
interface PartMark {
  readonly directory: string;
  readonly key: string;
  readonly value: string;
}

export const UNET_PART: PartMark = { directory: 'unet/', key: '_class_name', value: 'UNet2DConditionModel' };
export const VAE_PART: PartMark = { directory: 'vae/', key: '_class_name', value: 'AutoencoderKL' };
export const TEXT_PART: PartMark = { directory: 'text_encoder/', key: 'model_type', value: 'clip_text_model' };

const MARKS: Readonly<Record<BackbonePart, PartMark>> = { backbone: UNET_PART, 'text encoders': TEXT_PART, vae: VAE_PART };

/** Whether a folder holds a part of this family: by its `model_index.json` when it has one, else by the part's own config. */
export async function holdsPart(folder: ModelFolder, part: BackbonePart): Promise<boolean> {
  if (await folder.has('model_index.json')) {
    const { _class_name: pipeline } = await readObject(folder, 'model_index.json');
    return PIPELINES.includes(String(pipeline));
  }
  const directory = await findPart(folder, MARKS[part]);
  if (directory === undefined) return false;
  // A U-Net alone is no backbone: only a whole model may be loaded as one.
  if (part === 'backbone') return directory !== '';
  // The autoencoders of later families are of the same class, but dropped the convolution around the latents.
  return part !== 'vae' || (await readObject(folder, `${directory}config.json`))['use_quant_conv'] !== false;
}

/** The directory of a part below the folder, '' when the folder is the part itself. @throws AppError when the part isn't there or is of another class. */
export async function requirePart(folder: ModelFolder, mark: PartMark): Promise<string> {
  const directory = await findPart(folder, mark);
  if (directory !== undefined) return directory;
  const path = `${mark.directory}config.json`;
  const where = `${folder.label}/${path}`;
  if (!(await folder.has(path))) throw inputError('model.part', where, 'must be in the model folder', { got: 'no such file' });
  const config = await readObject(folder, path);
  throw inputError('config.option', where, `${mark.key} must be "${mark.value}"`, { got: printable(config[mark.key]), path: mark.key });
}

async function findPart(folder: ModelFolder, mark: PartMark): Promise<string | undefined> {
  for (const directory of [mark.directory, '']) {
    const path = `${directory}config.json`;
    if ((await folder.has(path)) && (await readObject(folder, path))[mark.key] === mark.value) return directory;
  }
  return undefined;
}
