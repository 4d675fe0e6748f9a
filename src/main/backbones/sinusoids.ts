import type { GraphBuilder } from '../core/ir/builder.ts';
import type { Value } from '../core/ir/types.ts';
import { add, addScalar, cast, concat, gather, mul, reshape, scale, sub } from '../core/ops/functions.ts';
import { size } from './layers.ts';

export interface SinusoidSettings {
  /** Even. */
  readonly width: number;
  /** True: cosines first. */
  readonly flip: boolean;
  readonly frequencyShift: number;
}

/** Longest period of the sinusoids, as in "Attention Is All You Need" and DDPM. */
const MAX_PERIOD = 10_000;

/**
 * Sinusoidal embedding of timesteps (diffusers' `get_timestep_embedding`): [B], at least 0 -> [B, width].
 * frequency_i = exp(-ln(10000) i / (width/2 - shift)) for i < width/2, rounded to float32 after each step as torch does: at t = 999 one unit in the last place shows.
 */
export function sinusoids(builder: GraphBuilder, timestep: Value, settings: SinusoidSettings): Value {
  const half = settings.width / 2;
  const slope = Math.fround(-Math.log(MAX_PERIOD));
  const frequencies = Float32Array.from({ length: half }, (_, index) => Math.exp(Math.fround(Math.fround(slope * index) / (half - settings.frequencyShift))));
  const angles = mul(builder, reshape(builder, timestep, [size(timestep, 0), 1]), builder.constant(frequencies, 'float32', [1, half], 'frequencies'));
  const { cosine, sine } = sineAndCosine(builder, angles);
  return concat(builder, settings.flip ? [cosine, sine] : [sine, cosine], 1);
}

/** The leading bits of pi/2, few enough that their product with up to 2^16 quarter turns is exact, and the rest. */
const QUARTER_HIGH = 1.5703125;
const QUARTER_LOW = Math.PI / 2 - QUARTER_HIGH;

/** Taylor coefficients in x^2 of sin(x)/x and cos(x): on |x| <= pi/4 the first one left out is below 2e-9. */
const SINE = [1, -1 / 6, 1 / 120, -1 / 5040, 1 / 362880];
const COSINE = [1, -1 / 2, 1 / 24, -1 / 720, 1 / 40320, -1 / 3628800];

/** Sine and cosine of 0, 1, 2 and 3 quarter turns. */
const QUARTER_SINE = Float32Array.of(0, 1, 0, -1);
const QUARTER_COSINE = Float32Array.of(1, 0, -1, 0);

/**
 * Sine and cosine of angles of at least 0, to about 1e-7 on every device. Written with products and sums, because shader languages promise
 * no more than 2^-11 for theirs, and less for angles beyond pi (1.9e-4 was seen at t = 981, fifty times the error of the whole U-Net on the CPU).
 * angle = k pi/2 + x, |x| <= pi/4: sin(angle) = sin(x) cos(k pi/2) + cos(x) sin(k pi/2), cos(angle) = cos(x) cos(k pi/2) - sin(x) sin(k pi/2).
 */
function sineAndCosine(builder: GraphBuilder, angle: Value): { sine: Value; cosine: Value } {
  const quarters = truncated(builder, addScalar(builder, scale(builder, angle, 2 / Math.PI), 0.5));
  const x = sub(builder, sub(builder, angle, scale(builder, quarters, QUARTER_HIGH)), scale(builder, quarters, QUARTER_LOW));
  const square = mul(builder, x, x);
  const sine = mul(builder, x, polynomial(builder, square, SINE));
  const cosine = polynomial(builder, square, COSINE);
  const quadrant = cast(builder, sub(builder, quarters, scale(builder, truncated(builder, scale(builder, quarters, 0.25)), 4)), 'int32');
  const quarterSine = gather(builder, builder.constant(QUARTER_SINE, 'float32', [4], 'quarter_sine'), quadrant, 0);
  const quarterCosine = gather(builder, builder.constant(QUARTER_COSINE, 'float32', [4], 'quarter_cosine'), quadrant, 0);
  return {
    sine: add(builder, mul(builder, sine, quarterCosine), mul(builder, cosine, quarterSine)),
    cosine: sub(builder, mul(builder, cosine, quarterCosine), mul(builder, sine, quarterSine)),
  };
}

/** x of at least 0 without its fraction: a cast to integer cuts it off. */
function truncated(builder: GraphBuilder, x: Value): Value {
  return cast(builder, cast(builder, x, 'int32'), 'float32');
}

/** c0 + c1 x + c2 x^2 + ... of two or more coefficients, by Horner's rule. */
function polynomial(builder: GraphBuilder, x: Value, coefficients: readonly number[]): Value {
  const [highest = 0, next = 0, ...lower] = [...coefficients].reverse();
  const first = addScalar(builder, scale(builder, x, highest), next);
  return lower.reduce((sum, coefficient) => addScalar(builder, mul(builder, sum, x), coefficient), first);
}
