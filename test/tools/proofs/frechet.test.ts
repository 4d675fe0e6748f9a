import { describe, expect, it } from 'vitest';
import { frechetDistance, moments } from '../../../tools/proofs/support/frechet.ts';

/** A lattice of points with mean (1, 2, 3) and a covariance that is no multiple of the unit matrix. */
const points = Array.from({ length: 60 }, (_, i) => {
  const [a, b, c] = [(i % 5) - 2, (i % 4) - 1.5, (i % 3) - 1];
  return Float32Array.from([1 + a, 2 + 2 * b + a, 3 + c]);
});
const moved = (by: readonly number[], factor = 1) => points.map((point) => point.map((value, index) => (value - [1, 2, 3][index]!) * factor + [1, 2, 3][index]! + (by[index] ?? 0)));

describe('the Fréchet distance', () => {
  it('is nothing between equal sets', () => {
    expect(frechetDistance(points, points)).toBeCloseTo(0, 6);
  });

  it('is the squared distance of the means when the shapes are equal', () => {
    expect(frechetDistance(points, moved([3, 4, 0]))).toBeCloseTo(25, 4);
  });

  it('is the trace of C (1 - k)² when one set is k times as wide', () => {
    const trace = moments(points).covariance.reduce((sum, row, index) => sum + row[index]!, 0);
    expect(frechetDistance(points, moved([], 3))).toBeCloseTo(4 * trace, 3);
  });

  it('is symmetric', () => {
    const other = moved([1, 0, 2], 0.5).map((point) => Float32Array.from([point[1]!, point[0]!, point[2]!]));
    expect(frechetDistance(points, other)).toBeCloseTo(frechetDistance(other, points), 4);
  });
});
