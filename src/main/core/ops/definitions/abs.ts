import { mul, sign } from '../functions.ts';
import { unaryOp } from '../families.ts';

// dx = dy sign x (0 at 0)
export const absOp = unaryOp('Abs', 13, (builder, { x, gradient }) =>
  mul(builder, gradient, sign(builder, x)));
