import { f32, map2 } from '../float32.ts';
import { clipSample, type ClippingOptions } from './clipping.ts';
import type { Level } from './levels.ts';
import type { PredictionType } from './options.ts';
import { originalSample, predictedNoise } from './predictions.ts';

/** What a multistep solver integrates: the clean sample or the noise, whichever way the model predicts; thresholded if asked for. */
export function convertPrediction(
  options: ClippingOptions & { readonly prediction_type: PredictionType },
  wanted: 'original' | 'noise', level: Level, output: Float32Array, sample: Float32Array, images: number,
): Float32Array {
  const { alpha, sigma } = level;
  if (wanted === 'original') return clipSample(options, originalSample(options.prediction_type, alpha, sigma, output, sample), images);
  const noise = predictedNoise(options.prediction_type, alpha, sigma, output, sample);
  if (!options.thresholding) return noise;
  const original = clipSample(options, originalSample('epsilon', alpha, sigma, noise, sample), images);
  return map2(sample, original, (x, x0) => f32(x - f32(alpha * x0)) / sigma);
}
