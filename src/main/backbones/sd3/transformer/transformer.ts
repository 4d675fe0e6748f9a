import type { Value } from '../../../core/ir/types.ts';
import { add, silu } from '../../../core/ops/functions.ts';
import { linearLayer } from '../../layers.ts';
import type { ModuleScope } from '../../module-scope.ts';
import { siluMlp } from '../../modules/silu-mlp.ts';
import { sinusoids } from '../../sinusoids.ts';
import { innerWidth, type TransformerConfig } from './config.ts';
import { jointBlock } from './joint-block.ts';
import { modulate, modulation, plainNorm } from './modulation.ts';
import { patchEmbedding, unpatchify } from './patch-embedding.ts';

/** Width of the sinusoids of the time; diffusers doesn't take it from the config. */
const TIME_WIDTH = 256;

export interface TransformerInputs {
  /** [B, C, h, w]; h and w are multiples of the patch size. */
  readonly latents: Value;
  /** [B], 0..1000. */
  readonly timestep: Value;
  /** Joint text states [B, T, joint_attention_dim]. */
  readonly context: Value;
  /** [B, pooled_projection_dim] */
  readonly pooled: Value;
}

/** SD3Transformer2DModel (diffusers): the velocity [B, C, h, w]. The graph may be cut behind every block. */
export function buildTransformer(scope: ModuleScope, config: TransformerConfig, { latents, timestep, context, pooled }: TransformerInputs): Value {
  const { builder } = scope;
  const width = innerWidth(config);
  let image = patchEmbedding(scope, config, latents);
  const condition = scope.within('time_text_embed', (inner) => {
    const time = siluMlp(inner, 'timestep_embedder', sinusoids(builder, timestep, { width: TIME_WIDTH, flip: true, frequencyShift: 0 }), width);
    return silu(builder, add(builder, time, siluMlp(inner, 'text_embedder', pooled, width)));
  });
  let text: Value | undefined = linearLayer(scope, 'context_embedder', context, width);
  builder.allowCut();
  for (let layer = 0; layer < config.num_layers; layer += 1) {
    const settings = {
      heads: config.num_attention_heads, qkNorm: config.qk_norm !== null, dual: config.dual_attention_layers.includes(layer), contextPreOnly: layer === config.num_layers - 1,
    };
    const before = text as Value;
    ({ image, context: text } = scope.within(`transformer_blocks.${layer}`, (inner) => jointBlock(inner, image, before, condition, settings)));
    if (layer < config.num_layers - 1) builder.allowCut();
  }
  const [scale, shift] = modulation(scope, 'norm_out', condition, 2) as [Value, Value];
  const channels = config.out_channels ?? config.in_channels;
  const tokens = linearLayer(scope, 'proj_out', modulate(builder, plainNorm(builder, image), scale, shift), config.patch_size ** 2 * channels);
  return unpatchify(scope, tokens, config, channels, latents);
}
