import { f32 } from '../float32.ts';
import type { Scheduler } from '../scheduler.ts';
import { defineScheduler } from './define.ts';
import { evenSigmas, shiftSigmas } from './flow-sigmas.ts';
import { makeHeun } from './heun-steps.ts';
import { flowShift, integerOption, shiftOptions, type OptionsOf } from './options.ts';
import { finishSigmas } from './sigmas.ts';

const OPTIONS = { num_train_timesteps: integerOption(1000, 1, 1_000_000), ...shiftOptions() };

/** Heun's method of order 2 on the straight paths of flow matching: two model calls per step but the last. */
export const flowMatchHeun = defineScheduler({
  className: 'FlowMatchHeunDiscreteScheduler', id: 'flow-heun', title: 'Flow Heun', process: 'flow', stochastic: false, options: OPTIONS, make,
});

function make(options: OptionsOf<typeof OPTIONS>, steps: number): Scheduler {
  const { num_train_timesteps: count } = options;
  const shift = flowShift(options);
  const end = (sigma: number): number => f32(f32(shift * sigma) / f32(1 + f32((shift - 1) * sigma)));
  const levels = shiftSigmas(evenSigmas(end(1), end(f32(1 / count)), steps, count), shift).map(f32);
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
