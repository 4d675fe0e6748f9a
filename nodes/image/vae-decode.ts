import { cancelledError, inputError, runError } from '../../src/contract/errors.ts';
import type { Vae } from '../../src/main/backbones/backbone.ts';
import { floatTensor } from '../../src/main/core/ir/tensor.ts';
import type { Session } from '../../src/main/core/session.ts';
import { defineNode, port } from '../define.ts';
import { planesToPixels } from '../pixels.ts';
import type { LatentBatch, Picture } from '../values.ts';
import { withSession } from '../with-session.ts';

/** Decodes one item: image = decoder(latents / scaling + shift), as diffusers' pipelines do. */
async function decodeItem(session: Session, vae: Vae, batch: LatentBatch, item: LatentBatch['items'][number], where: string): Promise<Picture> {
  if (item.data === undefined) {
    throw inputError('vae.empty-latents', where, 'latents must have been sampled or encoded', { got: 'an empty latent', hint: 'Put a Sample node between Empty Latent and VAE Decode.' });
  }
  const unscaled = item.data.map((value) => Math.fround(value / vae.scaling) + vae.shift);
  const { image } = await session.run({ latents: floatTensor(unscaled, [1, batch.channels, batch.height, batch.width]) });
  if (image === undefined) throw runError('vae.no-image', where, 'the decoder must give "image"');
  const [width, height] = [batch.width * vae.factor, batch.height * vae.factor];
  return { width, height, pixels: planesToPixels(image.data as Float32Array, width, height), label: item.label, prompt: item.prompt, seed: item.seed };
}

export const vaeDecodeNode = defineNode({
  type: 'VAEDecode',
  version: 1,
  category: 'image',
  title: 'VAE Decode',
  doc: 'Turns latents into images, one at a time, so that an image never depends on its neighbours.',
  usesDevice: true,
  inputs: {
    vae: port('VAE', 'The decoder.'),
    latents: port('Latents', 'Sampled latents.'),
  },
  params: {},
  outputs: { image: port('Image', 'The images.') },
  async run({ inputs: { vae, latents }, context }) {
    if (latents.channels !== vae.latentChannels) {
      throw inputError('vae.channels', context.where, `latents must have ${vae.latentChannels} channels`, { got: String(latents.channels), hint: 'Use the VAE of the backbone that sampled them.' });
    }
    const plan = vae.decoderPlan({ batch: 1, height: latents.height, width: latents.width });
    const pictures = await withSession(context.services.sessions, plan, async (session) => {
      const decoded: Picture[] = [];
      for (const item of latents.items) {
        if (context.signal.aborted) throw cancelledError(context.where);
        decoded.push(await decodeItem(session, vae, latents, item, context.where));
        context.progress({ done: decoded.length, total: latents.items.length });
      }
      return decoded;
    });
    return { image: { pictures } };
  },
});
