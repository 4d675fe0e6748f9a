import { cancelledError, inputError, runError } from '../../src/contract/errors.ts';
import { floatTensor } from '../../src/main/core/ir/tensor.ts';
import { defineNode, port } from '../define.ts';
import { pixelsToPlanes } from '../pixels.ts';
import type { LatentBatch } from '../values.ts';

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
  async run({ inputs, context }) {
    const { vae } = inputs;
    const { pictures } = inputs.image;
    const [first] = pictures;
    if (first === undefined) throw inputError('vae.no-pictures', context.where, 'must get at least one picture');
    const { width, height } = first;
    if (width % vae.factor !== 0 || height % vae.factor !== 0) throw inputError('vae.size', context.where, `width and height must be multiples of ${vae.factor}`, { got: `${width}x${height}` });
    const session = await context.services.sessions.acquire(vae.encoderPlan({ batch: 1, height, width }));
    const items: LatentBatch['items'][number][] = [];
    for (const [index, picture] of pictures.entries()) {
      if (context.signal.aborted) throw cancelledError(context.where);
      if (picture.width !== width || picture.height !== height) throw inputError('vae.mixed-sizes', context.where, 'all pictures must have one size', { got: `${width}x${height} and ${picture.width}x${picture.height}` });
      const { mean } = await session.run({ image: floatTensor(pixelsToPlanes(picture.pixels, width, height), [1, 3, height, width]) });
      if (mean === undefined) throw runError('vae.no-mean', context.where, 'the encoder must give "mean"');
      const data = (mean.data as Float32Array).map((value) => (value - vae.shift) * vae.scaling);
      items.push({ label: picture.label, prompt: picture.prompt, seed: picture.seed ?? 0, data });
      context.progress({ done: index + 1, total: pictures.length });
    }
    return { latents: { channels: vae.latentChannels, height: height / vae.factor, width: width / vae.factor, items } };
  },
});
