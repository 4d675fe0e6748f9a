import { z } from 'zod';
import { inputError } from '../../../contract/errors.ts';
import { printable } from '../../core/printable.ts';
import type { BetaSchedule } from '../noise-schedule.ts';

/** What messages call the file. */
const FILE = 'scheduler_config.json';

/**
 * Every option of the scheduler classes that diffusers counts as exchangeable. A class ignores those that only others have (SD1.5's own
 * PNDM config carries `clip_sample`); a key outside this list is an error.
 */
const KNOWN_OPTIONS: ReadonlySet<string> = new Set([
  'algorithm_type', 'base_image_seq_len', 'base_shift', 'beta_end', 'beta_schedule', 'beta_start', 'clip_sample', 'clip_sample_range', 'disable_corrector',
  'dynamic_thresholding_ratio', 'euler_at_final', 'final_sigmas_type', 'flow_shift', 'interpolation_type', 'invert_sigmas', 'lambda_min_clipped',
  'lower_order_final', 'max_image_seq_len', 'max_shift', 'noise_sampler_seed', 'num_train_timesteps', 'predict_x0', 'prediction_type', 'rescale_betas_zero_snr', 'rho',
  'sample_max_value', 'set_alpha_to_one', 'shift', 'shift_terminal', 'sigma_data', 'sigma_max', 'sigma_min', 'sigma_schedule', 'skip_prk_steps',
  'solver_order', 'solver_p', 'solver_type', 'steps_offset', 'stochastic_sampling', 'thresholding', 'time_shift_type', 'timestep_spacing', 'timestep_type',
  'trained_betas', 'use_beta_sigmas', 'use_dynamic_shifting', 'use_exponential_sigmas', 'use_flow_sigmas', 'use_karras_sigmas',
  'use_lu_lambdas', 'variance_type',
]);

/** Options of one class by name, each with its default. */
export type OptionShape = Readonly<Record<string, z.ZodType>>;
export type OptionsOf<S extends OptionShape> = z.infer<z.ZodObject<S>>;

/**
 * The options of one class out of a parsed scheduler_config.json. As diffusers' `from_config` does it: keys that begin with `_` are
 * left out, so are those that `_use_default_values` lists and those that only other classes have; what is missing gets the default.
 * @throws AppError naming file, key and value for a key or a value that isn't known.
 */
export function readOptions<S extends OptionShape>(shape: S, config: Readonly<Record<string, unknown>>): OptionsOf<S> {
  const defaulted: unknown = config['_use_default_values'];
  const own: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(config)) {
    if (key.startsWith('_') || (Array.isArray(defaulted) && defaulted.includes(key))) continue;
    if (Object.hasOwn(shape, key)) own[key] = value;
    else if (!KNOWN_OPTIONS.has(key)) throw optionError(key, 'is not an option of any known scheduler', value);
  }
  const result = z.object(shape).safeParse(own);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const key = String(issue?.path[0]);
  throw optionError(key, issue?.message ?? 'is not valid', own[key]);
}

/** The error for one option, naming file, key, rule and value. */
export function optionError(key: string, rule: string, value: unknown): Error {
  return inputError('scheduler.option', FILE, `${key} ${rule}`, { got: printable(value) });
}

/** Any number; infinite ones are allowed, since Python writes them (`lambda_min_clipped`). */
export function numberOption(fallback: number): z.ZodDefault<z.ZodType<number>> {
  return option<number>((value) => typeof value === 'number' && !Number.isNaN(value), 'must be a number').default(fallback);
}

/** A finite number. */
export function finiteOption(fallback: number): z.ZodDefault<z.ZodType<number>> {
  return option<number>((value) => Number.isFinite(value), 'must be a finite number').default(fallback);
}

/** A finite number, or null for "not given". */
export function optionalNumberOption(): z.ZodDefault<z.ZodType<number | null>> {
  return option<number | null>((value) => value === null || Number.isFinite(value), 'must be a number or null').default(null);
}

/** An option of which null, too, means the default. */
export function nullMeansDefault<T extends z.ZodType>(inner: T): z.ZodType<z.output<T>> {
  return z.preprocess((value) => value ?? undefined, inner);
}

/** A whole number in min..max. */
export function integerOption(fallback: number, min: number, max: number): z.ZodDefault<z.ZodType<number>> {
  const fits = (value: unknown): boolean => Number.isInteger(value) && (value as number) >= min && (value as number) <= max;
  return option<number>(fits, `must be a whole number ${min}..${max}`).default(fallback);
}

/** True or false. */
export function booleanOption(fallback: boolean): z.ZodDefault<z.ZodType<boolean>> {
  return option<boolean>((value) => typeof value === 'boolean', 'must be true or false').default(fallback);
}

/** One of some names. */
export function choiceOption<const T extends string>(values: readonly T[], fallback: NoInfer<T>): z.ZodDefault<z.ZodType<T>> {
  const rule = `must be one of ${values.map((value) => `"${value}"`).join(', ')}`;
  return option<T>((value) => values.some((known) => known === value), rule).default(() => fallback);
}

