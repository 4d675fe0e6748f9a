import { drawNoise, f32, map1, map2, sqrt32 } from '../float32.ts';
import { createNoiseSchedule, type NoiseSchedule } from '../noise-schedule.ts';
import type { PictureTokens, Scheduler } from '../scheduler.ts';
import type { TorchGenerator } from '../../core/random/torch-generator.ts';
import { convertPrediction } from './convert-prediction.ts';
import { ALGORITHMS, type Algorithm, type Weights } from './dpm-weights.ts';
import { checkLevels, levelShift, shiftSigmas } from './flow-sigmas.ts';
import { flowLevelsOf, levelsOf, type Level } from './levels.ts';
import {
  ALL_PREDICTION_TYPES, booleanOption, choiceOption, COMMON_BETA_SCHEDULES, flowOptions, integerOption, noiseOptions, numberOption, onlyOption, optionError,
  spacingOptions, thresholdingOptions, usesFlow, type OptionsOf,
} from './options.ts';
import { exponentialSigmas, finalSigmaOptions, finishSigmas, planSigmas, respaced, sigmaSpacingOptions, trainingSigmas, withFiniteLastSigma } from './sigmas.ts';
import { linspace, multistepTimesteps, roundHalfEven } from './timesteps.ts';

/** Options of DPMSolverMultistepScheduler. `deis`, `logrho`, `bh1` and `bh2` come from configs of other classes and are taken as the defaults. */
export const DPM_OPTIONS = {
  ...noiseOptions(COMMON_BETA_SCHEDULES),
  ...spacingOptions('linspace'),
  ...sigmaSpacingOptions(),
  ...finalSigmaOptions(),
  ...thresholdingOptions(),
  ...flowOptions(),
  solver_order: integerOption(2, 1, 3),
  prediction_type: choiceOption(ALL_PREDICTION_TYPES, 'epsilon'),
  algorithm_type: choiceOption(['dpmsolver', 'dpmsolver++', 'sde-dpmsolver', 'sde-dpmsolver++', 'deis'], 'dpmsolver++'),
  solver_type: choiceOption(['midpoint', 'heun', 'logrho', 'bh1', 'bh2'], 'midpoint'),
  lower_order_final: booleanOption(true),
  euler_at_final: booleanOption(false),
  use_lu_lambdas: booleanOption(false),
  lambda_min_clipped: numberOption(-Infinity),
  variance_type: onlyOption(null, 'models that predict a variance are not supported'),
  rescale_betas_zero_snr: booleanOption(false),
};
type Options = OptionsOf<typeof DPM_OPTIONS>;

/** Below this many steps the last ones are taken with lower order. */
const FEW_STEPS = 15;

/** DPM-Solver and DPM-Solver++ as multistep methods (Lu et al. 2022), as ODE or SDE. @throws AppError for options that exclude each other. */
export function makeDpmMultistep(options: Options, steps: number, picture: PictureTokens): Scheduler {
  const type = options.algorithm_type === 'deis' ? 'dpmsolver++' : options.algorithm_type;
  const algorithm = ALGORITHMS[type];
  if (algorithm.predicts === 'noise' && options.final_sigmas_type === 'zero') {
    throw optionError('final_sigmas_type', `must be "sigma_min" with algorithm_type "${type}"`, 'zero');
  }
  if (type === 'sde-dpmsolver' && options.solver_order === 3) throw optionError('solver_order', 'must be 1 or 2 with algorithm_type "sde-dpmsolver"', 3);
  if (usesFlow(options)) checkFlow(options, algorithm);
  return new DpmMultistep(options, algorithm, steps, picture);
}

/** Whether these options sample a flow model. */
export function dpmProcess(options: Options): 'flow' | 'diffusion' {
  return usesFlow(options) ? 'flow' : 'diffusion';
}

/** What noise levels of flow matching are shifted by. @throws AppError for what the reference doesn't do either: a shift that is linear in the number of tokens. */
export function dpmShift(options: Options, picture: PictureTokens): number {
  const { use_dynamic_shifting: dynamic, time_shift_type: type } = options;
  if (dynamic && type !== 'exponential') throw optionError('time_shift_type', 'must be "exponential" with use_dynamic_shifting in DPM++', type);
  return levelShift(options, 'flow_shift', picture);
}

function checkFlow(options: Options, algorithm: Algorithm): void {
  if (algorithm.predicts === 'noise') throw optionError('algorithm_type', 'must be "dpmsolver++" or "sde-dpmsolver++" with use_flow_sigmas', options.algorithm_type);
  for (const key of ['use_karras_sigmas', 'use_exponential_sigmas', 'use_beta_sigmas', 'use_lu_lambdas', 'invert_sigmas'] as const) {
    if (options[key]) throw optionError(key, 'must be false with use_flow_sigmas', true);
  }
}

class DpmMultistep implements Scheduler {
  readonly initNoiseSigma = 1;
  readonly timesteps: readonly number[];
  private readonly levels: readonly Level[];
  /** Converted predictions, newest first, at most `solver_order`. */
  private history: Float32Array[] = [];

