import { defineFlowObjective } from './flow.ts';

/** Uniform times: every noise level is asked for as often as any other (Liu et al. 2022). */
export const rectifiedFlowUniform = defineFlowObjective('rectified-flow-uniform', 'Rectified flow, uniform times', () => (generator, batch) => generator.rand(batch));
