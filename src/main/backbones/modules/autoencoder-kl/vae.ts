import { inputError } from '../../../../contract/errors.ts';
import type { SessionRequest } from '../../../core/session.ts';
import type { ModelFolder, Vae } from '../../backbone.ts';
import { ModuleScope } from '../../module-scope.ts';
import { openPart, type PartMark } from '../../part.ts';
import { checkWeights, planGraph } from '../../plan.ts';
import { DIFFUSERS_WEIGHTS } from '../../weight-files.ts';
import type { WeightSource } from '../../weights.ts';
import { checkVaeConfig, VAE_CONFIG, type VaeConfig } from './config.ts';
import { buildVaeDecoder } from './decoder.ts';
import { buildVaeEncoder } from './encoder.ts';
import { vaeKeySpellings } from './mid-block.ts';

type PictureShape = Parameters<Vae['encoderPlan']>[0];

export const VAE_PART: PartMark = { directory: 'vae/', key: '_class_name', value: 'AutoencoderKL' };

/**
 * Loads the AutoencoderKL of a model folder, of a folder with `vae/` alone, or of that folder itself.
 * @param family Id of the backbone family that loads it.
 * @throws AppError for a config or weights that don't fit.
 */
export async function loadAutoencoderKl(folder: ModelFolder, family: string): Promise<Vae> {
  const part = await openPart(folder, VAE_PART, VAE_CONFIG);
  checkVaeConfig(part.config, part.where);
  const weights = await part.weights(DIFFUSERS_WEIGHTS, { spellings: vaeKeySpellings });
  const vae = new AutoencoderKl(family, folder.label, await part.fingerprint(), part.config, weights);
  checkWeights(weights, [vae.encoderPlan({ batch: 1, height: vae.factor, width: vae.factor }), vae.decoderPlan({ batch: 1, height: 1, width: 1 })]);
  return vae;
}

class AutoencoderKl implements Vae {
  readonly latentChannels: number;
  readonly factor: number;
  readonly scaling: number;
  readonly shift: number;

  constructor(readonly family: string, readonly label: string, readonly fingerprint: string, private readonly config: VaeConfig, private readonly weights: WeightSource) {
    this.latentChannels = config.latent_channels;
    this.factor = 2 ** (config.block_out_channels.length - 1);
    this.scaling = config.scaling_factor;
    this.shift = config.shift_factor ?? 0;
  }

  encoderPlan(shape: PictureShape): SessionRequest {
    this.check('image', shape, this.factor);
    const { batch, height, width } = shape;
    return planGraph(`${this.family}/vae/encoder`, this.fingerprint, { batch, height, width }, (builder) => {
      const image = builder.input('image', 'float32', [batch, this.config.in_channels, height, width]);
      const { mean, logvar } = buildVaeEncoder(new ModuleScope(builder, this.weights), this.config, image);
      builder.output('mean', mean);
      builder.output('logvar', logvar);
    });
  }

  decoderPlan(shape: PictureShape): SessionRequest {
    this.check('latents', shape, 1);
    const { batch, height, width } = shape;
    return planGraph(`${this.family}/vae/decoder`, this.fingerprint, { batch, height, width }, (builder) => {
      const latents = builder.input('latents', 'float32', [batch, this.latentChannels, height, width]);
      builder.output('image', buildVaeDecoder(new ModuleScope(builder, this.weights), this.config, latents));
    });
  }

  private check(what: string, { batch, height, width }: PictureShape, multiple: number): void {
    const rules = { batch: [batch, 1], height: [height, multiple], width: [width, multiple] } as const;
    for (const [name, [value, step]] of Object.entries(rules)) {
      if (Number.isInteger(value) && value >= step && value % step === 0) continue;
      const rule = step === 1 ? 'a whole number of at least 1' : `a multiple of ${step}, the pixels per latent`;
      throw inputError('vae.shape', `VAE "${this.label}"`, `${what} ${name} must be ${rule}`, { got: String(value) });
    }
  }
}
