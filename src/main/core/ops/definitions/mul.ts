import { mul } from '../functions.ts';
import { binaryOp } from '../families.ts';

// dx = dz y, dy = dz x
export const mulOp = binaryOp('Mul', 14, (builder, { x, y, gradient }) => [
  () => mul(builder, gradient, y),
  () => mul(builder, gradient, x),
]);
