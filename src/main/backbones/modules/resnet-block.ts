import type { Value } from '../../core/ir/types.ts';
import { add, reshape, silu } from '../../core/ops/functions.ts';
import { convLayer, groupNormLayer, linearLayer, size } from '../layers.ts';
import type { ModuleScope } from '../module-scope.ts';

export interface ResnetSettings {
  readonly groups: number;
  readonly epsilon: number;
  /** silu(time embedding) [B, e]; left out in the VAE. */
  readonly time?: Value;
}

/**
 * ResnetBlock2D: x [B, in, h, w] -> [B, out, h, w].
 * h = conv1(silu(norm1(x))) + time_emb_proj(time); y = conv_shortcut(x) + conv2(silu(norm2(h))), the shortcut only where the channels change.
 */
export function resnetBlock(scope: ModuleScope, x: Value, out: number, settings: ResnetSettings): Value {
  const { builder } = scope;
  const { groups, epsilon, time } = settings;
  let hidden = convLayer(scope, 'conv1', silu(builder, groupNormLayer(scope, 'norm1', x, groups, epsilon)), out, 3, { padding: 1 });
  if (time !== undefined) {
    const shift = linearLayer(scope, 'time_emb_proj', time, out);
    hidden = add(builder, hidden, reshape(builder, shift, [size(shift, 0), out, 1, 1]));
  }
  hidden = convLayer(scope, 'conv2', silu(builder, groupNormLayer(scope, 'norm2', hidden, groups, epsilon)), out, 3, { padding: 1 });
  const shortcut = size(x, 1) === out ? x : convLayer(scope, 'conv_shortcut', x, out, 1);
  return add(builder, shortcut, hidden);
}
