import { inputError } from '../../../contract/errors.ts';
import { printable } from '../../core/printable.ts';
import type { Backbone, BackboneFamily, LoadOptions, ModelFolder, TextEncoders, Vae } from '../backbone.ts';
import { readObject } from '../config-reader.ts';
import { loadAutoencoderKl } from '../modules/autoencoder-kl/vae.ts';
import { holdsPart, PIPELINES } from './folder.ts';
import { FAMILY } from './names.ts';
import { loadTextEncoders } from './text/text-encoders.ts';
import { loadUnet, type LoadedUnet } from './unet/denoiser.ts';

/** Training objectives by the scheduler's `prediction_type`: the U-Net must be trained towards what it was made to predict. */
const OBJECTIVES: Readonly<Record<string, string>> = { epsilon: 'ddpm-epsilon', v_prediction: 'ddpm-v-prediction' };

/** Latents' side where `sample_size` isn't given: that of Stable Diffusion 1. */
const DEFAULT_SAMPLE_SIZE = 64;

/** Stable Diffusion 1.x, and what differs from it in its configs alone (2.x). */
export const sd15: BackboneFamily = {
  id: FAMILY,
  title: 'Stable Diffusion 1.5',
  pipelines: PIPELINES,
  detect: holdsPart,
  load,
  async loadTextEncoders(folder, options = {}) {
    checkSegments(folder, options);
    return loadTextEncoders(folder, options);
  },
  loadVae: (folder) => loadAutoencoderKl(folder, FAMILY),
};

async function load(folder: ModelFolder, options: LoadOptions = {}): Promise<Backbone> {
  checkSegments(folder, options);
  const unet = await loadUnet(folder);
  const vae = await loadAutoencoderKl(folder, FAMILY);
  const textEncoders = await loadTextEncoders(folder, options);
  checkParts(unet, vae, textEncoders);
  const schedulerConfig = await readSchedulerConfig(folder);
  const [stream] = textEncoders.streams;
  return {
    family: FAMILY,
    label: folder.label,
    textEncoders,
    denoiser: unet.denoiser(stream!.tokenizer.maxLength),
    vae,
    schedulerConfig,
    objective: objectiveOf(schedulerConfig, `${folder.label}/${SCHEDULER_CONFIG}`),
    defaultSize: defaultSize(unet.config.sample_size, await isEarly(folder), vae.factor),
  };
}

/** Neither the U-Net nor the text encoder says where its graph may be cut (`Graph.cuts`): a wish for segments must not pass as granted. @throws AppError for more than one. */
function checkSegments({ label }: ModelFolder, { segments = 1 }: LoadOptions): void {
  if (segments > 1) throw inputError('model.segments', label, 'this model runs as one and can\'t be cut into segments', { got: String(segments), hint: 'Set segments to 1' });
}

/** The parts must speak the same latents and text states. */
function checkParts({ config, where }: LoadedUnet, vae: Vae, { streams }: TextEncoders): void {
  for (const key of ['in_channels', 'out_channels'] as const) {
    if (config[key] === vae.latentChannels) continue;
    throw inputError('model.channels', where, `${key} must be ${vae.latentChannels}, the VAE's latent channels`, {
      got: String(config[key]),
      path: key,
      ...(config[key] > vae.latentChannels ? { hint: 'A U-Net for inpainting or depth reads more than latents, which is not supported: use a text-to-image model' } : {}),
    });
  }
  const width = streams[0]?.width;
  if (config.cross_attention_dim === width) return;
  throw inputError('model.width', where, `cross_attention_dim must be ${width}, the text encoder's hidden_size`, { got: String(config.cross_attention_dim), path: 'cross_attention_dim' });
}

const SCHEDULER_CONFIG = 'scheduler/scheduler_config.json';

/**
 * The scheduler's config, with the two values that diffusers' StableDiffusionPipeline puts into every one it gets: early folders lack them,
 * and the schedulers' own defaults are those of pixel-space models.
 */
async function readSchedulerConfig(folder: ModelFolder): Promise<Readonly<Record<string, unknown>>> {
  return { ...(await readObject(folder, SCHEDULER_CONFIG)), steps_offset: 1, clip_sample: false };
}

function objectiveOf({ prediction_type: type = 'epsilon' }: Readonly<Record<string, unknown>>, where: string): string {
  const objective = typeof type === 'string' && Object.hasOwn(OBJECTIVES, type) ? OBJECTIVES[type] : undefined;
  if (objective !== undefined) return objective;
  throw inputError('config.option', where, `prediction_type must be ${Object.keys(OBJECTIVES).join(' or ')}`, { got: printable(type), path: 'prediction_type' });
}

/** Whether the U-Net's config was written before diffusers 0.9, which put a wrong `sample_size` of 32 into SD1's folders. */
async function isEarly(folder: ModelFolder): Promise<boolean> {
  const { _diffusers_version: version } = await readObject(folder, 'unet/config.json');
  return typeof version === 'string' && /^0\.[0-8]\./.test(version);
}

function defaultSize(sampleSize: number | readonly [number, number] | null, early: boolean, factor: number): { width: number; height: number } {
  const stated = sampleSize ?? DEFAULT_SAMPLE_SIZE;
  const [height, width] = typeof stated === 'number' ? [stated, stated] : stated;
  const corrected = (size: number): number => (early && typeof stated === 'number' ? Math.max(size, DEFAULT_SAMPLE_SIZE) : size) * factor;
  return { width: corrected(width), height: corrected(height) };
}
