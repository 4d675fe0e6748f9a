import type { TrainingSettings } from '../../src/main/core/training.ts';

/** The choice of a rate schedule that leaves it to the published settings. */
export const SCHEDULE_AS_PUBLISHED = 'as published';

/** The params of Train that decide how a table is trained. */
export interface TrainParams {
  readonly steps: number;
  readonly batchSize: number;
  readonly accumulation: number;
  readonly vectorRate: number;
  readonly scaleRate: number;
  readonly weightDecay: number;
  readonly schedule: string;
  readonly warmupSteps: number;
  readonly seed: number;
}

/** The settings of a run: 0 and "as published" stand for those published for the model's objective; a warm-up of -1 keeps its published share of the steps. */
export function settingsOf(params: TrainParams, published: TrainingSettings): TrainingSettings {
  const steps = params.steps === 0 ? published.steps : params.steps;
  return {
    ...published,
    steps,
    batch: params.batchSize === 0 ? published.batch : params.batchSize,
    accumulation: params.accumulation,
    seed: params.seed,
    vectors: { rate: params.vectorRate === 0 ? published.vectors.rate : params.vectorRate, weightDecay: params.weightDecay },
    scale: { rate: params.scaleRate === 0 ? published.scale.rate : params.scaleRate, weightDecay: params.weightDecay },
    schedule: params.schedule === SCHEDULE_AS_PUBLISHED ? published.schedule : params.schedule,
    warmUp: params.warmupSteps < 0 ? Math.round((published.warmUp / published.steps) * steps) : Math.min(params.warmupSteps, steps),
  };
}
