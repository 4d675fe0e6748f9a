import { f32 } from '../float32.ts';
import type { Scheduler } from '../scheduler.ts';
import { defineScheduler } from './define.ts';
import { checkLevels, evenSigmas, shiftSigmas, staticShift } from './flow-sigmas.ts';
import { makeHeun } from './heun-steps.ts';
import { integerOption, nullMeansDefault, onlyOption, shiftOptions, type OptionsOf } from './options.ts';
import { finishSigmas } from './sigmas.ts';

/** The class has no more than a shift; what comes from configs of FlowMatchEuler and changes more than where steps lie is refused. */
const OPTIONS = {
  num_train_timesteps: integerOption(1000, 1, 1_000_000),
  ...shiftOptions(),
  use_dynamic_shifting: nullMeansDefault(onlyOption(false, 'Flow Heun has no shift by tokens')),
  invert_sigmas: nullMeansDefault(onlyOption(false, 'Flow Heun goes from noise to picture only')),
};
type Options = OptionsOf<typeof OPTIONS>;

/** Heun's method of order 2 on the straight paths of flow matching: two model calls per step but the last. */
export const flowMatchHeun = defineScheduler({
  className: 'FlowMatchHeunDiscreteScheduler', id: 'flow-heun', title: 'Flow Heun', process: 'flow', stochastic: false, options: OPTIONS, shift: flowShift, make,
});

function flowShift(options: Options): number {
  return staticShift(options, 'shift');
}

function make(options: Options, steps: number): Scheduler {
  const { num_train_timesteps: count } = options;
  const shift = flowShift(options);
  const end = (sigma: number): number => f32(f32(shift * sigma) / f32(1 + f32((shift - 1) * sigma)));
  const levels = shiftSigmas(evenSigmas(end(1), end(f32(1 / count)), steps, count), shift).map(f32);
  checkLevels(levels, options, 'shift', shift);
  return makeHeun({
    timesteps: levels.map((sigma) => f32(sigma * count)),
    levels: finishSigmas(levels, 0),
    initNoiseSigma: 1,
    scaleModelInput: (sample) => sample,
    // x_0 = x - σ·v, as the reference rounds it
    denoise: (sigma, output, sample) => sample.map((x, index) => x - f32(output[index]! * sigma)),
    average: (before, now) => f32(0.5 * f32(before + now)),
  });
}
