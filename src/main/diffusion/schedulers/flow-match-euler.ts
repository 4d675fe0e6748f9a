import { addScaled, drawNoise, f32, map1, map2 } from '../float32.ts';
import type { PictureTokens, Scheduler } from '../scheduler.ts';
import { defineScheduler } from './define.ts';
import { checkLevels, evenSigmas, levelShift, shiftSigmas, stretchToTerminal } from './flow-sigmas.ts';
import { booleanOption, dynamicShiftOptions, integerOption, optionalNumberOption, optionError, shiftOptions, terminalOption, type OptionsOf } from './options.ts';
import { finishSigmas, respacedSigmas, sigmaSpacingOptions } from './sigmas.ts';

const OPTIONS = {
  num_train_timesteps: integerOption(1000, 1, 1_000_000),
  ...shiftOptions(),
  ...sigmaSpacingOptions(),
  ...dynamicShiftOptions(1.15),
  invert_sigmas: booleanOption(false),
  shift_terminal: terminalOption(),
  // Not of the class itself, but it heeds them where another class left them in the file.
  sigma_min: optionalNumberOption(),
  sigma_max: optionalNumberOption(),
  stochastic_sampling: booleanOption(false),
};
type Options = OptionsOf<typeof OPTIONS>;

/** Euler's method on the straight paths of flow matching: x' = x + (σ' - σ)·v (Esser et al. 2024). */
export const flowMatchEuler = defineScheduler({
  className: 'FlowMatchEulerDiscreteScheduler', id: 'flow-euler', title: 'Flow Euler', process: 'flow', stochastic: false, options: OPTIONS, shift: flowShift, make,
});

function flowShift(options: Options, picture: PictureTokens): number {
  return levelShift(options, 'shift', picture);
}

function make(options: Options, steps: number, picture: PictureTokens): Scheduler {
  const levels = makeSigmas(options, steps, picture).map(f32);
  const inverted = options.invert_sigmas ? levels.map((sigma) => f32(1 - sigma)) : levels;
  const sigmas = finishSigmas(inverted, options.invert_sigmas ? 1 : 0);
  return {
    timesteps: inverted.map((sigma) => f32(sigma * options.num_train_timesteps)),
    initNoiseSigma: 1,
    scaleModelInput: (sample) => sample,
    step(output, index, sample, generators) {
      const [sigma, next] = [sigmas[index]!, sigmas[index + 1]!];
      if (!options.stochastic_sampling) return addScaled(sample, f32(next - sigma), output);
      const original = map2(sample, output, (x, v) => x - f32(sigma * v));
      const kept = f32(1 - next);
      return addScaled(map1(original, (x) => kept * x), next, drawNoise(generators, sample.length));
    },
  };
}

/** Noise levels in double, falling: even ones between the ends of the training levels, shifted, then stretched and spaced anew where asked for. */
function makeSigmas(options: Options, steps: number, picture: PictureTokens): readonly number[] {
  const { num_train_timesteps: count, use_dynamic_shifting: dynamic, shift_terminal: terminal } = options;
  const shift = flowShift(options, picture);
  // The training levels are float32, and shifted already unless shifting depends on the picture.
  const end = (sigma: number): number => (dynamic ? sigma : f32(f32(shift * sigma) / f32(1 + f32((shift - 1) * sigma))));
  const even = evenSigmas(end(1), end(f32(1 / count)), steps, count);
  const shifted = shiftSigmas(even, shift);
  checkLevels(shifted, options, 'shift', shift);
  const stretched = terminal === null || terminal === 0 ? shifted : stretchToTerminal(shifted, terminal);
  const { sigma_max: highest, sigma_min: lowest } = options;
  const respaced = respacedSigmas(options, [highest ?? stretched[0]!, lowest ?? stretched.at(-1)!], steps);
  if (respaced !== undefined && highest !== null && highest > 1) throw optionError('sigma_max', 'must be at most 1, the level of noise alone', highest);
  return respaced ?? stretched;
}
