import { cancelledError, inputError } from '../../src/contract/errors.ts';
import { decodeItem } from '../decode-latents.ts';
import { defineNode, port } from '../define.ts';
import type { Picture } from '../values.ts';
import { withSession } from '../with-session.ts';

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
