import { shiftSigmas } from '../schedulers/flow-sigmas.ts';
import { defineFlowObjective } from './flow.ts';

/** Uniform times, moved by the shift of the model's scheduler: noise levels are asked for as often as sampling visits them. */
export const rectifiedFlowShifted = defineFlowObjective('rectified-flow-shifted', 'Rectified flow, shifted times', (generator, batch, shift) => Float32Array.from(shiftSigmas([...generator.rand(batch)], shift)));
