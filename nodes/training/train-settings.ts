import { inputError } from '../../src/contract/errors.ts';
import type { TrainingSettings } from '../../src/main/core/training.ts';
import { objectiveById, objectives } from '../../src/main/diffusion/objectives/index.ts';
import type { ObjectiveDefinition } from '../../src/main/diffusion/objectives/objective.ts';

/** The choice of a rate schedule that leaves it to the published settings. */
export const SCHEDULE_AS_PUBLISHED = 'as published';

/** The choice of an objective that leaves it to the model. */
export const OBJECTIVE_OF_MODEL = 'as the model says';

/** The objective of that id, or the model's own. @throws AppError when the model was not made to predict what the objective asks for. */
export function chooseObjective(id: string, own: string, where: string): ObjectiveDefinition {
  const ofModel = objectiveById(own);
  const chosen = id === OBJECTIVE_OF_MODEL ? ofModel : objectiveById(id);
  if (chosen.predicts === ofModel.predicts) return chosen;
  const fitting = objectives.filter(({ predicts }) => predicts === ofModel.predicts).map((objective) => objective.id);
  throw inputError('train.objective', where, `objective must be one that the model was made for: ${fitting.join(', ')}`, { got: id, port: 'objective' });
}

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
