import type { BackbonePart, ModelFolder } from '../backbone.ts';
import { readObject } from '../config-reader.ts';
import { VAE_PART } from '../modules/autoencoder-kl/vae.ts';
import { findPart, pipelineOf, type PartMark } from '../part.ts';

/** Pipelines that are made of this family's parts; what some have beside them (a ControlNet) is left alone. The inpainting ones are told from their U-Net, so that its refusal can say why. */
export const PIPELINES = [
  'StableDiffusionPipeline', 'StableDiffusionImg2ImgPipeline', 'StableDiffusionInpaintPipeline', 'StableDiffusionPAGPipeline', 'StableDiffusionPAGImg2ImgPipeline', 'StableDiffusionPAGInpaintPipeline',
  'StableDiffusionControlNetPipeline', 'StableDiffusionControlNetImg2ImgPipeline', 'StableDiffusionControlNetInpaintPipeline',
];

export const UNET_PART: PartMark = { directory: 'unet/', key: '_class_name', value: 'UNet2DConditionModel' };
export const TEXT_PART: PartMark = { directory: 'text_encoder/', key: 'model_type', value: 'clip_text_model' };

const MARKS: Readonly<Record<BackbonePart, PartMark>> = { backbone: UNET_PART, 'text encoders': TEXT_PART, vae: VAE_PART };

/** Whether a folder holds a part of this family: by its `model_index.json` when it has one, else by the part's own config. */
export async function holdsPart(folder: ModelFolder, part: BackbonePart): Promise<boolean> {
  const pipeline = await pipelineOf(folder);
  if (pipeline !== undefined) return PIPELINES.includes(pipeline);
  const directory = await findPart(folder, MARKS[part]);
  if (directory === undefined) return false;
  // A U-Net alone is no backbone: only a whole model may be loaded as one.
  if (part === 'backbone') return directory !== '';
  const config = await readObject(folder, `${directory}config.json`);
  // Later families use CLIP's text model with its projection, and several encoders beside one another.
  if (part === 'text encoders') return !String(config['architectures']).includes('WithProjection');
  // The autoencoders of later families are of the same class, but dropped the convolution around the latents.
  return config['use_quant_conv'] !== false;
}
