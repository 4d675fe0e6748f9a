import { inputError } from '../../src/contract/errors.ts';
import { defineNode, port } from '../define.ts';
import { checkPictureSize } from '../picture-size.ts';

export const emptyLatentNode = defineNode({
  type: 'EmptyLatent',
  version: 1,
  category: 'sampling',
  title: 'Empty Latent',
  doc: 'A place for images of one size, one per seed. The noise is drawn from each seed as torch draws it on the CPU.',
  inputs: { backbone: port('Backbone', 'Whose latents they are: channels and pixels per latent.') },
  params: {
    width: { kind: 'integer', min: 0, max: 8192, default: 0, doc: 'Image width in pixels, a multiple of what one latent stands for, and of the patches that transformers cut latents into; 0 is the width that the model was made for.' },
    height: { kind: 'integer', min: 0, max: 8192, default: 0, doc: 'Image height in pixels, a multiple of what one latent stands for, and of the patches that transformers cut latents into; 0 is the height that the model was made for.' },
    seeds: { kind: 'integer-list', min: 0, max: Number.MAX_SAFE_INTEGER, default: [42], seeds: true, doc: 'One image per seed (and per prompt).' },
  },
  outputs: { latents: port('Latents', 'Latents still to be drawn.') },
  run({ inputs, params, context }) {
    const { vae, defaultSize } = inputs.backbone;
    const [width, height] = [params.width === 0 ? defaultSize.width : params.width, params.height === 0 ? defaultSize.height : params.height];
    checkPictureSize(inputs.backbone, { width, height }, context.where, 'latent.size');
    if (params.seeds.length === 0) throw inputError('latent.no-seeds', context.where, 'seeds must hold at least one seed', { port: 'seeds' });
    return Promise.resolve({
      latents: {
        channels: vae.latentChannels, height: height / vae.factor, width: width / vae.factor,
        items: params.seeds.map((seed) => ({ label: `seed ${seed}`, prompt: '', seed, data: undefined })),
      },
    });
  },
});
