import { shiftSigmas } from '../schedulers/flow-sigmas.ts';
import { shiftOf } from '../schedulers/index.ts';
import { defineFlowObjective } from './flow.ts';

/** Uniform times, moved by the shift of the model's scheduler, which may depend on the size of the pictures: noise levels are asked for as often as sampling visits them. */
export const rectifiedFlowShifted = defineFlowObjective('rectified-flow-shifted', 'Rectified flow, shifted times', (config, picture) => {
  const shift = shiftOf(config, picture);
  return (generator, batch) => Float32Array.from(shiftSigmas([...generator.rand(batch)], shift));
});