/** An option of which we support one value only; `reason` completes "must be X: …". */
export function onlyOption<const T extends string | number | boolean | null>(supported: T, reason: string): z.ZodDefault<z.ZodType<T>> {
  return option<T>((value) => value === supported, `must be ${printable(supported)}: ${reason}`).default(() => supported);
}

function option<T>(accepts: (value: unknown) => boolean, rule: string): z.ZodType<T> {
  return z.custom<T>(accepts, { error: rule });
}

/** The options of {@link NoiseScheduleOptions}, with the defaults of the class. */
export function noiseOptions<const T extends BetaSchedule>(schedules: readonly T[], betaStart = 0.0001, betaEnd = 0.02) {
  const isList = (value: unknown): boolean => value === null || (Array.isArray(value) && value.every((beta) => isWithin(beta, 0, 1)) && value.some((beta) => beta > 0));
  return {
    num_train_timesteps: integerOption(1000, 1, 1_000_000),
    beta_start: option<number>((value) => isWithin(value, 0, 1) && value !== 1, 'must be a number from 0 to below 1').default(betaStart),
    beta_end: option<number>((value) => isWithin(value, 0, 1) && value !== 0 && value !== 1, 'must be a number between 0 and 1').default(betaEnd),
    beta_schedule: choiceOption<BetaSchedule>(schedules, 'linear'),
    trained_betas: option<readonly number[] | null>(isList, 'must be a list of numbers 0..1, not all of them 0, or null').default(null),
  } as const;
}

function isWithin(value: unknown, low: number, high: number): boolean {
  return typeof value === 'number' && value >= low && value <= high;
}

export const COMMON_BETA_SCHEDULES = ['linear', 'scaled_linear', 'squaredcos_cap_v2'] as const;

/** How the inference times are spread over the training times (Lin et al. 2023, table 2). */
export const TIMESTEP_SPACINGS = ['linspace', 'leading', 'trailing'] as const;
export type TimestepSpacing = (typeof TIMESTEP_SPACINGS)[number];

/** `timestep_spacing` and `steps_offset`. */
export function spacingOptions(fallback: TimestepSpacing) {
  return { timestep_spacing: choiceOption<TimestepSpacing>(TIMESTEP_SPACINGS, fallback), steps_offset: integerOption(0, 0, 1_000_000) } as const;
}

/** What a model of the diffusion process predicts. */
export const PREDICTION_TYPES = ['epsilon', 'sample', 'v_prediction'] as const;
/** What any model predicts: {@link PREDICTION_TYPES}, or the velocity of a straight path. */
export const ALL_PREDICTION_TYPES = [...PREDICTION_TYPES, 'flow_prediction'] as const;
export type PredictionType = (typeof ALL_PREDICTION_TYPES)[number];

/** Dynamic thresholding of the predicted clean sample. */
export function thresholdingOptions() {
  return {
    thresholding: booleanOption(false),
    dynamic_thresholding_ratio: numberOption(0.995),
    sample_max_value: numberOption(1),
  } as const;
}

/** Options of flow matching in classes that also do diffusion. Those of dynamic shifting come from configs of FlowMatchEuler; pipelines take these values where there are none. */
export function flowOptions() {
  return { use_flow_sigmas: booleanOption(false), invert_sigmas: booleanOption(false), ...shiftOptions(), ...dynamicShiftOptions(1.16) } as const;
}

/** A shift that depends on the number of a picture's tokens; null stands for the default. */
export function dynamicShiftOptions(maxShift: number) {
  return {
    use_dynamic_shifting: nullMeansDefault(booleanOption(false)),
    time_shift_type: choiceOption(['exponential', 'linear'], 'exponential'),
    base_shift: nullMeansDefault(finiteOption(0.5)),
    max_shift: nullMeansDefault(finiteOption(maxShift)),
    base_image_seq_len: nullMeansDefault(integerOption(256, 1, 1_000_000)),
    max_image_seq_len: nullMeansDefault(integerOption(4096, 1, 1_000_000)),
  } as const;
}

/** The shift of flow matching's noise levels, under the two names that classes have for it. */
export function shiftOptions() {
  const isShift = (value: unknown): boolean => value === null || (Number.isFinite(value) && (value as number) > 0);
  const shift = option<number | null>(isShift, 'must be a finite number above 0, or null').default(null);
  return { shift, flow_shift: shift } as const;
}

/** The last noise level that others are stretched to; null and 0 stand for none. */
export function terminalOption(): z.ZodDefault<z.ZodType<number | null>> {
  return option<number | null>((value) => value === null || (isWithin(value, 0, 1) && value !== 1), 'must be a number from 0 to below 1, or null').default(null);
}

/**
 * Whether a class that does either samples a flow model here. @throws AppError when noise levels and prediction are not of the same process: no model is trained so.
 */
export function usesFlow({ use_flow_sigmas: flow, prediction_type: type }: { readonly use_flow_sigmas: boolean; readonly prediction_type: PredictionType }): boolean {
  if (flow !== (type === 'flow_prediction')) throw optionError('prediction_type', flow ? 'must be "flow_prediction" with use_flow_sigmas' : 'needs use_flow_sigmas', type);
  return flow;
}
