import type { GraphBuilder } from '../ir/builder.ts';
import type { Value } from '../ir/types.ts';
import { add, addScalar, erf, exp, mul, scale, sub, tanh } from './functions.ts';

/** d gelu(x) / dx, for the exact form and for its tanh approximation. */
export function geluSlope(builder: GraphBuilder, x: Value, approximate: string): Value {
  return approximate === 'none' ? exactSlope(builder, x) : tanhSlope(builder, x);
}

/** (1 + erf(x / sqrt 2)) / 2 + x exp(-x^2 / 2) / sqrt(2 pi) */
function exactSlope(builder: GraphBuilder, x: Value): Value {
  const cumulative = scale(builder, addScalar(builder, erf(builder, scale(builder, x, Math.SQRT1_2)), 1), 0.5);
  const density = scale(builder, exp(builder, scale(builder, mul(builder, x, x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
  return add(builder, cumulative, mul(builder, x, density));
}

/**
 * gelu = x (1 + t) / 2 with t = tanh(u), u = a (x + b x^3), a = sqrt(2 / pi), b = 0.044715;
 * d gelu / dx = (1 + t) / 2 + x (1 - t^2) a (1 + 3 b x^2) / 2
 */
function tanhSlope(builder: GraphBuilder, x: Value): Value {
  const [a, b] = [Math.sqrt(2 / Math.PI), 0.044715];
  const square = mul(builder, x, x);
  const t = tanh(builder, mul(builder, x, addScalar(builder, scale(builder, square, a * b), a)));
  const slope = mul(builder, x, addScalar(builder, scale(builder, square, 1.5 * a * b), 0.5 * a));
  const half = scale(builder, addScalar(builder, t, 1), 0.5);
  return add(builder, half, sub(builder, slope, mul(builder, slope, mul(builder, t, t))));
}
