import { z } from 'zod';
import { inputError } from '../../../../contract/errors.ts';
import { configSchema, oneOf, only, positive, whole } from '../../config-reader.ts';

/** Options of AutoencoderKL that we can build; an option left out has diffusers' default. */
export const VAE_CONFIG = configSchema({
  in_channels: oneOf(3).default(3),
  out_channels: oneOf(3).default(3),
  latent_channels: whole(1).default(4),
  block_out_channels: z.array(whole(1), { error: 'must be a list of channel counts' }).min(1).default([64]),
  down_block_types: z.array(oneOf('DownEncoderBlock2D')).default(['DownEncoderBlock2D']),
  up_block_types: z.array(oneOf('UpDecoderBlock2D')).default(['UpDecoderBlock2D']),
  layers_per_block: whole(1).default(1),
  norm_num_groups: whole(1).default(32),
  scaling_factor: positive().default(0.18215),
  shift_factor: z.number({ error: 'must be a number or null' }).nullable().default(null),
  use_quant_conv: z.boolean({ error: 'must be true or false' }).default(true),
  use_post_quant_conv: z.boolean({ error: 'must be true or false' }).default(true),
  mid_block_add_attention: z.boolean({ error: 'must be true or false' }).default(true),
  // What follows is built in one way only.
  act_fn: only('silu', 'swish'),
  latents_mean: only(null),
  latents_std: only(null),
}, [
  'sample_size', // the size of training images
  'force_upcast', // all arithmetic is float32 already
]);

export type VaeConfig = z.output<typeof VAE_CONFIG.schema>;

/** @throws AppError when lists differ in length or the groups don't divide the channels. */
export function checkVaeConfig(config: VaeConfig, where: string): void {
  const count = config.block_out_channels.length;
  for (const key of ['down_block_types', 'up_block_types'] as const) {
    const { length } = config[key];
    if (length !== count) throw inputError('config.length', where, `${key} must have ${count} entries, one per entry of block_out_channels`, { got: String(length), path: key });
  }
  const odd = config.block_out_channels.find((channels) => channels % config.norm_num_groups !== 0);
  if (odd === undefined) return;
  throw inputError('config.divide', where, 'norm_num_groups must divide every entry of block_out_channels', { got: `${config.norm_num_groups} for ${odd} channels` });
}
