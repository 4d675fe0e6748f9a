import { mul, neg, sin } from '../functions.ts';
import { unaryOp } from '../families.ts';

// dx = -dy sin x
export const cosOp = unaryOp('Cos', 7, (builder, { x, gradient }) =>
  neg(builder, mul(builder, gradient, sin(builder, x))));
