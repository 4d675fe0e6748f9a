import { describe, expect, test } from 'vitest';
import { objectiveById } from '../../../../src/main/diffusion/objectives/index.ts';
import { checkTrainingSettings } from '../../../../src/main/engram/training/settings.ts';

describe('checkTrainingSettings', () => {
  const good = objectiveById('ddpm-epsilon').published;
  test.each([
    ['seed', { seed: -1 }, /seed must be a whole number in 0\.\./], ['seed', { seed: 2 ** 53 }, /seed/], ['accumulation', { accumulation: 0 }, /accumulation must be a whole number in 1\.\.1024, got 0/],
    ['steps', { steps: Number.POSITIVE_INFINITY }, /steps must be a whole number/], ['weight decay', { scale: { rate: 0.1, weightDecay: -0.1 } }, /scale weight decay must be in 0\.\.1, got -0\.1/],
    ['rate', { scale: { rate: 2, weightDecay: 0 } }, /scale learning rate must be in 0\.\.1, got 2/],
  ])('refuses a wrong %s', (_, change, message) => {
    expect(() => { checkTrainingSettings({ ...good, ...change }, 'Train "x"'); }).toThrowError(message);
  });
});
