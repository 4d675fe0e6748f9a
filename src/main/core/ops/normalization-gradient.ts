import type { GraphBuilder } from '../ir/builder.ts';
import type { Value } from '../ir/types.ts';
import { addScalar, mul, reciprocal, reduceMean, sqrt, sub } from './functions.ts';

/** The parts of a normalization xhat = (x - mean) / sqrt(variance + epsilon) over some axes, recomputed for its gradient. */
export interface Normalization {
  /** x - mean. */
  readonly centered: Value;
  /** 1 / sqrt(variance + epsilon), the reduced axes kept as 1. */
  readonly inverse: Value;
}

/** Recomputes mean and variance of x over the axes. */
export function normalization(builder: GraphBuilder, x: Value, axes: readonly number[], epsilon: number): Normalization {
  const centered = sub(builder, x, reduceMean(builder, x, axes));
  const variance = reduceMean(builder, mul(builder, centered, centered), axes);
  return { centered, inverse: reciprocal(builder, sqrt(builder, addScalar(builder, variance, epsilon))) };
}

/** xhat itself. */
export function normalized(builder: GraphBuilder, { centered, inverse }: Normalization): Value {
  return mul(builder, centered, inverse);
}

/**
 * Gradient of x from g, the gradient of xhat: dx = (g - mean(g) - xhat mean(g xhat)) / s with s = sqrt(variance + epsilon),
 * written as g / s - mean(g) / s - c (mean(g c) / s^3) with c = x - mean, so that only small tensors are multiplied twice.
 */
export function normalizationGradient(builder: GraphBuilder, { centered, inverse }: Normalization, gradient: Value, axes: readonly number[]): Value {
  const meanGradient = mul(builder, reduceMean(builder, gradient, axes), inverse);
  const cube = mul(builder, mul(builder, inverse, inverse), inverse);
  const slope = mul(builder, reduceMean(builder, mul(builder, gradient, centered), axes), cube);
  return sub(builder, sub(builder, mul(builder, gradient, inverse), meanGradient), mul(builder, centered, slope));
}
