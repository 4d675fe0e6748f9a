import { div, mul, neg } from '../functions.ts';
import { binaryOp } from '../families.ts';

// dx = dz / y, dy = -dz z / y
export const divOp = binaryOp('Div', 14, (builder, { y, output, gradient }) => [
  () => div(builder, gradient, y),
  () => neg(builder, div(builder, mul(builder, gradient, output), y)),
]);
