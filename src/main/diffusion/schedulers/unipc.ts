import { z } from 'zod';
import { f32, map1, map2 } from '../float32.ts';
import { createNoiseSchedule } from '../noise-schedule.ts';
import type { PictureTokens, Scheduler } from '../scheduler.ts';
import type { TorchGenerator } from '../../core/random/torch-generator.ts';
import { convertPrediction } from './convert-prediction.ts';
import { defineScheduler } from './define.ts';
import { checkLevels, levelShift, shiftSigmas, stretchToTerminal } from './flow-sigmas.ts';
import { flowLevelsOf, levelsOf, type Level } from './levels.ts';
import {
  ALL_PREDICTION_TYPES, booleanOption, choiceOption, COMMON_BETA_SCHEDULES, flowOptions, integerOption, noiseOptions, onlyOption, optionalNumberOption, optionError,
  spacingOptions, terminalOption, thresholdingOptions, usesFlow, type OptionsOf,
} from './options.ts';
import { finalSigmaOptions, finishSigmas, planSigmas, sigmaSpacingOptions, trainingSigmas, withFiniteLastSigma } from './sigmas.ts';
import { linspace, multistepTimesteps, roundHalfEven } from './timesteps.ts';
import { solveLinear } from './solve-linear.ts';

const OPTIONS = {
  ...noiseOptions(COMMON_BETA_SCHEDULES),
  ...spacingOptions('linspace'),
  ...sigmaSpacingOptions(),
  ...finalSigmaOptions(),
  ...thresholdingOptions(),
  ...flowOptions(),
  solver_order: integerOption(2, 1, 3),
  prediction_type: choiceOption(ALL_PREDICTION_TYPES, 'epsilon'),
  predict_x0: booleanOption(true),
  // `midpoint`, `heun` and `logrho` come from configs of other classes and are taken as the default.
  solver_type: choiceOption(['bh1', 'bh2', 'midpoint', 'heun', 'logrho'], 'bh2'),
  lower_order_final: booleanOption(true),
  disable_corrector: z.array(z.int(), { error: 'must be a list of whole numbers' }).default([]),
  solver_p: onlyOption(null, 'another predictor is not supported'),
  shift_terminal: terminalOption(),
  sigma_min: optionalNumberOption(),
  sigma_max: optionalNumberOption(),
  rescale_betas_zero_snr: booleanOption(false),
};
type Options = OptionsOf<typeof OPTIONS>;

/** UniPC (Zhao et al. 2023): a multistep predictor, and a corrector that uses the next model call for the step before it. */
export const unipc = defineScheduler({
  className: 'UniPCMultistepScheduler', id: 'unipc', title: 'UniPC', stochastic: false, options: OPTIONS,
  process: (options) => (usesFlow(options) ? 'flow' : 'diffusion'), shift: flowShift, make: (options, steps, picture) => new UniPc(options, steps, picture),
});

/** What predictor and corrector share for one step from level to level. */
interface Move {
  /** x_t without any difference terms. */
  readonly plain: Float32Array;
  /** What the weighted differences are multiplied by. */
  readonly scale: number;
  /** Divided differences of older predictions against the newest. */
  readonly differences: readonly Float32Array[];
  readonly matrix: readonly (readonly number[])[];
  readonly right: readonly number[];
}

class UniPc implements Scheduler {
  readonly initNoiseSigma = 1;
  readonly timesteps: readonly number[];
  private readonly levels: readonly Level[];
  /** Converted predictions, newest first. */
  private history: Float32Array[] = [];
  private lastSample: Float32Array | undefined;
  private lastOrder = 0;

  constructor(private readonly options: Options, steps: number, picture: PictureTokens) {
    if (usesFlow(options)) {
      const plan = makeFlowPlan(options, steps, picture);
      this.levels = flowLevelsOf(plan.levels);
      this.timesteps = plan.timesteps;
      return;
    }
    if (options.shift_terminal !== null) throw optionError('shift_terminal', 'needs use_flow_sigmas', options.shift_terminal);
    if (options.use_dynamic_shifting) throw optionError('use_dynamic_shifting', 'needs use_flow_sigmas', true);
    const training = trainingSigmas(withFiniteLastSigma(createNoiseSchedule(options), options.rescale_betas_zero_snr));
    const times = multistepTimesteps(options, steps, options.num_train_timesteps);
    const plan = planSigmas(options, training, times, [options.sigma_max ?? training.at(-1)!, options.sigma_min ?? training[0]!]);
    const lowest = plan.respaced ? plan.sigmas.at(-1)! : training[0]!;
    this.levels = levelsOf(finishSigmas(plan.sigmas, options.final_sigmas_type === 'zero' ? 0 : lowest));
    // Times become integers; the reference rounds those of Karras' sigmas and cuts off those of exponential ones.
    this.timesteps = plan.timesteps.map(options.use_karras_sigmas ? roundHalfEven : Math.trunc);
  }

  scaleModelInput(sample: Float32Array): Float32Array {
    return sample;
  }

