import type { Value } from '../../../core/ir/types.ts';
import { clip, silu, slice } from '../../../core/ops/functions.ts';
import { convLayer, groupNormLayer } from '../../layers.ts';
import type { ModuleScope } from '../../module-scope.ts';
import { resnetBlock } from '../resnet-block.ts';
import { downsampleOneSided } from '../resize.ts';
import type { VaeConfig } from './config.ts';
import { vaeMidBlock } from './mid-block.ts';

/** Epsilon of every group norm of the VAE; diffusers doesn't take it from the config. */
export const VAE_EPSILON = 1e-6;

/** Limits of the log-variance, as in diffusers' DiagonalGaussianDistribution. */
const LOGVAR_LIMITS = [-30, 20] as const;

/** AutoencoderKL's encoder: image [B, 3, H, W] in -1..1 -> mean and logvar [B, latent_channels, H/f, W/f] of the latent Gaussian. */
export function buildVaeEncoder(scope: ModuleScope, config: VaeConfig, image: Value): { mean: Value; logvar: Value } {
  const { builder } = scope;
  const latents = config.latent_channels;
  const encoded = scope.within('encoder', (inner) => encoderBody(inner, config, image));
  const moments = config.use_quant_conv ? convLayer(scope, 'quant_conv', encoded, 2 * latents, 1) : encoded;
  const mean = slice(builder, moments, 1, 0, latents);
  return { mean, logvar: clip(builder, slice(builder, moments, 1, latents, 2 * latents), ...LOGVAR_LIMITS) };
}

function encoderBody(scope: ModuleScope, config: VaeConfig, image: Value): Value {
  const widths = config.block_out_channels;
  const settings = { groups: config.norm_num_groups, epsilon: VAE_EPSILON };
  let hidden = convLayer(scope, 'conv_in', image, widths[0] ?? 0, 3, { padding: 1 });
  widths.forEach((width, level) => {
    hidden = scope.within(`down_blocks.${level}`, (block) => {
      let value = hidden;
      for (let layer = 0; layer < config.layers_per_block; layer += 1) {
        value = block.within(`resnets.${layer}`, (inner) => resnetBlock(inner, value, width, settings));
      }
      return level < widths.length - 1 ? downsampleOneSided(block, value) : value;
    });
  });
  hidden = scope.within('mid_block', (inner) => vaeMidBlock(inner, hidden, { ...settings, attention: config.mid_block_add_attention }));
  const normed = groupNormLayer(scope, 'conv_norm_out', hidden, settings.groups, settings.epsilon);
  return convLayer(scope, 'conv_out', silu(scope.builder, normed), 2 * config.latent_channels, 3, { padding: 1 });
}
