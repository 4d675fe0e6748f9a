import type { Value } from '../../../core/ir/types.ts';
import { add, attention, reshape, transpose } from '../../../core/ops/functions.ts';
import { groupNormLayer, linearLayer, size } from '../../layers.ts';
import type { ModuleScope } from '../../module-scope.ts';
import { resnetBlock, type ResnetSettings } from '../resnet-block.ts';

/** UNetMidBlock2D of encoder and decoder on x [B, C, h, w]: ResNet, self-attention over pixels (when the model has it), ResNet. */
export function vaeMidBlock(scope: ModuleScope, x: Value, settings: ResnetSettings & { readonly attention: boolean }): Value {
  const resnet = (index: number, value: Value): Value => scope.within(`resnets.${index}`, (inner) => resnetBlock(inner, value, size(x, 1), settings));
  const first = resnet(0, x);
  const mixed = settings.attention ? scope.within('attentions.0', (inner) => pixelAttention(inner, first, settings)) : first;
  return resnet(1, mixed);
}

/** Attention of one head over the pixels of x [B, C, h, w], added to x. */
function pixelAttention(scope: ModuleScope, x: Value, { groups, epsilon }: ResnetSettings): Value {
  const { builder } = scope;
  const [batch, channels, pixels] = [size(x, 0), size(x, 1), size(x, 2) * size(x, 3)];
  const normed = groupNormLayer(scope, 'group_norm', x, groups, epsilon);
  const tokens = transpose(builder, reshape(builder, normed, [batch, channels, pixels]), [0, 2, 1]);
  const q = linearLayer(scope, 'to_q', tokens, channels);
  const k = linearLayer(scope, 'to_k', tokens, channels);
  const v = linearLayer(scope, 'to_v', tokens, channels);
  const mixed = linearLayer(scope, 'to_out.0', attention(builder, q, k, v, { heads: 1, scale: 1 / Math.sqrt(channels) }), channels);
  return add(builder, x, reshape(builder, transpose(builder, mixed, [0, 2, 1]), [...x.type.shape]));
}

/** Older files name the attention's layers differently; diffusers renames them when it loads a file. */
const OLD_NAMES: Readonly<Record<string, string>> = { to_q: 'query', to_k: 'key', to_v: 'value', 'to_out.0': 'proj_attn' };

/** Both spellings of a VAE key. */
export function vaeKeySpellings(key: string): string[] {
  const match = /^(.*\.attentions\.\d+)\.(to_q|to_k|to_v|to_out\.0)\.(weight|bias)$/.exec(key);
  if (match === null) return [key];
  const [, module, name, parameter] = match;
  return [key, `${module}.${OLD_NAMES[name!]}.${parameter}`];
}
