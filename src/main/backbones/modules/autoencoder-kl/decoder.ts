import type { Value } from '../../../core/ir/types.ts';
import { silu } from '../../../core/ops/functions.ts';
import { convLayer, groupNormLayer, size } from '../../layers.ts';
import type { ModuleScope } from '../../module-scope.ts';
import { resnetBlock } from '../resnet-block.ts';
import { upsample } from '../resize.ts';
import type { VaeConfig } from './config.ts';
import { VAE_EPSILON } from './encoder.ts';
import { vaeMidBlock } from './mid-block.ts';

/** AutoencoderKL's decoder: unscaled latents [B, latent_channels, h, w] -> image [B, 3, h*f, w*f], about -1..1 and not clamped. */
export function buildVaeDecoder(scope: ModuleScope, config: VaeConfig, latents: Value): Value {
  const input = config.use_post_quant_conv ? convLayer(scope, 'post_quant_conv', latents, config.latent_channels, 1) : latents;
  return scope.within('decoder', (inner) => decoderBody(inner, config, input));
}

function decoderBody(scope: ModuleScope, config: VaeConfig, input: Value): Value {
  const widths = [...config.block_out_channels].reverse();
  const settings = { groups: config.norm_num_groups, epsilon: VAE_EPSILON };
  let hidden = convLayer(scope, 'conv_in', input, widths[0] ?? 0, 3, { padding: 1 });
  hidden = scope.within('mid_block', (inner) => vaeMidBlock(inner, hidden, { ...settings, attention: config.mid_block_add_attention }));
  widths.forEach((width, level) => {
    hidden = scope.within(`up_blocks.${level}`, (block) => {
      let value = hidden;
      for (let layer = 0; layer <= config.layers_per_block; layer += 1) {
        value = block.within(`resnets.${layer}`, (inner) => resnetBlock(inner, value, width, settings));
      }
      return level < widths.length - 1 ? upsample(block, value, 2 * size(value, 2), 2 * size(value, 3)) : value;
    });
  });
  const normed = groupNormLayer(scope, 'conv_norm_out', hidden, settings.groups, settings.epsilon);
  return convLayer(scope, 'conv_out', silu(scope.builder, normed), config.out_channels, 3, { padding: 1 });
}
