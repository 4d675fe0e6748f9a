import { map1 } from '../float32.ts';
import { defineFlowObjective } from './flow.ts';

/** Logit-normal times, t = sigmoid(N(0, 1)), as SD3.5's tables are trained with (paper 2.6; Esser et al. 2024, section 3.1). */
export const rectifiedFlow = defineFlowObjective('rectified-flow', 'Rectified flow, logit-normal times', () => (generator, batch) => map1(generator.randn(batch), (x) => 1 / (1 + Math.exp(-x))));
