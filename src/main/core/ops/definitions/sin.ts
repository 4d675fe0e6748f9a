import { cos, mul } from '../functions.ts';
import { unaryOp } from '../families.ts';

// dx = dy cos x
export const sinOp = unaryOp('Sin', 7, (builder, { x, gradient }) =>
  mul(builder, gradient, cos(builder, x)));
