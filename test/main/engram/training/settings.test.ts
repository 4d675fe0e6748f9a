import { describe, expect, test } from 'vitest';
import { objectives } from '../../../../src/main/diffusion/objectives/index.ts';
import { checkTrainingSettings, publishedSettings } from '../../../../src/main/engram/training/settings.ts';

describe('publishedSettings', () => {
  test.each(objectives.map(({ id }) => id))('has usable settings for %s', (id) => {
    expect(() => { checkTrainingSettings(publishedSettings(id), 'Train'); }).not.toThrow();
  });

  test('are those of the paper for noise prediction (section 3)', () => {
    expect(publishedSettings('ddpm-epsilon')).toMatchObject({
      steps: 5000, batch: 4, warmUp: 500, schedule: 'linear', lastBatch: 'keep', vectors: { rate: 1e-3, weightDecay: 0.01 }, scale: { rate: 1e-4, weightDecay: 0.01 },
    });
  });

  test('an objective without any is an error that lists the others', () => {
    expect(() => publishedSettings('x')).toThrowError(/one of ddpm-epsilon, ddpm-v-prediction, got x/);
  });
});

describe('checkTrainingSettings', () => {
  const good = publishedSettings('ddpm-epsilon');
  test.each([
    ['seed', { seed: -1 }, /seed must be a whole number in 0\.\./], ['seed', { seed: 2 ** 53 }, /seed/], ['accumulation', { accumulation: 0 }, /accumulation must be a whole number in 1\.\.1024, got 0/],
    ['steps', { steps: Number.POSITIVE_INFINITY }, /steps must be a whole number/], ['weight decay', { scale: { rate: 0.1, weightDecay: -0.1 } }, /scale weight decay must be in 0\.\.1, got -0\.1/],
    ['rate', { scale: { rate: 2, weightDecay: 0 } }, /scale learning rate must be in 0\.\.1, got 2/],
  ])('refuses a wrong %s', (_, change, message) => {
    expect(() => { checkTrainingSettings({ ...good, ...change }, 'Train "x"'); }).toThrowError(message);
  });
});
