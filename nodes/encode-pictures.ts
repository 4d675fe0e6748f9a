import { cancelledError, inputError, runError } from '../src/contract/errors.ts';
import type { RunContext } from '../src/contract/node.ts';
import type { Vae } from '../src/main/backbones/backbone.ts';
import { floatTensor } from '../src/main/core/ir/tensor.ts';
import { pixelsToPlanes } from './pixels.ts';
import type { NodeServices } from './services.ts';
import type { Picture } from './values.ts';
import { withSession } from './with-session.ts';

/** What the VAE's encoder says of one picture: the mean and the log variance of its latents, [C, h, w], unscaled. */
export interface Moments {
  readonly mean: Float32Array;
  readonly logvar: Float32Array;
}

/**
 * Encodes pictures of one size, one at a time, so that a picture's latents never depend on its neighbours.
 * @throws AppError when there is no picture, or a size isn't a multiple of the VAE factor or differs from the first.
 */
export async function encodePictures(vae: Vae, pictures: readonly Picture[], context: RunContext<NodeServices>): Promise<Moments[]> {
  const [first] = pictures;
  if (first === undefined) throw inputError('vae.no-pictures', context.where, 'must get at least one picture');
  const { width, height } = first;
  if (width % vae.factor !== 0 || height % vae.factor !== 0) {
    throw inputError('vae.size', context.where, `width and height must be multiples of ${vae.factor}`, { got: `${width}x${height}` });
  }
  return withSession(context.services.sessions, vae.encoderPlan({ batch: 1, height, width }), async (session) => {
    const moments: Moments[] = [];
    for (const picture of pictures) {
      if (context.signal.aborted) throw cancelledError(context.where);
      if (picture.width !== width || picture.height !== height) {
        throw inputError('vae.mixed-sizes', context.where, 'all pictures must have one size', { got: `${width}x${height} and ${picture.width}x${picture.height}` });
      }
      const { mean, logvar } = await session.run({ image: floatTensor(pixelsToPlanes(picture.pixels, width, height), [1, 3, height, width]) });
      if (mean === undefined || logvar === undefined) throw runError('vae.no-moments', context.where, 'the encoder must give "mean" and "logvar"');
      moments.push({ mean: mean.data as Float32Array, logvar: logvar.data as Float32Array });
    }
    return moments;
  });
}
