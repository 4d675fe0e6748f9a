import { exp, mul, neg, scale } from '../functions.ts';
import { unaryOp } from '../families.ts';

// dx = dy (2 / sqrt(pi)) exp(-x^2)
export const erfOp = unaryOp('Erf', 13, (builder, { x, gradient }) =>
  mul(builder, gradient, scale(builder, exp(builder, neg(builder, mul(builder, x, x))), 2 / Math.sqrt(Math.PI))));
