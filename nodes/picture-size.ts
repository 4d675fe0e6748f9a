import { inputError } from '../src/contract/errors.ts';
import type { Backbone } from '../src/main/backbones/backbone.ts';

/**
 * Checks a picture's size in pixels against what the backbone's VAE and denoiser can do.
 * @param code Of the error.
 * @throws AppError naming the side, with the nearest sizes that are possible.
 */
export function checkPictureSize({ vae, denoiser: { latentSides } }: Pick<Backbone, 'vae' | 'denoiser'>, size: { readonly width: number; readonly height: number }, where: string, code: string): void {
  const multiple = vae.factor * (latentSides?.multipleOf ?? 1);
  const most = latentSides?.atMost === undefined ? Number.POSITIVE_INFINITY : vae.factor * latentSides.atMost;
  for (const name of ['width', 'height'] as const) {
    const side = size[name];
    if (side > 0 && side % multiple === 0 && side <= most) continue;
    const below = Math.max(multiple, Math.floor(Math.min(side, most) / multiple) * multiple);
    const rule = most === Number.POSITIVE_INFINITY ? `${name} must be a multiple of ${multiple}` : `${name} must be a multiple of ${multiple}, at most ${most}`;
    throw inputError(code, where, rule, { got: String(side), hint: below + multiple <= most ? `Try ${below} or ${below + multiple}.` : `Try ${below}.`, port: name });
  }
}
