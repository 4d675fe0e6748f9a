import { defineNode, port } from '../define.ts';
import { encodePictures } from '../encode-pictures.ts';
import type { Picture } from '../values.ts';

export const vaeEncodeNode = defineNode({
  type: 'VAEEncode',
  version: 1,
  category: 'image',
  title: 'VAE Encode',
  doc: 'Turns images into latents: the mean of the encoder\'s distribution. All images must have one size.',
  usesDevice: true,
  inputs: {
    vae: port('VAE', 'The encoder.'),
    image: port('Image', 'The images.'),
  },
  params: {},
  outputs: { latents: port('Latents', 'Their latents.') },
  async run({ inputs: { vae, image }, context }) {
    const moments = await encodePictures(vae, image.pictures, context);
    const { width, height } = image.pictures[0] as Picture;
    const items = moments.map(({ mean }, index) => {
      const { label, prompt, seed } = image.pictures[index] as Picture;
      return { label, prompt, seed: seed ?? 0, data: mean.map((value) => (value - vae.shift) * vae.scaling) };
    });
    return { latents: { channels: vae.latentChannels, height: height / vae.factor, width: width / vae.factor, items } };
  },
});
