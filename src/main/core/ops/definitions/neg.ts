import { neg } from '../functions.ts';
import { unaryOp } from '../families.ts';

// dx = -dy
export const negOp = unaryOp('Neg', 13, (builder, { gradient }) =>
  neg(builder, gradient));