  step(output: Float32Array, index: number, sample: Float32Array, generators: readonly TorchGenerator[]): Float32Array {
    const { options } = this;
    const level = this.levels[index]!;
    // The reference thresholds the clean sample only where that is what it integrates.
    const clipping = { ...options, thresholding: options.thresholding && options.predict_x0 };
    const converted = convertPrediction(clipping, options.predict_x0 ? 'original' : 'noise', level, output, sample, generators.length);
    const corrects = this.lastSample !== undefined && !options.disable_corrector.includes(index - 1);
    const corrected = corrects ? this.correct(converted, index) : sample;
    this.history = [converted, ...this.history].slice(0, options.solver_order);
    const left = options.lower_order_final ? this.timesteps.length - index : options.solver_order;
    this.lastOrder = Math.min(options.solver_order, left, this.history.length);
    this.lastSample = corrected;
    return this.predict(corrected, index);
  }

  private predict(sample: Float32Array, index: number): Float32Array {
    const order = this.lastOrder;
    const move = this.move(sample, index, index + 1, order);
    if (order === 1) return move.plain;
    const rest = move.matrix.slice(0, -1).map((row) => row.slice(0, -1));
    const weights = order === 2 ? [0.5] : solveLinear(rest, move.right.slice(0, -1)).map(f32);
    return apply(move, weightedSum(weights, move.differences));
  }

  private correct(prediction: Float32Array, index: number): Float32Array {
    const order = this.lastOrder;
    const move = this.move(this.lastSample!, index - 1, index, order);
    const weights = order === 1 ? [0.5] : solveLinear(move.matrix, move.right).map(f32);
    const latest = map2(prediction, this.history[0]!, (now, before) => now - before);
    return apply(move, weightedSum(weights, [...move.differences, latest]));
  }

  /** The exponential integrator from one level to the next, and the linear system for the weights of the differences (formulas 5 to 9). */
  private move(sample: Float32Array, from: number, to: number, order: number): Move {
    const { predict_x0: predictsOriginal, solver_type: type } = this.options;
    const [begin, end] = [this.levels[from]!, this.levels[to]!];
    const h = f32(end.lambda - begin.lambda);
    const signed = predictsOriginal ? -h : h;
    const growth = f32(Math.expm1(signed));
    const carry = predictsOriginal ? f32(end.sigma / begin.sigma) : f32(end.alpha / begin.alpha);
    const gain = predictsOriginal ? end.alpha : end.sigma;
    const valueWeight = f32(gain * growth);
    const basis = type === 'bh1' ? signed : growth;
    const newest = this.history[0]!;
    const ratios = Array.from({ length: order - 1 }, (_, back) => f32(f32(this.levels[from - back - 1]!.lambda - begin.lambda) / h));
    return {
      plain: map2(sample, newest, (x, m) => f32(carry * x) - f32(valueWeight * m)),
      scale: f32(gain * basis),
      differences: ratios.map((ratio, back) => map2(this.history[back + 1]!, newest, (older, m) => f32(older - m) / ratio)),
      matrix: Array.from({ length: order }, (_, power) => [...ratios, 1].map((ratio) => f32(ratio ** power))),
      right: rightHandSide(order, signed, growth, basis),
    };
  }
}

function flowShift(options: Options, picture: PictureTokens): number {
  return levelShift(options, 'flow_shift', picture);
}

/** Noise levels and times on straight paths: even levels from 1 down, shifted, then stretched where asked for. Times are cut off to integers. */
function makeFlowPlan(options: Options, steps: number, picture: PictureTokens): { levels: Float32Array; timesteps: readonly number[] } {
  const { num_train_timesteps: count, shift_terminal: terminal } = options;
  if (!options.predict_x0) throw optionError('predict_x0', 'must be true with use_flow_sigmas', false);
  for (const key of ['use_karras_sigmas', 'use_exponential_sigmas', 'use_beta_sigmas', 'invert_sigmas'] as const) {
    if (options[key]) throw optionError(key, 'must be false with use_flow_sigmas', true);
  }
  const even = linspace(1, 1 / count, steps + 1).slice(0, -1);
  const shift = flowShift(options, picture);
  const shifted = shiftSigmas(even, shift);
  const sigmas = terminal === null || terminal === 0 ? shifted : stretchToTerminal(shifted, terminal);
  // λ is infinite at σ = 1.
  if (Math.abs(sigmas[0]! - 1) < NEARLY_ONE) sigmas[0]! -= NEARLY_ONE;
  checkLevels(sigmas, options, 'flow_shift', shift, 1);
  return { levels: finishSigmas(sigmas, options.final_sigmas_type === 'zero' ? 0 : sigmas.at(-1)!), timesteps: sigmas.map((sigma) => Math.trunc(sigma * count)) };
}

/** What the first level is lowered by where it is 1, as in the reference. */
const NEARLY_ONE = 1e-6;

/** b_i = i!·φ_{i+1}(h)·h / B(h), i = 1..order. */
function rightHandSide(order: number, h: number, growth: number, basis: number): number[] {
  const right: number[] = [];
  let phi = f32(f32(growth / h) - 1);
  let factorial = 1;
  for (let index = 1; index <= order; index += 1) {
    right.push(f32(f32(phi * factorial) / basis));
    factorial *= index + 1;
    phi = f32(f32(phi / h) - f32(1 / factorial));
  }
  return right;
}

function weightedSum(weights: readonly number[], terms: readonly Float32Array[]): Float32Array {
  let sum = map1(terms[0]!, (term) => weights[0]! * term);
  terms.slice(1).forEach((term, index) => {
    sum = map2(sum, term, (total, value) => total + f32(weights[index + 1]! * value));
  });
  return sum;
}

function apply(move: Move, correction: Float32Array): Float32Array {
  return map2(move.plain, correction, (x, d) => x - f32(move.scale * d));
}
