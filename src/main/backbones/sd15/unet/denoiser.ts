import { inputError } from '../../../../contract/errors.ts';
import type { GraphBuilder } from '../../../core/ir/builder.ts';
import type { Denoiser, DenoiserShape, DenoiserValues, ModelFolder } from '../../backbone.ts';
import { ModuleScope } from '../../module-scope.ts';
import { openPart } from '../../part.ts';
import { checkWeights, planGraph } from '../../plan.ts';
import { DIFFUSERS_WEIGHTS } from '../../weight-files.ts';
import type { WeightSource } from '../../weights.ts';
import { UNET_PART } from '../folder.ts';
import { FAMILY, STREAM } from '../names.ts';
import { UNET_CONFIG, unetLevels, type UnetConfig, type UnetLevel } from './config.ts';
import { buildUnet } from './unet.ts';

export interface LoadedUnet {
  readonly config: UnetConfig;
  /** The config file, for messages. */
  readonly where: string;
  /** @param tokens Length of the text states. */
  denoiser(tokens: number): Denoiser;
}

/** Reads the U-Net's config and weight headers; {@link LoadedUnet.denoiser} checks them against each other. */
export async function loadUnet(folder: ModelFolder): Promise<LoadedUnet> {
  const part = await openPart(folder, UNET_PART, UNET_CONFIG);
  const { config, where } = part;
  const levels = unetLevels(config, where);
  const weights = await part.weights(DIFFUSERS_WEIGHTS);
  const fingerprint = await part.fingerprint();
  return {
    config,
    where,
    denoiser: (tokens) => {
      const denoiser = new Sd15Denoiser(fingerprint, config, levels, weights, tokens);
      checkWeights(weights, [denoiser.plan({ batch: 1, height: 8, width: 8 })]);
      return denoiser;
    },
  };
}

class Sd15Denoiser implements Denoiser {
  readonly family = FAMILY;
  readonly textInputs: Denoiser['textInputs'];

  constructor(
    readonly fingerprint: string,
    private readonly config: UnetConfig,
    private readonly levels: readonly UnetLevel[],
    private readonly weights: WeightSource,
    private readonly tokens: number,
  ) {
    this.textInputs = { [`states.${STREAM}`]: [1, tokens, config.cross_attention_dim] };
  }

  build(builder: GraphBuilder, shape: DenoiserShape): DenoiserValues {
    const { batch, height, width } = checkShape(shape);
    const latents = builder.input('latents', 'float32', [batch, this.config.in_channels, height, width]);
    const timestep = builder.input('timestep', 'float32', [batch]);
    const states = builder.input(`states.${STREAM}`, 'float32', [batch, this.tokens, this.config.cross_attention_dim]);
    const prediction = buildUnet(new ModuleScope(builder, this.weights), this.config, this.levels, { latents, timestep, states });
    return { latents, timestep, states: { [STREAM]: states }, extras: {}, prediction };
  }

  plan(shape: DenoiserShape): ReturnType<Denoiser['plan']> {
    const { batch, height, width } = checkShape(shape);
    return planGraph(`${FAMILY}/unet`, this.fingerprint, { batch, height, width, tokens: this.tokens }, (builder) => {
      builder.output('prediction', this.build(builder, shape).prediction);
    });
  }
}

function checkShape({ batch, height, width }: DenoiserShape): DenoiserShape {
  for (const [name, value] of Object.entries({ batch, height, width })) {
    if (!Number.isInteger(value) || value < 1) throw inputError('denoiser.shape', 'U-Net', `latents' ${name} must be a whole number of at least 1`, { got: String(value) });
  }
  return { batch, height, width };
}
