import { z } from 'zod';
import { inputError } from '../../../../contract/errors.ts';
import { configSchema, only, oneOf, positive, whole } from '../../config-reader.ts';
import { DOWN_BLOCK_TYPES } from './down-block.ts';
import { UP_BLOCK_TYPES } from './up-block.ts';

/** Options of UNet2DConditionModel that we can build; an option left out has diffusers' default. */
export const UNET_CONFIG = configSchema({
  sample_size: z.union([whole(1), z.tuple([whole(1), whole(1)]), z.null()], { error: 'must be a whole number or a pair of them' }).default(null),
  in_channels: whole(1).default(4),
  out_channels: whole(1).default(4),
  block_out_channels: z.array(whole(1), { error: 'must be a list of channel counts' }).min(1).default([320, 640, 1280, 1280]),
  layers_per_block: whole(1).default(2),
  transformer_layers_per_block: whole(1).default(1),
  down_block_types: z.array(oneOf(...DOWN_BLOCK_TYPES.keys())).default(['CrossAttnDownBlock2D', 'CrossAttnDownBlock2D', 'CrossAttnDownBlock2D', 'DownBlock2D']),
  up_block_types: z.array(oneOf(...UP_BLOCK_TYPES.keys())).default(['UpBlock2D', 'CrossAttnUpBlock2D', 'CrossAttnUpBlock2D', 'CrossAttnUpBlock2D']),
  attention_head_dim: z.union([whole(1), z.array(whole(1))], { error: 'must be a whole number or a list of them' }).default(8),
  cross_attention_dim: whole(1).default(1280),
  norm_num_groups: whole(1).default(32),
  norm_eps: positive().default(1e-5),
  use_linear_projection: z.boolean({ error: 'must be true or false' }).default(false),
  flip_sin_to_cos: z.boolean({ error: 'must be true or false' }).default(true),
  freq_shift: z.number({ error: 'must be a number' }).default(0),
  // What follows is built in one way only.
  act_fn: only('silu', 'swish'),
  addition_embed_type: only(null),
  addition_time_embed_dim: only(null),
  attention_type: only('default'),
  center_input_sample: only(false),
  class_embed_type: only(null),
  class_embeddings_concat: only(false),
  conv_in_kernel: only(3),
  conv_out_kernel: only(3),
  cross_attention_norm: only(null),
  downsample_padding: only(1),
  dual_cross_attention: only(false),
  encoder_hid_dim: only(null),
  encoder_hid_dim_type: only(null),
  mid_block_only_cross_attention: only(null, false),
  mid_block_scale_factor: only(1),
  mid_block_type: only('UNetMidBlock2DCrossAttn'),
  num_attention_heads: only(null),
  num_class_embeds: only(null),
  only_cross_attention: only(false),
  projection_class_embeddings_input_dim: only(null),
  resnet_out_scale_factor: only(1),
  resnet_skip_time_act: only(false),
  resnet_time_scale_shift: only('default'),
  reverse_transformer_layers_per_block: only(null),
  time_cond_proj_dim: only(null),
  time_embedding_act_fn: only(null),
  time_embedding_dim: only(null),
  time_embedding_type: only('positional'),
  timestep_post_act: only(null),
}, [
  'dropout', // off in a frozen model
  'upcast_attention', // all attention is float32 already
  'addition_embed_type_num_heads', // used by addition_embed_type alone
]);

export type UnetConfig = z.output<typeof UNET_CONFIG.schema>;

/** One level of the U-Net, from the outside in. */
export interface UnetLevel {
  readonly channels: number;
  /** Attention heads; the config calls this number `attention_head_dim`. */
  readonly heads: number;
  readonly downBlock: string;
  readonly upBlock: string;
}

/**
 * The levels that a config describes.
 * @param where The config file, for messages.
 * @throws AppError when lists differ in length, or heads or groups don't divide the channels.
 */
export function unetLevels(config: UnetConfig, where: string): UnetLevel[] {
  const channels = config.block_out_channels;
  const count = channels.length;
  const heads = typeof config.attention_head_dim === 'number' ? channels.map(() => config.attention_head_dim as number) : config.attention_head_dim;
  const lists = { down_block_types: config.down_block_types, up_block_types: config.up_block_types, attention_head_dim: heads };
  for (const [key, list] of Object.entries(lists)) {
    if (list.length !== count) throw inputError('config.length', where, `${key} must have ${count} entries, one per entry of block_out_channels`, { got: String(list.length), path: key });
  }
  checkTime(config, where);
  return channels.map((width, index) => {
    const level = { channels: width, heads: heads[index]!, downBlock: config.down_block_types[index]!, upBlock: config.up_block_types[count - 1 - index]! };
    checkDivides(where, 'norm_num_groups', config.norm_num_groups, width);
    checkDivides(where, 'attention_head_dim (the number of heads)', level.heads, width);
    return level;
  });
}

function checkDivides(where: string, key: string, divisor: number, channels: number): void {
  if (channels % divisor === 0) return;
  throw inputError('config.divide', where, `${key} must divide every entry of block_out_channels`, { got: `${divisor} for ${channels} channels` });
}

/** The time projection has width/2 frequencies, and its exponents are divided by width/2 - freq_shift. */
function checkTime({ block_out_channels: [width = 0], freq_shift: shift }: UnetConfig, where: string): void {
  if (width % 2 !== 0) throw inputError('config.time', where, 'block_out_channels[0] must be even', { got: String(width), path: 'block_out_channels' });
  if (shift >= width / 2) throw inputError('config.time', where, `freq_shift must be below ${width / 2}, half of block_out_channels[0]`, { got: String(shift), path: 'freq_shift' });
}
