import type { GraphBuilder } from '../../ir/builder.ts';
import type { Value } from '../../ir/types.ts';
import { dimension } from '../infer.ts';
import { reshape } from './shape.ts';

/** Matrix product over the last two axes, [..., M, K] x [..., K, N]; the leading axes broadcast. */
export function matMul(builder: GraphBuilder, x: Value, y: Value): Value {
  return builder.op('MatMul', [x, y]);
}

export interface GemmOptions {
  /** Default 0. */
  readonly transA?: 0 | 1;
  /** Default 0. */
  readonly transB?: 0 | 1;
  /** Default 1. */
  readonly alpha?: number;
}

/** alpha op(x) op(w) + bias for matrices, op being the transpose where asked; bias broadcasts to [M, N]. */
export function gemm(builder: GraphBuilder, x: Value, w: Value, bias?: Value, options: GemmOptions = {}): Value {
  const { transA = 0, transB = 0, alpha = 1 } = options;
  return builder.op('Gemm', bias === undefined ? [x, w] : [x, w, bias], { transA, transB, alpha: { float: alpha } });
}

/**
 * x weight^T + bias for x [..., in], weight [out, in], bias [out]: a torch `nn.Linear`. Written as Gemm with transB, so that a
 * weight on disk is used as it lies, forward and backward, with no transposed copy.
 */
export function linear(builder: GraphBuilder, x: Value, weight: Value, bias?: Value): Value {
  const { shape } = x.type;
  const rows = reshape(builder, x, [-1, dimension(shape, -1)]);
  const product = gemm(builder, rows, weight, bias, { transB: 1 });
  return reshape(builder, product, [...shape.slice(0, -1), dimension(weight.type.shape, 0)]);
}
