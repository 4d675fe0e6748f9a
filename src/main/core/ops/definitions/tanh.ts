import { mul, sub } from '../functions.ts';
import { unaryOp } from '../families.ts';

// dx = dy (1 - y^2) = dy - (dy y) y
export const tanhOp = unaryOp('Tanh', 13, (builder, { output, gradient }) =>
  sub(builder, gradient, mul(builder, mul(builder, gradient, output), output)));
