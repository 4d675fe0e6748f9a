import { describe, expect, it } from 'vitest';
import { SCHEDULE_AS_PUBLISHED, settingsOf, type TrainParams } from '../../../nodes/training/train-settings.ts';
import { objectiveById } from '../../../src/main/diffusion/objectives/index.ts';

const PUBLISHED = objectiveById('ddpm-epsilon').published;
const DEFAULTS: TrainParams = { steps: 0, batchSize: 0, accumulation: 1, vectorRate: 0, scaleRate: 0, weightDecay: 0.01, schedule: SCHEDULE_AS_PUBLISHED, warmupSteps: -1, seed: 42 };

describe('settingsOf', () => {
  it('defaults are the published settings', () => {
    expect(settingsOf(DEFAULTS, PUBLISHED)).toEqual(PUBLISHED);
  });

  it('a warm-up that is not given keeps its share of the steps, and never exceeds them', () => {
    const { steps, warmUp } = PUBLISHED;
    expect(settingsOf({ ...DEFAULTS, steps: 300 }, PUBLISHED).warmUp).toBe(Math.round((300 * warmUp) / steps));
    expect(settingsOf({ ...DEFAULTS, steps: 10, warmupSteps: 50 }, PUBLISHED).warmUp).toBe(10);
    expect(settingsOf({ ...DEFAULTS, warmupSteps: 0 }, PUBLISHED).warmUp).toBe(0);
  });

  it('takes what is given', () => {
    const given: TrainParams = { steps: 7, batchSize: 2, accumulation: 3, vectorRate: 0.2, scaleRate: 0.1, weightDecay: 0, schedule: 'cosine', warmupSteps: 1, seed: 9 };
    expect(settingsOf(given, PUBLISHED)).toMatchObject({
      steps: 7, batch: 2, accumulation: 3, vectors: { rate: 0.2, weightDecay: 0 }, scale: { rate: 0.1, weightDecay: 0 }, schedule: 'cosine', warmUp: 1, seed: 9,
    });
  });
});
