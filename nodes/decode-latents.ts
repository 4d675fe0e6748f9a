import { inputError, runError } from '../src/contract/errors.ts';
import type { Vae } from '../src/main/backbones/backbone.ts';
import { floatTensor } from '../src/main/core/ir/tensor.ts';
import type { Session } from '../src/main/core/session.ts';
import { planesToPixels } from './pixels.ts';
import type { LatentBatch, Picture } from './values.ts';

/** What the decoder takes: latents / scaling + shift, as diffusers' pipelines do. */
export function unscaledLatents(vae: Vae, latents: Float32Array): Float32Array {
  return latents.map((value) => Math.fround(value / vae.scaling) + vae.shift);
}

/**
 * Decodes one item of a batch: image = decoder({@link unscaledLatents}).
 * @param session The VAE's decoder for one image of the batch's size.
 * @throws AppError `vae.empty-latents` for latents that are still to be drawn.
 */
export async function decodeItem(session: Session, vae: Vae, batch: LatentBatch, item: LatentBatch['items'][number], where: string): Promise<Picture> {
  if (item.data === undefined) {
    throw inputError('vae.empty-latents', where, 'latents must have been sampled or encoded', { got: 'an empty latent', hint: 'Put a Sample node between Empty Latent and VAE Decode.' });
  }
  const { image } = await session.run({ latents: floatTensor(unscaledLatents(vae, item.data), [1, batch.channels, batch.height, batch.width]) });
  if (image === undefined) throw runError('vae.no-image', where, 'the decoder must give "image"');
  const [width, height] = [batch.width * vae.factor, batch.height * vae.factor];
  return { width, height, pixels: planesToPixels(image.data as Float32Array, width, height), label: item.label, prompt: item.prompt, seed: item.seed };
}
