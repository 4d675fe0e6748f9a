import { clamp, f32, map1 } from '../float32.ts';

/** How the predicted clean sample is kept in range: the keys of scheduler_config.json. */
export interface ClippingOptions {
  readonly thresholding: boolean;
  readonly dynamic_thresholding_ratio: number;
  readonly sample_max_value: number;
  readonly clip_sample?: boolean;
  readonly clip_sample_range?: number;
}

/** The predicted clean sample of `images` images, thresholded, clipped or as it is. */
export function clipSample(options: ClippingOptions, original: Float32Array, images: number): Float32Array {
  if (options.thresholding) return threshold(options, original, images);
  return options.clip_sample === true ? clamp(original, options.clip_sample_range ?? 1) : original;
}

/** Dynamic thresholding (Saharia et al. 2022): each image is limited to a percentile s of its magnitudes, at least 1, and divided by s. */
function threshold(options: ClippingOptions, original: Float32Array, images: number): Float32Array {
  const out = new Float32Array(original.length);
  const width = original.length / images;
  for (let start = 0; start < original.length; start += width) {
    const image = original.subarray(start, start + width);
    const limit = f32(Math.min(Math.max(quantile(map1(image, Math.abs), options.dynamic_thresholding_ratio), 1), options.sample_max_value));
    out.set(map1(clamp(image, limit), (x) => x / limit), start);
  }
  return out;
}

/** The quantile with linear interpolation, as torch computes it in float32. Sorts in place. */
function quantile(values: Float32Array, ratio: number): number {
  const sorted = values.sort();
  const rank = f32(f32(ratio) * (sorted.length - 1));
  const below = sorted[Math.floor(rank)]!;
  const above = sorted[Math.ceil(rank)]!;
  return f32(below + f32(rank - Math.floor(rank)) * (above - below));
}
