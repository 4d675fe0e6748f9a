import { internalError } from '../../../../contract/errors.ts';
import type { Value } from '../../../core/ir/types.ts';
import { silu } from '../../../core/ops/functions.ts';
import { convLayer, groupNormLayer } from '../../layers.ts';
import type { ModuleScope } from '../../module-scope.ts';
import { sinusoids } from '../../sinusoids.ts';
import type { UnetConfig, UnetLevel } from './config.ts';
import { DOWN_BLOCK_TYPES, downBlock, type BlockType } from './down-block.ts';
import { midBlock } from './mid-block.ts';
import type { UnetContext } from './stage.ts';
import { siluMlp } from '../../modules/silu-mlp.ts';
import { UP_BLOCK_TYPES, upBlock } from './up-block.ts';

export interface UnetInputs {
  /** [B, in_channels, h, w]; any height and width. */
  readonly latents: Value;
  /** [B]; may be fractional. */
  readonly timestep: Value;
  /** Encoder hidden states [B, T, cross_attention_dim]. */
  readonly states: Value;
}

/**
 * UNet2DConditionModel (diffusers): adds the network to the graph and returns its prediction [B, out_channels, h, w].
 * @param levels From {@link unetLevels}, outside in.
 */
export function buildUnet(scope: ModuleScope, config: UnetConfig, levels: readonly UnetLevel[], inputs: UnetInputs): Value {
  const context = unetContext(scope, config, inputs);
  const outermost = entry(levels, 0);
  const skips = [convLayer(scope, 'conv_in', inputs.latents, outermost.channels, 3, { padding: 1 })];
  levels.forEach((level, index) => {
    const settings = { ...level, type: blockType(DOWN_BLOCK_TYPES, level.downBlock), layers: config.layers_per_block, halve: index < levels.length - 1 };
    skips.push(...scope.within(`down_blocks.${index}`, (inner) => downBlock(inner, entry(skips, -1), settings, context).skips));
  });
  let hidden = scope.within('mid_block', (inner) => midBlock(inner, entry(skips, -1), entry(levels, -1), context));
  [...levels].reverse().forEach((level, index) => {
    const taken = skips.splice(-(config.layers_per_block + 1)).reverse();
    const settings = { ...level, type: blockType(UP_BLOCK_TYPES, level.upBlock), skips: taken, resizeTo: skips.at(-1) };
    hidden = scope.within(`up_blocks.${index}`, (inner) => upBlock(inner, hidden, settings, context));
  });
  const normed = groupNormLayer(scope, 'conv_norm_out', hidden, context.groups, context.epsilon);
  return convLayer(scope, 'conv_out', silu(scope.builder, normed), config.out_channels, 3, { padding: 1 });
}

function unetContext(scope: ModuleScope, config: UnetConfig, { timestep, states }: UnetInputs): UnetContext {
  const [width = 0] = config.block_out_channels;
  const settings = { width, flip: config.flip_sin_to_cos, frequencyShift: config.freq_shift };
  const projection = scope.within('time_proj', ({ builder }) => sinusoids(builder, timestep, settings));
  // Every ResNet block begins its time projection with the same SiLU: it is built once.
  const time = silu(scope.builder, siluMlp(scope, 'time_embedding', projection, 4 * width));
  return {
    time,
    states,
    groups: config.norm_num_groups,
    epsilon: config.norm_eps,
    linearProjection: config.use_linear_projection,
    transformerLayers: config.transformer_layers_per_block,
  };
}

function blockType(types: ReadonlyMap<string, BlockType>, name: string): BlockType {
  const found = types.get(name);
  if (found === undefined) throw internalError('sd15.block-type', 'U-Net', 'block types must come from a checked config', { got: name });
  return found;
}

function entry<T>(list: readonly T[], index: number): T {
  const found = list.at(index);
  if (found === undefined) throw internalError('sd15.levels', 'U-Net', `must have an entry ${index}`, { got: `${list.length} entries` });
  return found;
}
