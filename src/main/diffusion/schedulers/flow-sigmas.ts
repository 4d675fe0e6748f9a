import { f32 } from '../float32.ts';
import type { PictureTokens } from '../scheduler.ts';
import { optionError } from './options.ts';
import { linspace } from './timesteps.ts';

/** Options that say how flow matching's noise levels are moved. */
export interface FlowShiftOptions {
  readonly shift: number | null;
  readonly flow_shift: number | null;
  readonly use_dynamic_shifting: boolean;
  readonly time_shift_type: 'exponential' | 'linear';
  readonly base_shift: number;
  readonly max_shift: number;
  readonly base_image_seq_len: number;
  readonly max_image_seq_len: number;
}

/** The name that a class itself has for the shift. */
export type ShiftKey = 'shift' | 'flow_shift';

/** Shift of Esser et al. (2024), formula 23: σ' = s·σ / (1 + (s - 1)·σ), which spends more steps on high noise for larger pictures. */
export function shiftSigmas(sigmas: readonly number[], shift: number): number[] {
  return sigmas.map((sigma) => (shift * sigma) / (1 + (shift - 1) * sigma));
}

/** The shift that a config sets, under the class's own name before that of other classes; 1 leaves levels as they are. */
export function staticShift(options: Pick<FlowShiftOptions, ShiftKey>, own: ShiftKey): number {
  return options[own] ?? options[otherKey(own)] ?? 1;
}

function otherKey(own: ShiftKey): ShiftKey {
  return own === 'shift' ? 'flow_shift' : 'shift';
}

/** s of {@link shiftSigmas} for one picture: that of its tokens with dynamic shifting, else {@link staticShift}. @throws AppError when dynamic shifting can't be used. */
export function levelShift(options: FlowShiftOptions, own: ShiftKey, picture: PictureTokens): number {
  return options.use_dynamic_shifting ? dynamicShift(options, picture) : staticShift(options, own);
}

/**
 * The shift at a number of tokens: e^μ, or μ where the type is linear, with μ on the line through (base_image_seq_len, base_shift) and (max_image_seq_len, max_shift).
 * @throws AppError when nobody says how many tokens there are, or the line gives no shift for them.
 */
function dynamicShift(options: FlowShiftOptions, { imageTokens }: PictureTokens): number {
  if (imageTokens === undefined) throw optionError('use_dynamic_shifting', 'needs a model that cuts pictures into tokens', true);
  const { base_shift: low, max_shift: high, base_image_seq_len: from, max_image_seq_len: to } = options;
  if (to <= from) throw optionError('max_image_seq_len', `must be above base_image_seq_len (${from})`, to);
  const slope = (high - low) / (to - from);
  const mu = imageTokens * slope + (low - slope * from);
  const shift = options.time_shift_type === 'exponential' ? Math.exp(mu) : mu;
  if (shift > 0 && Number.isFinite(shift)) return shift;
  throw optionError('base_shift and max_shift', `must give a finite shift above 0 for ${imageTokens} tokens`, shift);
}

/**
 * Checks that shifted levels fall from below `limit` to above 0 when they are float32, which an extreme shift prevents.
 * @throws AppError naming the key that the shift comes from.
 */
export function checkLevels(sigmas: readonly number[], options: Pick<FlowShiftOptions, ShiftKey | 'use_dynamic_shifting'>, own: ShiftKey, shift: number, limit = Infinity): void {
  const levels = sigmas.map(f32);
  if (levels.every((level, index) => level > 0 && level < (index === 0 ? limit : levels[index - 1]!))) return;
  const key = options[own] === null && options[otherKey(own)] !== null ? otherKey(own) : own;
  throw optionError(options.use_dynamic_shifting ? 'base_shift and max_shift' : key, 'must leave noise levels that float32 can tell from each other, from 0 and from 1', shift);
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
