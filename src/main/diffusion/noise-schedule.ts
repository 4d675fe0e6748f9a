import { f32, map1, map2, sqrt32 } from './float32.ts';

/** How betas run over the training times (diffusers' names). */
export const BETA_SCHEDULES = ['linear', 'scaled_linear', 'squaredcos_cap_v2', 'sigmoid', 'laplace', 'exp'] as const;
export type BetaSchedule = (typeof BETA_SCHEDULES)[number];

/** What a noise schedule is made from: the keys of scheduler_config.json. */
export interface NoiseScheduleOptions {
  readonly num_train_timesteps: number;
  readonly beta_start: number;
  readonly beta_end: number;
  readonly beta_schedule: BetaSchedule;
  readonly trained_betas: readonly number[] | null;
  readonly rescale_betas_zero_snr?: boolean;
}

/** The forward process q(x_t | x_0) = N(sqrt(ᾱ_t)·x_0, (1 - ᾱ_t)·I) of DDPM (Ho et al. 2020, formula 4), in float32 as torch computes it. */
export interface NoiseSchedule {
  /** β_t, t = 0..T-1. */
  readonly betas: Float32Array;
  /** ᾱ_t = Π (1 - β_s), s <= t: the product in double, rounded once. */
  readonly alphasCumprod: Float32Array;
}

/** Betas of all training times and the products that the samplers use. */
export function createNoiseSchedule(options: NoiseScheduleOptions): NoiseSchedule {
  const made = makeBetas(options);
  const betas = options.rescale_betas_zero_snr === true ? rescaleToZeroTerminalSnr(made) : made;
  return { betas, alphasCumprod: cumulativeProduct(betas) };
}

function makeBetas(options: NoiseScheduleOptions): Float32Array {
  const { num_train_timesteps: count, beta_start: start, beta_end: end, trained_betas: trained } = options;
  if (trained !== null) return Float32Array.from(trained);
  switch (options.beta_schedule) {
    case 'linear': return linspace32(start, end, count);
    case 'scaled_linear': return map1(linspace32(Math.sqrt(start), Math.sqrt(end), count), (root) => root * root);
    case 'sigmoid': return map1(linspace32(-6, 6, count), (x) => f32(f32(1 / (1 + Math.exp(-x))) * f32(end - start)) + f32(start));
    case 'squaredcos_cap_v2': return betasOf((t) => Math.cos(((t + 0.008) / 1.008) * (Math.PI / 2)) ** 2, count);
    case 'laplace': return betasOf(laplaceAlphaBar, count);
    case 'exp': return betasOf((t) => Math.exp(-12 * t), count);
  }
}

function laplaceAlphaBar(t: number): number {
  const lambda = -0.5 * (t > 0.5 ? -1 : 1) * Math.log(1 - 2 * Math.abs(0.5 - t) + 1e-6);
  const snr = Math.exp(lambda);
  return Math.sqrt(snr / (1 + snr));
}

/** β_i = min(1 - ᾱ(t_{i+1}) / ᾱ(t_i), 0.999) on an even grid of t in 0..1 (Nichol and Dhariwal 2021). */
function betasOf(alphaBar: (t: number) => number, count: number): Float32Array {
  return Float32Array.from({ length: count }, (_, index) => Math.min(1 - alphaBar((index + 1) / count) / alphaBar(index / count), 0.999));
}

/** torch.linspace in float32: the first half counts up from the start, the second half down from the end. */
export function linspace32(start: number, end: number, count: number): Float32Array {
  const [first, last] = [f32(start), f32(end)];
  const step = f32(f32(last - first) / (count - 1));
  const at = (index: number): number => (index < count / 2 ? first + step * index : last - step * (count - 1 - index));
  return Float32Array.from({ length: count }, (_, index) => (count === 1 ? first : at(index)));
}

function cumulativeProduct(betas: Float32Array): Float32Array {
  let product = 1;
  return map1(betas, (beta) => (product *= f32(1 - beta)));
}

/** Shifts and scales sqrt(ᾱ) so that the last time is pure noise (Lin et al. 2023, algorithm 1). */
function rescaleToZeroTerminalSnr(betas: Float32Array): Float32Array {
  const roots = map1(cumulativeProduct(betas), Math.sqrt);
  const [first, last] = [roots[0]!, roots.at(-1)!];
  const scale = f32(first / f32(first - last));
  const alphaBars = map1(roots, (root) => {
    const moved = f32(f32(root - last) * scale);
    return moved * moved;
  });
  return map1(Float32Array.from(alphaBars.keys()), (index) => 1 - (index === 0 ? alphaBars[0]! : f32(alphaBars[index]! / alphaBars[index - 1]!)));
}

/**
 * x_t = sqrt(ᾱ_t)·x_0 + sqrt(1 - ᾱ_t)·noise.
 * @param original x_0, [B, ...] row by row.
 * @param timesteps One training time 0..T-1 per row.
 */
export function addNoise(schedule: NoiseSchedule, original: Float32Array, noise: Float32Array, timesteps: readonly number[]): Float32Array {
  return perRow(schedule, original, noise, timesteps, (signal, spread, x, n) => f32(signal * x) + f32(spread * n));
}

/** v_t = sqrt(ᾱ_t)·noise - sqrt(1 - ᾱ_t)·x_0 (Salimans and Ho 2022), what a v-prediction model is trained on. */
export function velocity(schedule: NoiseSchedule, original: Float32Array, noise: Float32Array, timesteps: readonly number[]): Float32Array {
  return perRow(schedule, original, noise, timesteps, (signal, spread, x, n) => f32(signal * n) - f32(spread * x));
}

type RowFormula = (signal: number, spread: number, original: number, noise: number) => number;

function perRow(schedule: NoiseSchedule, original: Float32Array, noise: Float32Array, timesteps: readonly number[], formula: RowFormula): Float32Array {
  const width = original.length / timesteps.length;
  const out = new Float32Array(original.length);
  timesteps.forEach((timestep, row) => {
    const alphaBar = schedule.alphasCumprod[timestep];
    if (alphaBar === undefined) throw new RangeError(`noise schedule: timestep must be 0..${schedule.betas.length - 1}, got ${timestep}`);
    const [signal, spread] = [sqrt32(alphaBar), sqrt32(f32(1 - alphaBar))];
    const [from, to] = [row * width, (row + 1) * width];
    out.set(map2(original.subarray(from, to), noise.subarray(from, to), (x, n) => formula(signal, spread, x, n)), from);
  });
  return out;
}
