import { internalError } from '../../../contract/errors.ts';
import { ddpmEpsilon } from './ddpm-epsilon.ts';
import { ddpmVPrediction } from './ddpm-v-prediction.ts';
import type { ObjectiveDefinition } from './objective.ts';
import { rectifiedFlowShifted } from './rectified-flow-shifted.ts';
import { rectifiedFlowUniform } from './rectified-flow-uniform.ts';
import { rectifiedFlow } from './rectified-flow.ts';

/** Every training objective. */
export const objectives: readonly ObjectiveDefinition[] = [ddpmEpsilon, ddpmVPrediction, rectifiedFlow, rectifiedFlowUniform, rectifiedFlowShifted];

const byId = new Map(objectives.map((objective) => [objective.id, objective]));
if (byId.size !== objectives.length) throw new Error('Objectives: an id is listed twice');

/** The objective that a backbone names. @throws AppError internal when there is none of that id. */
export function objectiveById(id: string): ObjectiveDefinition {
  const found = byId.get(id);
  if (found === undefined) throw internalError('objective.unknown', 'Training objective', `must be one of ${[...byId.keys()].join(', ')}`, { got: id });
  return found;
}
