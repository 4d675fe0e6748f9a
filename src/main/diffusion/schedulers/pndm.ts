import { inputError } from '../../../contract/errors.ts';
import { addScaled, f32, map1, map2, sqrt32 } from '../float32.ts';
import { createNoiseSchedule } from '../noise-schedule.ts';
import type { Scheduler } from '../scheduler.ts';
import { defineScheduler } from './define.ts';
import { booleanOption, choiceOption, COMMON_BETA_SCHEDULES, noiseOptions, spacingOptions, type OptionsOf } from './options.ts';
import { wholeTimesteps } from './timesteps.ts';

const OPTIONS = {
  ...noiseOptions(COMMON_BETA_SCHEDULES),
  ...spacingOptions('leading'),
  skip_prk_steps: booleanOption(false),
  set_alpha_to_one: booleanOption(false),
  prediction_type: choiceOption(['epsilon', 'v_prediction'], 'epsilon'),
};
type Options = OptionsOf<typeof OPTIONS>;

/** Pseudo numerical methods (Liu et al. 2022): a start by Runge-Kutta or by one repeated step, then linear multistep of order 4. */
export const pndm = defineScheduler({ className: 'PNDMScheduler', id: 'pndm', title: 'PNDM', stochastic: false, options: OPTIONS, make });

const ORDER = 4;

function make(options: Options, steps: number): Scheduler {
  const times = wholeTimesteps(options, steps);
  const stride = Math.floor(options.num_train_timesteps / steps);
  const start = options.skip_prk_steps ? [] : rungeKuttaTimes(times, stride);
  // The second time comes twice without a Runge-Kutta start: the first step is taken again with the mean of two predictions.
  const rest = options.skip_prk_steps ? [...times.slice(0, 2), ...times.slice(1)] : times.slice(ORDER - 1);
  return new PndmSampler(options, [...start, ...rest], start.length, stride);
}

/** Each of the first three steps needs predictions at its start, twice in its middle, and at its end. */
function rungeKuttaTimes(times: readonly number[], stride: number): number[] {
  if (times.length < ORDER) {
    throw inputError('scheduler.steps', 'scheduler PNDM', `steps must be at least ${ORDER} with skip_prk_steps false`, { got: String(times.length) });
  }
  const half = Math.floor(stride / 2);
  return times.slice(0, ORDER - 1).flatMap((time, index) => {
    const next = times[index + 1]!;
    return [time, next + half, next + half, next];
  });
}

class PndmSampler implements Scheduler {
  readonly initNoiseSigma = 1;
  private readonly alphasCumprod: Float32Array;
  private readonly finalAlphaBar: number;
  /** Latest predictions, oldest first, at most four. */
  private predictions: Float32Array[] = [];
  /** Weighted sum of the predictions inside one Runge-Kutta step. */
  private sum: Float32Array | undefined;
  /** The sample at the start of the step that is being taken in parts. */
  private base: Float32Array | undefined;
  private calls = 0;

  constructor(private readonly options: Options, readonly timesteps: readonly number[], private readonly rungeKuttaCalls: number, private readonly stride: number) {
    this.alphasCumprod = createNoiseSchedule(options).alphasCumprod;
    this.finalAlphaBar = options.set_alpha_to_one ? 1 : this.alphasCumprod[0]!;
  }

  scaleModelInput(sample: Float32Array): Float32Array {
    return sample;
  }

  step(output: Float32Array, index: number, sample: Float32Array): Float32Array {
    const time = this.timesteps[index]!;
    const result = this.calls < this.rungeKuttaCalls ? this.rungeKuttaStep(output, time, sample) : this.multistep(output, time, sample);
    this.calls += 1;
    return result;
  }

  private rungeKuttaStep(output: Float32Array, time: number, sample: Float32Array): Float32Array {
    const part = this.calls % 4;
    const begin = this.timesteps[this.calls - part]!;
    const end = part % 2 === 0 ? time - Math.floor(this.stride / 2) : time;
    if (part === 0) {
      this.predictions.push(output);
      this.base = sample;
    }
    const weight = f32(part === 0 || part === 3 ? 1 / 6 : 1 / 3);
    this.sum = this.sum === undefined ? map1(output, (e) => weight * e) : addScaled(this.sum, weight, output);
    const direction = part === 3 ? this.sum : output;
    if (part === 3) this.sum = undefined;
    return this.transfer(this.base ?? sample, begin, end, direction);
  }

  private multistep(output: Float32Array, time: number, sample: Float32Array): Float32Array {
    if (this.calls === 1) {
      // The first step once more, from where it began, with the mean of the predictions at both its ends.
      const mean = map2(output, this.predictions.at(-1)!, (now, before) => f32(now + before) / 2);
      return this.transfer(this.base ?? sample, time + this.stride, time, mean);
    }
    if (this.calls === 0) this.base = sample;
    this.predictions = [...this.predictions.slice(-3), output];
    return this.transfer(sample, time, time - this.stride, adamsBashforth(this.predictions));
  }

  /** Formula 11 of the paper: the sample at one time from that at another, along a predicted noise. */
  private transfer(sample: Float32Array, from: number, to: number, prediction: Float32Array): Float32Array {
    const alphaBar = this.alphasCumprod[from]!;
    const alphaBarTo = to >= 0 ? this.alphasCumprod[to]! : this.finalAlphaBar;
    const betaBar = f32(1 - alphaBar);
    const [signal, spread] = [sqrt32(alphaBar), sqrt32(betaBar)];
    const noise = this.options.prediction_type === 'epsilon' ? prediction : map2(prediction, sample, (v, x) => f32(signal * v) + f32(spread * x));
    const scale = sqrt32(f32(alphaBarTo / alphaBar));
    const divisor = f32(f32(alphaBar * sqrt32(f32(1 - alphaBarTo))) + sqrt32(f32(f32(alphaBar * betaBar) * alphaBarTo)));
    const difference = f32(alphaBarTo - alphaBar);
    return map2(sample, noise, (x, e) => f32(scale * x) - f32(f32(difference * e) / divisor));
  }
}

/** The Adams-Bashforth combination of one to four predictions, newest last. */
function adamsBashforth(predictions: readonly Float32Array[]): Float32Array {
  const [a, b, c, d] = [...predictions].reverse();
  if (b === undefined) return a!;
  if (c === undefined) return map2(a!, b, (x, y) => f32(f32(3 * x) - y) / 2);
  const three = (x: number, y: number, index: number, weights: readonly [number, number, number]): number =>
    f32(f32(f32(weights[0] * x) - f32(weights[1] * y)) + f32(weights[2] * c[index]!));
  const out = new Float32Array(a!.length);
  for (let index = 0; index < out.length; index += 1) {
    const [x, y] = [a![index]!, b[index]!];
    out[index] = d === undefined
      ? three(x, y, index, [23, 16, 5]) / 12
      : f32(1 / 24) * f32(three(x, y, index, [55, 59, 37]) - f32(9 * d[index]!));
  }
  return out;
}
