import { addScalar, log, mul, pow } from '../functions.ts';
import { binaryOp } from '../families.ts';

// dx = dz y x^(y - 1), dy = dz z ln x (defined for x > 0)
export const powOp = binaryOp('Pow', 15, (builder, { x, y, output, gradient }) => [
  () => mul(builder, gradient, mul(builder, y, pow(builder, x, addScalar(builder, y, -1)))),
  () => mul(builder, gradient, mul(builder, output, log(builder, x))),
]);
