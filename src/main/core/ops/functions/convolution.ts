import type { GraphBuilder } from '../../ir/builder.ts';
import type { Attributes, Value } from '../../ir/types.ts';

export interface ConvOptions {
  /** Per spatial axis; default 1. */
  readonly strides?: readonly number[];
  /** Counts before every spatial axis, then those after every one; default 0. */
  readonly pads?: readonly number[];
  /** Per spatial axis; default 1. */
  readonly dilations?: readonly number[];
  /** Default 1. */
  readonly group?: number;
}

export interface ConvTransposeOptions extends ConvOptions {
  /** Extra positions at the end of every spatial axis; default 0. */
  readonly outputPadding?: readonly number[];
}

/** Cross-correlation of x [B, C, ...] with weight [M, C / group, ...] and bias [M]: a torch `nn.Conv`. */
export function conv(builder: GraphBuilder, x: Value, weight: Value, bias?: Value, options: ConvOptions = {}): Value {
  return builder.op('Conv', bias === undefined ? [x, weight] : [x, weight, bias], convAttributes(weight, options));
}

/** The transpose of {@link conv}: x [B, C, ...], weight [C, M / group, ...], bias [M]. */
export function convTranspose(builder: GraphBuilder, x: Value, weight: Value, bias?: Value, options: ConvTransposeOptions = {}): Value {
  const attributes: Attributes = convAttributes(weight, options);
  const { outputPadding = [] } = options;
  const padded = outputPadding.some((count) => count > 0);
  return builder.op('ConvTranspose', bias === undefined ? [x, weight] : [x, weight, bias], padded ? { ...attributes, output_padding: outputPadding } : attributes);
}

/** Doubles height and width of x [B, C, H, W] by repeating every pixel: torch's nearest interpolation. */
export function resizeNearest2x(builder: GraphBuilder, x: Value): Value {
  const scales = builder.constant(Float32Array.of(1, 1, 2, 2), 'float32', [4], 'scales');
  const mode = { mode: 'nearest', coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' };
  return builder.op('Resize', [x, undefined, scales], mode);
}

function convAttributes(weight: Value, options: ConvOptions): Attributes {
  const kernel = weight.type.shape.slice(2);
  const { strides = kernel.map(() => 1), dilations = kernel.map(() => 1), pads = [...kernel, ...kernel].map(() => 0), group = 1 } = options;
  return { strides, pads, dilations, group, kernel_shape: kernel };
}
