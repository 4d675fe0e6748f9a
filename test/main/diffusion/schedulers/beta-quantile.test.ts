import { expect, it } from 'vitest';
import { betaQuantile } from '../../../../src/main/diffusion/schedulers/beta-quantile.ts';

// scipy 1.17.1: scipy.stats.beta.ppf(p, 0.6, 0.6)
it.each([
  [1e-6, 1.8558824624053043e-10], [0.01, 0.0008612388215429059], [0.1, 0.03958440558878085], [0.3, 0.23401700387523572], [0.5, 0.5],
  [0.77, 0.8461624142323502], [0.999, 0.9999814412614826], [1, 1],
])('the quantile at %d is scipy\'s', (probability, quantile) => {
  expect(Math.abs(betaQuantile(probability) / quantile - 1)).toBeLessThanOrEqual(1e-12);
});

it('is zero at zero', () => {
  expect(betaQuantile(0)).toBe(0);
});
