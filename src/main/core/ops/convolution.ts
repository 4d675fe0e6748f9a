import type { GraphBuilder } from '../ir/builder.ts';
import { integerAttribute, integersAttribute } from '../ir/attributes.ts';
import type { Attributes, Shape, Value } from '../ir/types.ts';
import { concat, conv, slice, transpose } from './functions.ts';
import { dimension, inferenceError, inputOfRank, printShape } from './infer.ts';
import type { InferContext } from './op.ts';

/** The attributes of Conv and ConvTranspose with their defaults filled in; lists are per spatial axis. */
export interface ConvGeometry {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Counts before every axis, then after every axis. */
  readonly pads: readonly number[];
  readonly outputPadding: readonly number[];
  readonly group: number;
}

/** Reads the geometry of a node from its attributes and the shape of its weight. */
export function convGeometry(attributes: Attributes, weightShape: Shape): ConvGeometry {
  const kernel = weightShape.slice(2);
  const ones = kernel.map(() => 1);
  const zeros = kernel.map(() => 0);
  return {
    kernel,
    strides: integersAttribute(attributes, 'strides', ones),
    dilations: integersAttribute(attributes, 'dilations', ones),
    pads: integersAttribute(attributes, 'pads', [...zeros, ...zeros]),
    outputPadding: integersAttribute(attributes, 'output_padding', zeros),
    group: integerAttribute(attributes, 'group', 1),
  };
}

/** Checks ranks and attribute lengths of a Conv or ConvTranspose and returns its shapes and geometry. */
export function inferConvGeometry(context: InferContext): { x: Shape; weight: Shape; geometry: ConvGeometry } {
  const { shape: x } = inputOfRank(context, 0, 3, 5);
  const { shape: weight } = inputOfRank(context, 1, x.length);
  const geometry = convGeometry(context.attributes, weight);
  const axes = weight.length - 2;
  const { strides, dilations, pads, outputPadding, group } = geometry;
  for (const [name, list, length] of [['strides', strides, axes], ['dilations', dilations, axes], ['pads', pads, 2 * axes], ['output_padding', outputPadding, axes]] as const) {
    if (list.length !== length) throw inferenceError(context, `attribute "${name}" must have ${length} numbers`, printShape(list));
  }
  if (dimension(weight, 0) % group !== 0) throw inferenceError(context, `group must divide ${dimension(weight, 0)}`, String(group));
  return { x, weight, geometry };
}

/** Positions that a dilated kernel covers, and the padding at both ends, on one spatial axis. */
export function extent({ kernel, dilations, pads }: ConvGeometry, axis: number): { span: number; padding: number } {
  return {
    span: (dimension(kernel, axis) - 1) * dimension(dilations, axis) + 1,
    padding: dimension(pads, axis) + dimension(pads, axis + kernel.length),
  };
}

/**
 * The weight gradient of a convolution of x [B, C, ...] that gave dy [B, M, ...]: [M, C / group, ...kernel].
 * dW[m, c, i] = sum over b and o of dY[b, m, o] X[b, c, o stride + i dilation - pad]: itself a convolution, in which the batch plays
 * the channels, dY the kernel, and stride and dilation swap places. It may compute positions past the kernel: they are cut off.
 */
export function convWeightGradient(builder: GraphBuilder, x: Value, dy: Value, geometry: ConvGeometry): Value {
  const { kernel, strides, dilations, pads, group } = geometry;
  const swap = x.type.shape.map((_, axis) => (axis < 2 ? 1 - axis : axis));
  const part = (value: Value, index: number): Value => {
    const channels = dimension(value.type.shape, 1) / group;
    return transpose(builder, slice(builder, value, 1, index * channels, (index + 1) * channels), swap);
  };
  const perGroup = Array.from({ length: group }, (_, index) => {
    const product = conv(builder, part(x, index), part(dy, index), undefined, { strides: dilations, dilations: strides, pads });
    const cut = kernel.reduce((value, size, axis) => slice(builder, value, axis + 2, 0, size), product);
    return transpose(builder, cut, swap);
  });
  return concat(builder, perGroup, 0);
}
