import { div, scale } from '../functions.ts';
import { unaryOp } from '../families.ts';

// dx = dy / (2 y)
export const sqrtOp = unaryOp('Sqrt', 13, (builder, { output, gradient }) =>
  div(builder, gradient, scale(builder, output, 2)));
