import { internalError } from '../../../contract/errors.ts';

const f32 = Math.fround;

/** Settings of one parameter group, torch's names and defaults where left out. */
export interface AdamWOptions {
  /** 0.9, 0.999 */
  readonly betas?: readonly [number, number];
  /** 1e-8 */
  readonly epsilon?: number;
  /** 0.01 */
  readonly weightDecay?: number;
}

/** The moments of one parameter, float32 as torch keeps them. */
export interface AdamWState {
  readonly step: number;
  /** First moment m. */
  readonly average: Float32Array;
  /** Second moment v. */
  readonly squaredAverage: Float32Array;
}

/**
 * AdamW (Loshchilov and Hutter 2019) for one parameter array, as torch's single-tensor CPU path computes it: scalars in double, arrays in float32,
 * every elementwise operation rounded once.
 */
export class AdamW {
  private step = 0;
  private readonly average: Float32Array;
  private readonly squaredAverage: Float32Array;
  private readonly betas: readonly [number, number];
  private readonly epsilon: number;
  private readonly weightDecay: number;

  /** @param parameter Updated in place. */
  constructor(private readonly parameter: Float32Array, options: AdamWOptions = {}) {
    this.average = new Float32Array(parameter.length);
    this.squaredAverage = new Float32Array(parameter.length);
    this.betas = options.betas ?? [0.9, 0.999];
    this.epsilon = options.epsilon ?? 1e-8;
    this.weightDecay = options.weightDecay ?? 0.01;
  }

  /**
   * One update:
   *   p <- p (1 - rate * decay);  m <- m + (g - m)(1 - b1);  v <- b2 v + (1 - b2) g^2;
   *   p <- p - rate / (1 - b1^t) * m / (sqrt(v) / sqrt(1 - b2^t) + eps).
   */
  update(gradient: Float32Array, rate: number): void {
    const { parameter, average, squaredAverage } = this;
    if (gradient.length !== parameter.length) throw internalError('adamw.gradient', 'AdamW', `the gradient must have ${parameter.length} elements`, { got: String(gradient.length) });
    const [beta1, beta2] = this.betas;
    this.step += 1;
    const decay = f32(1 - rate * this.weightDecay);
    const [share1, keep2, share2] = [f32(1 - beta1), f32(beta2), f32(1 - beta2)];
    const stepSize = f32(-(rate / (1 - beta1 ** this.step)));
    const correction2 = f32(Math.sqrt(1 - beta2 ** this.step));
    const epsilon = f32(this.epsilon);
    for (let index = 0; index < parameter.length; index += 1) {
      const g = gradient[index]!;
      const m = f32(average[index]! + f32(share1 * f32(g - average[index]!)));
      const v = f32(f32(squaredAverage[index]! * keep2) + f32(f32(share2 * g) * g));
      average[index] = m;
      squaredAverage[index] = v;
      const denominator = f32(f32(f32(Math.sqrt(v)) / correction2) + epsilon);
      parameter[index] = f32(parameter[index]! * decay) + f32(f32(stepSize * m) / denominator);
    }
  }

  /** A copy of the state, for a checkpoint. */
  save(): AdamWState {
    return { step: this.step, average: this.average.slice(), squaredAverage: this.squaredAverage.slice() };
  }

  /** Takes up a saved state. @throws AppError internal when its sizes differ from the parameter's. */
  restore(state: AdamWState): void {
    if (state.average.length !== this.parameter.length || state.squaredAverage.length !== this.parameter.length) {
      throw internalError('adamw.state', 'AdamW', `a state must have ${this.parameter.length} elements`, { got: `${state.average.length} and ${state.squaredAverage.length}` });
    }
    this.step = state.step;
    this.average.set(state.average);
    this.squaredAverage.set(state.squaredAverage);
  }
}
