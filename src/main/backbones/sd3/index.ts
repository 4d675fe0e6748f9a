import { inputError } from '../../../contract/errors.ts';
import type { Backbone, BackboneFamily, LoadOptions, ModelFolder, TextEncoders, Vae } from '../backbone.ts';
import { readObject } from '../config-reader.ts';
import { loadAutoencoderKl } from '../modules/autoencoder-kl/vae.ts';
import { holdsPart, PIPELINES } from './folder.ts';
import { CLIP_G, CLIP_L, FAMILY, T5 } from './names.ts';
import { T5_TOKENS } from './text/t5-stream.ts';
import { loadTextEncoders } from './text/text-encoders.ts';
import { loadTransformer, type LoadedTransformer } from './transformer/denoiser.ts';

/** Rectified flow: the velocity noise - latents (Esser et al. 2024; paper 2.6). */
const OBJECTIVE = 'rectified-flow';

const SCHEDULER_CONFIG = 'scheduler/scheduler_config.json';

/** Stable Diffusion 3 and 3.5, medium and large: their configs alone tell them apart. */
export const sd3: BackboneFamily = {
  id: FAMILY,
  title: 'Stable Diffusion 3',
  pipelines: PIPELINES,
  detect: holdsPart,
  load,
  loadTextEncoders,
  loadVae: (folder) => loadAutoencoderKl(folder, FAMILY),
};

async function load(folder: ModelFolder, options: LoadOptions = {}): Promise<Backbone> {
  const transformer = await loadTransformer(folder);
  const vae = await loadAutoencoderKl(folder, FAMILY);
  const textEncoders = await loadTextEncoders(folder, options);
  checkParts(transformer, vae, textEncoders);
  const { sample_size: sampleSize } = transformer.config;
  const side = sampleSize * vae.factor;
  return {
    family: FAMILY,
    label: folder.label,
    textEncoders,
    denoiser: transformer.denoiser({ streams: textEncoders.streams, absentTokens: T5_TOKENS }, options.segments ?? 1),
    vae,
    schedulerConfig: await readObject(folder, SCHEDULER_CONFIG),
    objective: OBJECTIVE,
    defaultSize: { width: side, height: side },
  };
}

/** The parts must speak the same latents and text states. */
function checkParts({ config, where }: LoadedTransformer, vae: Vae, { streams, pooledWidth }: TextEncoders & { readonly pooledWidth: number }): void {
  const demand = (key: string, got: number, fits: boolean, rule: string): void => {
    if (!fits) throw inputError('model.width', where, `${key} must be ${rule}`, { got: String(got), path: key });
  };
  const channels = vae.latentChannels;
  demand('in_channels', config.in_channels, config.in_channels === channels, `${channels}, the VAE's latent channels`);
  const out = config.out_channels ?? config.in_channels;
  demand('out_channels', out, out === channels, `${channels}, the VAE's latent channels`);
  demand('pooled_projection_dim', config.pooled_projection_dim, config.pooled_projection_dim === pooledWidth, `${pooledWidth}, the sum of both CLIP encoders' projection_dim`);
  const widthOf = (id: string): number | undefined => streams.find((stream) => stream.id === id)?.width;
  const clip = (widthOf(CLIP_L) ?? 0) + (widthOf(CLIP_G) ?? 0);
  const joint = config.joint_attention_dim;
  demand('joint_attention_dim', joint, joint >= clip, `at least ${clip}, the sum of both CLIP encoders' hidden_size`);
  const t5 = widthOf(T5);
  demand('joint_attention_dim', joint, t5 === undefined || joint === t5, `${String(t5)}, T5's d_model`);
}
