import type { Value } from '../../../core/ir/types.ts';
import { add, attention, geglu, reshape, transpose } from '../../../core/ops/functions.ts';
import { convLayer, groupNormLayer, layerNormLayer, linearLayer, size } from '../../layers.ts';
import type { ModuleScope } from '../../module-scope.ts';

export interface TransformerSettings {
  readonly heads: number;
  readonly layers: number;
  readonly groups: number;
  /** True: proj_in and proj_out are linear layers, false: 1x1 convolutions (`use_linear_projection`). */
  readonly linearProjection: boolean;
  /** Encoder hidden states [B, T, d]. */
  readonly states: Value;
}

/** Epsilon of Transformer2DModel's group norm; diffusers doesn't take it from the config. */
const GROUP_NORM_EPSILON = 1e-6;
/** torch's default epsilon, which BasicTransformerBlock uses. */
const LAYER_NORM_EPSILON = 1e-5;

/** Transformer2DModel: x [B, C, h, w] -> same shape; pixels are tokens, text comes in by cross-attention. */
export function transformer(scope: ModuleScope, x: Value, settings: TransformerSettings): Value {
  const { builder } = scope;
  const channels = size(x, 1);
  const normed = groupNormLayer(scope, 'norm', x, settings.groups, GROUP_NORM_EPSILON);
  let hidden = settings.linearProjection
    ? linearLayer(scope, 'proj_in', toTokens(scope, normed), channels)
    : toTokens(scope, convLayer(scope, 'proj_in', normed, channels, 1));
  for (let layer = 0; layer < settings.layers; layer += 1) {
    hidden = scope.within(`transformer_blocks.${layer}`, (inner) => transformerBlock(inner, hidden, settings));
  }
  const projected = settings.linearProjection
    ? toPixels(scope, linearLayer(scope, 'proj_out', hidden, channels), x)
    : convLayer(scope, 'proj_out', toPixels(scope, hidden, x), channels, 1);
  return add(builder, projected, x);
}

/** BasicTransformerBlock on tokens x [B, N, C]: self-attention, cross-attention and feed-forward, each on a layer norm and added to x. */
function transformerBlock(scope: ModuleScope, x: Value, { heads, states }: TransformerSettings): Value {
  const { builder } = scope;
  const norm = (name: string, value: Value): Value => layerNormLayer(scope, name, value, LAYER_NORM_EPSILON);
  const normed = norm('norm1', x);
  let hidden = add(builder, x, scope.within('attn1', (inner) => attentionLayer(inner, normed, normed, heads)));
  const query = norm('norm2', hidden);
  hidden = add(builder, hidden, scope.within('attn2', (inner) => attentionLayer(inner, query, states, heads)));
  const input = norm('norm3', hidden);
  return add(builder, hidden, scope.within('ff.net', (inner) => feedForward(inner, input)));
}

/** diffusers' Attention without biases on q, k, v: x [B, N, C], context [B, M, d] -> [B, N, C]. */
function attentionLayer(scope: ModuleScope, x: Value, context: Value, heads: number): Value {
  const channels = size(x, -1);
  const q = linearLayer(scope, 'to_q', x, channels, { bias: false });
  const k = linearLayer(scope, 'to_k', context, channels, { bias: false });
  const v = linearLayer(scope, 'to_v', context, channels, { bias: false });
  const mixed = attention(scope.builder, q, k, v, { heads, scale: 1 / Math.sqrt(channels / heads) });
  return linearLayer(scope, 'to_out.0', mixed, channels);
}

/** Feed-forward of four times the width: y = net.2(GEGLU(net.0.proj(x))), with the exact (erf) GELU. */
function feedForward(scope: ModuleScope, x: Value): Value {
  const channels = size(x, -1);
  return linearLayer(scope, '2', geglu(scope.builder, linearLayer(scope, '0.proj', x, 8 * channels)), channels);
}

/** [B, C, h, w] -> [B, h*w, C]. */
function toTokens({ builder }: ModuleScope, x: Value): Value {
  return transpose(builder, reshape(builder, x, [size(x, 0), size(x, 1), size(x, 2) * size(x, 3)]), [0, 2, 1]);
}

/** [B, h*w, C] -> the shape of `like`, [B, C, h, w]. */
function toPixels({ builder }: ModuleScope, x: Value, like: Value): Value {
  return reshape(builder, transpose(builder, x, [0, 2, 1]), [...like.type.shape]);
}
