const f32 = Math.fround;

/**
 * Bucket of each distance key - query in both directions (Raffel et al. 2020, section 2.1): half of the buckets are for keys behind the query; of each half the first
 * half hold one distance each and the rest grow with the logarithm up to `maxDistance`. Rounded to float32 step by step as torch does it: buckets end at such borders.
 * @param buckets Number of buckets, even.
 * @returns [length, length] row by row, one row per query.
 */
export function relativeBuckets(length: number, buckets: number, maxDistance: number): Int32Array {
  const half = Math.floor(buckets / 2);
  const exact = Math.floor(half / 2);
  const scale = f32(Math.log(maxDistance / exact));
  const bucketOf = (distance: number): number => {
    if (distance < exact) return distance;
    const logarithm = f32(f32(f32(Math.log(f32(distance / exact))) / scale) * (half - exact));
    return Math.min(exact + Math.trunc(logarithm), half - 1);
  };
  return Int32Array.from({ length: length * length }, (_, index) => {
    const relative = (index % length) - Math.floor(index / length);
    return bucketOf(Math.abs(relative)) + (relative > 0 ? half : 0);
  });
}
