import type { GraphBuilder } from '../../ir/builder.ts';
import type { Value } from '../../ir/types.ts';
import { dimension } from '../infer.ts';
import { split } from './shape.ts';

/** The error function. */
export function erf(builder: GraphBuilder, x: Value): Value {
  return builder.op('Erf', [x]);
}

/** Hyperbolic tangent. */
export function tanh(builder: GraphBuilder, x: Value): Value {
  return builder.op('Tanh', [x]);
}

/** 1 / (1 + e^-x). */
export function sigmoid(builder: GraphBuilder, x: Value): Value {
  return builder.op('Sigmoid', [x]);
}

/** Softmax along an axis. */
export function softmax(builder: GraphBuilder, x: Value, axis: number): Value {
  return builder.op('Softmax', [x], { axis });
}

/** x sigmoid(x), also called swish. */
export function silu(builder: GraphBuilder, x: Value): Value {
  return builder.op('engram::Swish', [x], { alpha: { float: 1 } });
}

/** x sigmoid(1.702 x): OpenAI CLIP's activation. */
export function quickGelu(builder: GraphBuilder, x: Value): Value {
  return builder.op('engram::Swish', [x], { alpha: { float: 1.702 } });
}

/** Gaussian error linear unit: exact with erf ('none') or its tanh approximation. */
export function gelu(builder: GraphBuilder, x: Value, approximate: 'none' | 'tanh' = 'none'): Value {
  return builder.op('Gelu', [x], { approximate });
}

/** Gated GELU (diffusers `GEGLU`): the last axis is cut in halves h, g; the result is h gelu(g), with half the width. */
export function geglu(builder: GraphBuilder, x: Value, approximate: 'none' | 'tanh' = 'none'): Value {
  const half = dimension(x.type.shape, -1) / 2;
  const [hidden, gate] = split(builder, x, x.type.shape.length - 1, [half, half]) as [Value, Value];
  return gatedGelu(builder, hidden, gate, approximate);
}

/** hidden gelu(gate) for two values of one shape. */
export function gatedGelu(builder: GraphBuilder, hidden: Value, gate: Value, approximate: 'none' | 'tanh' = 'none'): Value {
  return builder.op('engram::GatedGelu', [hidden, gate], { approximate });
}
