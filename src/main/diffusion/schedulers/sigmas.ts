import { f32, map1, sqrt32 } from '../float32.ts';
import type { NoiseSchedule } from '../noise-schedule.ts';
import { betaQuantile } from './beta-quantile.ts';
import { booleanOption, choiceOption, optionError, type TimestepSpacing } from './options.ts';
import { linspace } from './timesteps.ts';

/** σ_t = sqrt((1 - ᾱ_t) / ᾱ_t): the noise level of every training time, in the scaling where the signal is 1. */
export function trainingSigmas(schedule: NoiseSchedule): Float32Array {
  return map1(schedule.alphasCumprod, (alphaBar) => sqrt32(f32(f32(1 - alphaBar) / alphaBar)));
}

/** ᾱ with the last one lifted to 2^-24 (the smallest float16 above zero), so that a zero terminal SNR has a finite σ. */
export function withFiniteLastSigma(schedule: NoiseSchedule, rescaled: boolean): NoiseSchedule {
  if (!rescaled) return schedule;
  const alphasCumprod = Float32Array.from(schedule.alphasCumprod);
  alphasCumprod[alphasCumprod.length - 1] = 2 ** -24;
  return { betas: schedule.betas, alphasCumprod };
}

/** `use_karras_sigmas` and its alternatives, of which at most one may be set. */
export function sigmaSpacingOptions() {
  return {
    use_karras_sigmas: booleanOption(false),
    use_exponential_sigmas: booleanOption(false),
    use_beta_sigmas: booleanOption(false),
  } as const;
}

/** `final_sigmas_type`: what stands after the last σ. */
export function finalSigmaOptions() {
  return { final_sigmas_type: choiceOption(['zero', 'sigma_min'], 'zero') } as const;
}

interface SigmaSpacing {
  readonly use_karras_sigmas: boolean;
  readonly use_exponential_sigmas: boolean;
  readonly use_beta_sigmas: boolean;
}

/** The spacing of a run whose sigmas follow from its times. */
export const NO_SIGMA_SPACING: SigmaSpacing = { use_karras_sigmas: false, use_exponential_sigmas: false, use_beta_sigmas: false };

/** Noise levels of one run and the times that go with them. */
export interface SigmaPlan {
  /** Falling, without the one after the last step. In double. */
  readonly sigmas: readonly number[];
  readonly timesteps: readonly number[];
  /** Whether the times were computed from the sigmas, and not the other way round. */
  readonly respaced: boolean;
}

/**
 * Sigmas at given times, or, with one of the spacing options, sigmas between two levels and the times that belong to them.
 * @param range Highest and lowest level of the spacing options; by default those at the first and the last time.
 */
export function planSigmas(spacing: SigmaSpacing, training: Float32Array, timesteps: readonly number[], range?: readonly [number, number]): SigmaPlan {
  const at = timesteps.map((time) => interpolate(training, time));
  const sigmas = respacedSigmas(spacing, range ?? [at[0]!, at.at(-1)!], timesteps.length);
  return sigmas === undefined ? { sigmas: at, timesteps, respaced: false } : respaced(sigmas, training);
}

/** Sigmas between two levels as one of the spacing options spreads them; undefined when none is set. @throws AppError when more than one is, or for levels with nothing between them. */
export function respacedSigmas(spacing: SigmaSpacing, [highest, lowest]: readonly [number, number], count: number): readonly number[] | undefined {
  const { use_karras_sigmas: karras, use_exponential_sigmas: exponential, use_beta_sigmas: beta } = spacing;
  if ([karras, exponential, beta].filter(Boolean).length > 1) {
    throw optionError('use_karras_sigmas, use_exponential_sigmas and use_beta_sigmas', 'must not be true together', [karras, exponential, beta]);
  }
  if ((karras || exponential || beta) && !(lowest > 0 && Number.isFinite(highest) && (count === 1 || lowest < highest))) {
    throw optionError('sigma_min and sigma_max', 'must be noise levels above 0, the first below the second', [lowest, highest]);
  }
  if (karras) return karrasSigmas(highest, lowest, count);
  if (exponential) return exponentialSigmas(highest, lowest, count);
  return beta ? betaSigmas(highest, lowest, count) : undefined;
}

/** Sigmas that were spaced by a rule of their own, with their times. */
export function respaced(sigmas: readonly number[], training: Float32Array): SigmaPlan {
  const logarithms = map1(training, Math.log);
  return { sigmas, timesteps: sigmas.map((sigma) => timeOfSigma(sigma, logarithms)), respaced: true };
}

/** The sigmas as the samplers use them: float32, with the final one added. */
export function finishSigmas(sigmas: readonly number[], final: number): Float32Array {
  return Float32Array.from([...sigmas, final]);
}

/** What initial noise is multiplied by: the largest σ, or sqrt(σ² + 1) where the first time isn't the last training time. */
export function initialSigma(sigmas: Float32Array, spacing: TimestepSpacing): number {
  const largest = sigmas.reduce((a, b) => Math.max(a, b));
  return spacing === 'leading' ? sqrt32(f32(f32(largest * largest) + 1)) : largest;
}

/** x / sqrt(σ² + 1): the model's input in the scaling of Karras et al. (2022). */
export function scaleBySigma(sample: Float32Array, sigma: number): Float32Array {
  const divisor = sqrt32(f32(f32(sigma * sigma) + 1));
  return map1(sample, (x) => x / divisor);
}

/** Karras et al. (2022), formula 5, ρ = 7. */
function karrasSigmas(highest: number, lowest: number, count: number): number[] {
  const [top, bottom] = [highest ** (1 / 7), lowest ** (1 / 7)];
  return linspace(0, 1, count).map((ramp) => (top + ramp * (bottom - top)) ** 7);
}

/** Even steps in log σ, both ends included. */
export function exponentialSigmas(highest: number, lowest: number, count: number): number[] {
  return linspace(Math.log(highest), Math.log(lowest), count).map(Math.exp);
}

/** Quantiles of a beta distribution between the two levels (Lee et al. 2024). */
function betaSigmas(highest: number, lowest: number, count: number): number[] {
  return linspace(0, 1, count).map((ramp) => lowest + betaQuantile(1 - ramp) * (highest - lowest));
}

/** Linear interpolation in a table at 0, 1, 2, …; outside it the nearest end. */
function interpolate(table: Float32Array, at: number): number {
  const last = table.length - 1;
  if (at >= last) return table[last]!;
  if (at <= 0) return table[0]!;
  const low = Math.floor(at);
  const [from, to] = [table[low]!, table[low + 1]!];
  return (to - from) * (at - low) + from;
}

/** The (fractional) training time of a noise level: linear in log σ between the two neighbours, clipped at the ends. */
function timeOfSigma(sigma: number, logarithms: Float32Array): number {
  const wanted = Math.log(Math.max(sigma, 1e-10));
  let low = 0;
  while (low < logarithms.length - 2 && logarithms[low + 1]! <= wanted) low += 1;
  const [below, above] = [logarithms[low]!, logarithms[low + 1]!];
  const weight = Math.min(Math.max((below - wanted) / (below - above), 0), 1);
  return (1 - weight) * low + weight * (low + 1);
}
