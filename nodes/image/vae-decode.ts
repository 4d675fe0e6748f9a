import { floatTensor, elementCount } from '../../src/main/core/ir/tensor.ts';
import { runError, cancelledError, inputError } from '../../src/contract/errors.ts';
import { defineNode, port } from '../define.ts';
import { planesToPixels } from '../pixels.ts';
import type { Picture } from '../values.ts';

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
  async run({ inputs, context }) {
    const { vae, latents } = inputs;
    if (latents.channels !== vae.latentChannels) throw inputError('vae.channels', context.where, `latents must have ${vae.latentChannels} channels`, { got: String(latents.channels) });
    const shape = { batch: 1, height: latents.height, width: latents.width };
    const session = await context.services.sessions.acquire(vae.decoderPlan(shape));
    const pictures: Picture[] = [];
    for (const [index, item] of latents.items.entries()) {
      if (context.signal.aborted) throw cancelledError(context.where);
      if (item.data === undefined) throw inputError('vae.empty-latents', context.where, 'latents must have been sampled or encoded', { got: 'an empty latent', hint: 'Put a Sample node between Empty Latent and VAE Decode.' });
      const dims = [1, latents.channels, latents.height, latents.width];
      const scaled = item.data.map((value) => value / vae.scaling + vae.shift);
      const { image } = await session.run({ latents: floatTensor(scaled.subarray(0, elementCount(dims)), dims) });
      if (image === undefined) throw runError('vae.no-image', context.where, 'the decoder must give "image"');
      const [width, height] = [latents.width * vae.factor, latents.height * vae.factor];
      pictures.push({ width, height, pixels: planesToPixels(image.data as Float32Array, width, height), label: item.label, prompt: item.prompt, seed: item.seed });
      context.progress({ done: index + 1, total: latents.items.length });
    }
    return { image: { pictures } };
  },
});
