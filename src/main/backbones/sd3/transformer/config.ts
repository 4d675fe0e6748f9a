import { z } from 'zod';
import { inputError } from '../../../../contract/errors.ts';
import { configSchema, oneOf, whole } from '../../config-reader.ts';

/** Options of SD3Transformer2DModel that we can build; an option left out has diffusers' default. */
export const TRANSFORMER_CONFIG = configSchema({
  sample_size: whole(1).default(128),
  patch_size: whole(1).default(2),
  in_channels: whole(1).default(16),
  out_channels: whole(1).nullable().default(16),
  num_layers: whole(1).default(18),
  attention_head_dim: whole(1).default(64),
  num_attention_heads: whole(1).default(18),
  joint_attention_dim: whole(1).default(4096),
  caption_projection_dim: whole(1).default(1152),
  pooled_projection_dim: whole(1).default(2048),
  pos_embed_max_size: whole(1).default(96),
  dual_attention_layers: z.array(whole(0), { error: 'must be a list of layer numbers' }).default([]),
  qk_norm: oneOf('rms_norm', null).default(null),
}, []);

export type TransformerConfig = z.output<typeof TRANSFORMER_CONFIG.schema>;

/** Width D of the tokens. */
export function innerWidth({ num_attention_heads: heads, attention_head_dim: width }: TransformerConfig): number {
  return heads * width;
}

/** @throws AppError when the text isn't projected to the tokens' width, or a layer that isn't there is to attend twice. */
export function checkTransformerConfig(config: TransformerConfig, where: string): void {
  const { caption_projection_dim: caption, dual_attention_layers: dual, num_layers: layers } = config;
  if (caption !== innerWidth(config)) {
    throw inputError('config.width', where, `caption_projection_dim must be ${innerWidth(config)}, num_attention_heads x attention_head_dim`, { got: String(caption), path: 'caption_projection_dim' });
  }
  const beyond = dual.find((layer) => layer >= layers);
  if (beyond !== undefined) throw inputError('config.layers', where, `dual_attention_layers must be layers 0..${layers - 1}`, { got: String(beyond), path: 'dual_attention_layers' });
}
