import { f32, sqrt32 } from '../float32.ts';
import type { Level } from './levels.ts';

/**
 * Weights of one solver step: x_t = sample·x + value·m + slope·D1 + curvature·D2 + noise·z, where m is the newest converted prediction and
 * D1, D2 its divided differences in λ. Order 2 has two variants of the slope; order 3 uses that of Heun.
 */
export interface Weights {
  readonly sample: number;
  readonly value: number;
  readonly slopeMidpoint: number;
  readonly slopeHeun: number;
  readonly curvature: number;
  readonly noise: number;
}

/** One variant of the solver: what predictions are converted to, and the weights of a step of length h in λ. */
export interface Algorithm {
  readonly predicts: 'original' | 'noise';
  readonly stochastic: boolean;
  readonly weights: (from: Level, to: Level, h: number) => Weights;
}

const exp = (x: number): number => f32(Math.exp(x));

/** DPM-Solver++: the ODE in terms of x_0. */
function plusPlus(from: Level, to: Level, h: number): Weights {
  const growth = f32(exp(-h) - 1);
  const value = f32(to.alpha * growth);
  return {
    sample: f32(to.sigma / from.sigma),
    value: -value,
    slopeMidpoint: -f32(0.5 * value),
    slopeHeun: f32(to.alpha * f32(f32(growth / h) + 1)),
    curvature: -f32(to.alpha * f32(f32(f32(growth + h) / f32(h * h)) - 0.5)),
    noise: 0,
  };
}

/** DPM-Solver: the ODE in terms of the noise. */
function original(from: Level, to: Level, h: number): Weights {
  const growth = f32(exp(h) - 1);
  const value = f32(to.sigma * growth);
  return {
    sample: f32(to.alpha / from.alpha),
    value: -value,
    slopeMidpoint: -f32(0.5 * value),
    slopeHeun: -f32(to.sigma * f32(f32(growth / h) - 1)),
    curvature: -f32(to.sigma * f32(f32(f32(growth - h) / f32(h * h)) - 0.5)),
    noise: 0,
  };
}

/** The SDE in terms of x_0. */
function stochasticPlusPlus(from: Level, to: Level, h: number): Weights {
  const loss = f32(1 - exp(-2 * h));
  const value = f32(to.alpha * loss);
  const double = f32(2 * h);
  return {
    sample: f32(f32(to.sigma / from.sigma) * exp(-h)),
    value,
    slopeMidpoint: f32(0.5 * value),
    slopeHeun: f32(to.alpha * f32(f32(loss / -double) + 1)),
    curvature: f32(to.alpha * f32(f32(f32(loss - double) / f32(double * double)) - 0.5)),
    noise: f32(to.sigma * sqrt32(loss)),
  };
}

/** The SDE in terms of the noise; only orders 1 and 2 exist. */
function stochasticOriginal(from: Level, to: Level, h: number): Weights {
  const growth = f32(exp(h) - 1);
  const value = f32(to.sigma * growth);
  return {
    sample: f32(to.alpha / from.alpha),
    value: -f32(2 * value),
    slopeMidpoint: -value,
    slopeHeun: -f32(2 * f32(to.sigma * f32(f32(growth / h) - 1))),
    curvature: 0,
    noise: f32(to.sigma * sqrt32(f32(exp(2 * h) - 1))),
  };
}

/** The variants by their name in `algorithm_type`. */
export const ALGORITHMS = {
  'dpmsolver++': { predicts: 'original', stochastic: false, weights: plusPlus },
  dpmsolver: { predicts: 'noise', stochastic: false, weights: original },
  'sde-dpmsolver++': { predicts: 'original', stochastic: true, weights: stochasticPlusPlus },
  'sde-dpmsolver': { predicts: 'noise', stochastic: true, weights: stochasticOriginal },
} as const satisfies Record<string, Algorithm>;
