import { div } from '../functions.ts';
import { unaryOp } from '../families.ts';

// dx = dy / x
export const logOp = unaryOp('Log', 13, (builder, { x, gradient }) =>
  div(builder, gradient, x));
