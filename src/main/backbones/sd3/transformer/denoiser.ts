import { inputError } from '../../../../contract/errors.ts';
import type { GraphBuilder } from '../../../core/ir/builder.ts';
import type { SessionRequest } from '../../../core/session.ts';
import type { Denoiser, DenoiserShape, DenoiserValues, ModelFolder, TextStream } from '../../backbone.ts';
import { ModuleScope } from '../../module-scope.ts';
import { openPart } from '../../part.ts';
import { checkWeights, planGraph } from '../../plan.ts';
import { DIFFUSERS_WEIGHTS } from '../../weight-files.ts';
import type { WeightSource } from '../../weights.ts';
import { TRANSFORMER_PART } from '../folder.ts';
import { CLIP_G, CLIP_L, FAMILY, POOLED, T5 } from '../names.ts';
import { checkTransformerConfig, TRANSFORMER_CONFIG, type TransformerConfig } from './config.ts';
import { joinContext } from './context.ts';
import { buildTransformer } from './transformer.ts';

/** What the text encoders give the transformer. */
export interface ContextStreams {
  readonly streams: readonly TextStream[];
  /** Tokens of zeros that stand for T5 where it is absent. */
  readonly absentTokens: number;
}

export interface LoadedTransformer {
  readonly config: TransformerConfig;
  /** The config file, for messages. */
  readonly where: string;
  denoiser(context: ContextStreams, segments: number): Denoiser;
}

/** Reads the transformer's config and weight headers; {@link LoadedTransformer.denoiser} checks them against each other. */
export async function loadTransformer(folder: ModelFolder): Promise<LoadedTransformer> {
  const part = await openPart(folder, TRANSFORMER_PART, TRANSFORMER_CONFIG);
  const { config, where } = part;
  checkTransformerConfig(config, where);
  const weights = await part.weights(DIFFUSERS_WEIGHTS);
  const fingerprint = await part.fingerprint();
  return {
    config,
    where,
    denoiser: (context, segments) => {
      const denoiser = new Sd3Denoiser(fingerprint, config, weights, context, segments);
      checkWeights(weights, [denoiser.plan({ batch: 1, height: config.patch_size, width: config.patch_size })]);
      return denoiser;
    },
  };
}

class Sd3Denoiser implements Denoiser {
  readonly family = FAMILY;
  readonly textInputs: Denoiser['textInputs'];
  readonly latentSides: NonNullable<Denoiser['latentSides']>;

  constructor(
    readonly fingerprint: string,
    private readonly config: TransformerConfig,
    private readonly weights: WeightSource,
    private readonly context: ContextStreams,
    readonly segments: number,
  ) {
    const states = context.streams.map(({ id, tokenizer, width }): [string, number[]] => [`states.${id}`, [1, tokenizer.maxLength, width]]);
    this.textInputs = { ...Object.fromEntries(states), [POOLED]: [1, config.pooled_projection_dim] };
    this.latentSides = { multipleOf: config.patch_size, atMost: config.patch_size * config.pos_embed_max_size };
  }

  imageTokens(height: number, width: number): number {
    return Math.floor(height / this.config.patch_size) * Math.floor(width / this.config.patch_size);
  }

  build(builder: GraphBuilder, shape: DenoiserShape): DenoiserValues {
    const { batch, height, width } = this.check(shape);
    const latents = builder.input('latents', 'float32', [batch, this.config.in_channels, height, width]);
    const timestep = builder.input('timestep', 'float32', [batch]);
    const states = Object.fromEntries(this.context.streams.map((stream) => [stream.id, builder.input(`states.${stream.id}`, 'float32', [batch, stream.tokenizer.maxLength, stream.width])]));
    const pooled = builder.input(POOLED, 'float32', [batch, this.config.pooled_projection_dim]);
    const context = joinContext(builder, { clipL: states[CLIP_L]!, clipG: states[CLIP_G]!, t5: states[T5] }, this.config.joint_attention_dim, this.context.absentTokens);
    const prediction = buildTransformer(new ModuleScope(builder, this.weights), this.config, { latents, timestep, context, pooled });
    return { latents, timestep, states, extras: { [POOLED]: pooled }, prediction };
  }

  plan(shape: DenoiserShape): SessionRequest {
    const { batch, height, width } = this.check(shape);
    const tokens = Object.fromEntries(this.context.streams.map(({ id, tokenizer }) => [id, tokenizer.maxLength]));
    return planGraph(`${FAMILY}/transformer`, this.fingerprint, { batch, height, width, ...tokens }, (builder) => {
      builder.output('prediction', this.build(builder, shape).prediction);
    }, this.segments);
  }

  private check({ batch, height, width }: DenoiserShape): DenoiserShape {
    const { patch_size: patch, pos_embed_max_size: side } = this.config;
    const where = 'SD3 transformer';
    if (!Number.isInteger(batch) || batch < 1) throw inputError('denoiser.shape', where, 'latents\' batch must be a whole number of at least 1', { got: String(batch) });
    for (const [name, value] of Object.entries({ height, width })) {
      if (Number.isInteger(value) && value >= patch && value % patch === 0 && value <= patch * side) continue;
      throw inputError('denoiser.shape', where, `latents' ${name} must be a multiple of ${patch}, ${patch}..${patch * side}`, { got: String(value), hint: `Choose a picture whose ${name} is a multiple of the VAE's pixels per latent times ${patch}` });
    }
    return { batch, height, width };
  }
}