  constructor(private readonly options: Options, private readonly algorithm: Algorithm, steps: number, picture: PictureTokens) {
    const schedule = withFiniteLastSigma(createNoiseSchedule(options), options.rescale_betas_zero_snr);
    const training = trainingSigmas(schedule);
    const plan = options.use_flow_sigmas ? makeFlowPlan(options, steps, picture) : makePlan(options, schedule, training, steps);
    this.timesteps = plan.timesteps;
    this.levels = (options.use_flow_sigmas ? flowLevelsOf : levelsOf)(finishSigmas(plan.sigmas, options.final_sigmas_type === 'zero' ? 0 : training[0]!));
  }

  scaleModelInput(sample: Float32Array): Float32Array {
    return sample;
  }

  step(output: Float32Array, index: number, sample: Float32Array, generators: readonly TorchGenerator[]): Float32Array {
    const level = this.levels[index]!;
    const converted = convertPrediction(this.options, this.algorithm.predicts, level, output, sample, generators.length);
    const order = Math.min(this.options.solver_order, this.history.length + 1, this.highestOrder(index));
    this.history = [converted, ...this.history].slice(0, this.options.solver_order);
    const noise = this.algorithm.stochastic ? drawNoise(generators, sample.length) : undefined;
    return this.update(order, index, sample, noise);
  }

  /** Short runs end with lower orders, and a last level of zero allows only the first. */
  private highestOrder(index: number): number {
    const { euler_at_final: euler, lower_order_final: lower, final_sigmas_type: final } = this.options;
    const left = this.timesteps.length - index;
    const few = lower && this.timesteps.length < FEW_STEPS;
    if (left === 1 && (euler || few || final === 'zero')) return 1;
    return left === 2 && few ? 2 : 3;
  }

  private update(order: number, index: number, sample: Float32Array, noise: Float32Array | undefined): Float32Array {
    const [to, from] = [this.levels[index + 1]!, this.levels[index]!];
    const step = f32(to.lambda - from.lambda);
    const weights = this.algorithm.weights(from, to, step);
    const [newest] = this.history;
    let result = map2(sample, newest!, (x, m) => f32(weights.sample * x) + f32(weights.value * m));
    const terms = order === 1 ? [] : this.differences(order, index, step, weights);
    if (noise !== undefined) terms.push([weights.noise, noise]);
    for (const [weight, term] of terms) result = map2(result, term, (x, d) => x + f32(weight * d));
    return result;
  }

  /** Divided differences of the history in λ, with their weights: first, and for order 3 second. */
  private differences(order: number, index: number, step: number, weights: Weights): [number, Float32Array][] {
    const [m0, m1, m2] = this.history;
    const lambda = (back: number): number => this.levels[index - back]!.lambda;
    const r0 = f32(f32(lambda(0) - lambda(1)) / step);
    const inverse0 = f32(1 / r0);
    const first = map2(m0!, m1!, (a, b) => inverse0 * f32(a - b));
    if (order === 2) return [[this.options.solver_type === 'heun' ? weights.slopeHeun : weights.slopeMidpoint, first]];
    const r1 = f32(f32(lambda(1) - lambda(2)) / step);
    const inverse1 = f32(1 / r1);
    const before = map2(m1!, m2!, (a, b) => inverse1 * f32(a - b));
    const change = map2(first, before, (a, b) => a - b);
    const share = f32(r0 / f32(r0 + r1));
    const inverse = f32(1 / f32(r0 + r1));
    const slope = map2(first, change, (d, c) => d + f32(share * c));
    return [[weights.slopeHeun, slope], [weights.curvature, map1(change, (c) => inverse * c)]];
  }
}

function makePlan(options: Options, schedule: NoiseSchedule, training: Float32Array, steps: number): { sigmas: readonly number[]; timesteps: readonly number[] } {
  const times = multistepTimesteps(options, steps, unclippedTimes(schedule, options.lambda_min_clipped));
  const range = [training.at(-1)!, training[0]!] as const;
  const lu = options.use_lu_lambdas && !options.use_karras_sigmas;
  const plan = lu ? respaced(exponentialSigmas(...range, steps), training) : planSigmas(options, training, times, range);
  if (!plan.respaced) return plan;
  // Times become integers; the reference rounds them except for the cosine schedule and exponential sigmas, which it cuts off.
  const rounds = options.beta_schedule !== 'squaredcos_cap_v2' && (lu || options.use_karras_sigmas);
  return { sigmas: plan.sigmas, timesteps: plan.timesteps.map(rounds ? roundHalfEven : Math.trunc) };
}

/** Straight paths: even levels from 1 - 1/T down, shifted; times are cut off to integers. */
function makeFlowPlan(options: Options, steps: number, picture: PictureTokens): { sigmas: readonly number[]; timesteps: readonly number[] } {
  const { num_train_timesteps: count } = options;
  const shift = dpmShift(options, picture);
  const even = linspace(1, 1 / count, steps + 1).map((alpha) => 1 - alpha).reverse().slice(0, -1);
  const sigmas = shiftSigmas(even, shift);
  checkLevels(sigmas, options, 'flow_shift', shift, 1);
  return { sigmas, timesteps: sigmas.map((sigma) => Math.trunc(sigma * count)) };
}

/** How many training times have λ = ln(α / σ) of at least the limit. */
function unclippedTimes({ alphasCumprod }: NoiseSchedule, limit: number): number {
  return alphasCumprod.filter((alphaBar) => {
    const lambda = f32(f32(Math.log(sqrt32(alphaBar))) - f32(Math.log(sqrt32(f32(1 - alphaBar)))));
    return lambda >= limit;
  }).length;
}
