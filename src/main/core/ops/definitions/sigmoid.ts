import { mul, sub } from '../functions.ts';
import { unaryOp } from '../families.ts';

// dx = dy y (1 - y) = t - t y with t = dy y
export const sigmoidOp = unaryOp('Sigmoid', 13, (builder, { output, gradient }) => {
  const product = mul(builder, gradient, output);
  return sub(builder, product, mul(builder, product, output));
});
