import type { BackbonePart, ModelFolder } from '../backbone.ts';
import { readObject } from '../config-reader.ts';
import { VAE_PART } from '../modules/autoencoder-kl/vae.ts';
import { findPart, partClassOf, pipelineOf, type PartMark } from '../part.ts';

/** Pipelines that are made of this family's parts; what some have beside them (a ControlNet) is left alone. The inpainting ones are told from the transformer's channels. */
export const PIPELINES = [
  'StableDiffusion3Pipeline', 'StableDiffusion3Img2ImgPipeline', 'StableDiffusion3InpaintPipeline', 'StableDiffusion3PAGPipeline', 'StableDiffusion3PAGImg2ImgPipeline',
  'StableDiffusion3ControlNetPipeline', 'StableDiffusion3ControlNetInpaintingPipeline',
];

export const TRANSFORMER_PART: PartMark = { directory: 'transformer/', key: '_class_name', value: 'SD3Transformer2DModel' };
/** The three text encoders; each needs its own directory, because only together they make what the transformer reads. */
export const CLIP_L_PART: PartMark = { directory: 'text_encoder/', key: 'model_type', value: 'clip_text_model' };
export const CLIP_G_PART: PartMark = { directory: 'text_encoder_2/', key: 'model_type', value: 'clip_text_model' };
export const T5_PART: PartMark = {
  directory: 'text_encoder_3/', key: 'model_type', value: 't5', hint: 'Download the model\'s text_encoder_3 and tokenizer_3 folders, or load it without T5 (leaveOut ["t5"])',
};

const MARKS: Readonly<Record<BackbonePart, PartMark>> = { backbone: TRANSFORMER_PART, 'text encoders': CLIP_G_PART, vae: VAE_PART };

/** Whether a folder holds a part of this family: by its `model_index.json` when it has one, else by the part's own config. */
export async function holdsPart(folder: ModelFolder, part: BackbonePart): Promise<boolean> {
  const pipeline = await pipelineOf(folder);
  if (pipeline !== undefined) return PIPELINES.includes(pipeline);
  const directory = await findPart(folder, MARKS[part]);
  if (directory === undefined) return false;
  if (part !== 'vae') return directory !== '';
  // The autoencoders of earlier families are of the same class, with a convolution around the latents.
  return (await readObject(folder, `${directory}config.json`))['use_quant_conv'] === false;
}

/** Whether a model is one with T5: that is there, or `model_index.json` names it, or something else lies in its place and nothing says that the model is without. */
export async function namesT5(folder: ModelFolder): Promise<boolean> {
  if ((await findPart(folder, T5_PART)) !== undefined) return true;
  const named = await partClassOf(folder, T5_PART.directory.slice(0, -1));
  return named === undefined ? folder.has(`${T5_PART.directory}config.json`) : named !== null;
}
