import { mul, neg } from '../functions.ts';
import { unaryOp } from '../families.ts';

// dx = -dy y^2
export const reciprocalOp = unaryOp('Reciprocal', 13, (builder, { output, gradient }) =>
  neg(builder, mul(builder, gradient, mul(builder, output, output))));
