import type { PictureTokens } from '../scheduler.ts';
import { optionError } from './options.ts';
import { linspace } from './timesteps.ts';

/** Options that say how flow matching's noise levels are moved. */
export interface FlowShiftOptions {
  readonly use_dynamic_shifting: boolean;
  readonly time_shift_type: 'exponential' | 'linear';
  readonly base_shift: number;
  readonly max_shift: number;
  readonly base_image_seq_len: number;
  readonly max_image_seq_len: number;
}

/** Shift of Esser et al. (2024), formula 23: σ' = s·σ / (1 + (s - 1)·σ), which spends more steps on high noise for larger pictures. */
export function shiftSigmas(sigmas: readonly number[], shift: number): number[] {
  return sigmas.map((sigma) => (shift * sigma) / (1 + (shift - 1) * sigma));
}

/** As {@link shiftSigmas}, with a shift that depends on how many tokens a picture has: μ is linear in them, and σ' = m / (m + 1/σ - 1) with m = e^μ, or μ where the type is linear. */
export function shiftByTokens(sigmas: readonly number[], options: FlowShiftOptions, picture: PictureTokens): number[] {
  const mu = dynamicShift(options, picture);
  const weight = options.time_shift_type === 'exponential' ? Math.exp(mu) : mu;
  return sigmas.map((sigma) => weight / (weight + (1 / sigma - 1)));
}

/** μ at a number of tokens, on the line through (base_image_seq_len, base_shift) and (max_image_seq_len, max_shift). @throws AppError when nobody says how many there are. */
export function dynamicShift(options: FlowShiftOptions, { imageTokens }: PictureTokens): number {
  if (imageTokens === undefined) throw optionError('use_dynamic_shifting', 'needs a model that cuts pictures into tokens', true);
  const { base_shift: low, max_shift: high, base_image_seq_len: from, max_image_seq_len: to } = options;
  const slope = (high - low) / (to - from);
  return imageTokens * slope + (low - slope * from);
}

/** Stretches levels so that the last one is `terminal`. @throws AppError for a single level, which has nowhere to go. */
export function stretchToTerminal(sigmas: readonly number[], terminal: number): number[] {
  const factor = (1 - (sigmas.at(-1) ?? 0)) / (1 - terminal);
  if (!(factor > 0)) throw optionError('shift_terminal', 'needs at least 2 steps, and a last noise level below 1', terminal);
  return sigmas.map((sigma) => 1 - (1 - sigma) / factor);
}

/** Even levels of a run of `steps` between two levels, both included: what FlowMatchEuler and FlowMatchHeun start from. */
export function evenSigmas(highest: number, lowest: number, steps: number, trainCount: number): number[] {
  return linspace(highest * trainCount, lowest * trainCount, steps).map((time) => time / trainCount);
}
