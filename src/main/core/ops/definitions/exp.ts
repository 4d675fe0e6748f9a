import { mul } from '../functions.ts';
import { unaryOp } from '../families.ts';

// dx = dy y
export const expOp = unaryOp('Exp', 13, (builder, { output, gradient }) =>
  mul(builder, gradient, output));
