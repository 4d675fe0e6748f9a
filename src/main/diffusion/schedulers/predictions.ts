import { f32, map2, sqrt32 } from '../float32.ts';
import type { PredictionType } from './options.ts';

/**
 * The clean sample x_0 from what the model predicted at x_t = α·x_0 + σ·noise. `epsilon`: the noise; `sample`: x_0 itself;
 * `v_prediction`: v = α·noise - σ·x_0; `flow_prediction`: v = noise - x_0, with α = 1 - σ.
 */
export function originalSample(type: PredictionType, alpha: number, sigma: number, output: Float32Array, sample: Float32Array): Float32Array {
  switch (type) {
    case 'epsilon': return map2(sample, output, (x, e) => f32(x - f32(sigma * e)) / alpha);
    case 'sample': return output;
    case 'v_prediction': return map2(sample, output, (x, v) => f32(alpha * x) - f32(sigma * v));
    case 'flow_prediction': return map2(sample, output, (x, v) => x - f32(sigma * v));
  }
}

/** The noise in x_t = α·x_0 + σ·noise from what the model predicted. */
export function predictedNoise(type: PredictionType, alpha: number, sigma: number, output: Float32Array, sample: Float32Array): Float32Array {
  switch (type) {
    case 'epsilon': return output;
    case 'sample': return map2(sample, output, (x, x0) => f32(x - f32(alpha * x0)) / sigma);
    case 'v_prediction': return map2(sample, output, (x, v) => f32(alpha * v) + f32(sigma * x));
    case 'flow_prediction': return map2(sample, output, (x, v) => x + f32(alpha * v));
  }
}

/** The clean sample in the scaling of Karras et al. (2022), where x = x_0 + σ·noise and the model saw x / sqrt(σ² + 1). */
export function denoisedSample(type: Exclude<PredictionType, 'flow_prediction'>, sigma: number, output: Float32Array, sample: Float32Array): Float32Array {
  const variance = f32(f32(sigma * sigma) + 1);
  switch (type) {
    case 'epsilon': return map2(sample, output, (x, e) => x - f32(sigma * e));
    case 'sample': return output;
    case 'v_prediction': {
      const scale = f32(-sigma / sqrt32(variance));
      return map2(sample, output, (x, v) => f32(v * scale) + f32(x / variance));
    }
  }
}
