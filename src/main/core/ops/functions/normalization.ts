import type { GraphBuilder } from '../../ir/builder.ts';
import type { Value } from '../../ir/types.ts';
import { dimension } from '../infer.ts';
import { add, mul } from './arithmetic.ts';
import { reshape } from './shape.ts';

/** Normalizes the last axes, those that weight has, to mean 0 and variance 1, then weight and bias of that shape: a torch `nn.LayerNorm`. */
export function layerNorm(builder: GraphBuilder, x: Value, weight: Value, bias: Value | undefined, epsilon: number): Value {
  const inputs = bias === undefined ? [x, weight] : [x, weight, bias];
  return builder.op('LayerNormalization', inputs, { axis: -weight.type.shape.length, epsilon: { float: epsilon } });
}

/** Divides the last axis by its root mean square, then weight [d]: T5's layer norm, a torch `nn.RMSNorm`. */
export function rmsNorm(builder: GraphBuilder, x: Value, weight: Value, epsilon: number): Value {
  return builder.op('SimplifiedLayerNormalization', [x, weight], { axis: -1, epsilon: { float: epsilon } });
}

/** Normalizes every (sample, channel) of x [B, C, ...] over its other axes, then scale and bias [C]. */
export function instanceNorm(builder: GraphBuilder, x: Value, weight: Value, bias: Value, epsilon: number): Value {
  return builder.op('InstanceNormalization', [x, weight, bias], { epsilon: { float: epsilon } });
}

/**
 * Normalizes groups of channels of x [B, C, ...], then scale and bias [C] per channel: a torch `nn.GroupNorm`. Written as
 * InstanceNormalization over [B, groups, -1], because neither the CPU nor the WebGPU provider has a group normalization kernel.
 */
export function groupNorm(builder: GraphBuilder, x: Value, groups: number, weight: Value, bias: Value, epsilon: number): Value {
  const { shape, dtype } = x.type;
  const floating = dtype === 'float64' ? 'float64' : 'float32';
  const [ones, zeros] = [builder.filled(1, [groups], floating), builder.filled(0, [groups], floating)];
  const grouped = reshape(builder, x, [dimension(shape, 0), groups, -1]);
  const normal = reshape(builder, instanceNorm(builder, grouped, ones, zeros, epsilon), shape);
  const perChannel = [dimension(shape, 1), ...shape.slice(2).map(() => 1)];
  return add(builder, mul(builder, normal, reshape(builder, weight, perChannel)), reshape(builder, bias, perChannel));
}
