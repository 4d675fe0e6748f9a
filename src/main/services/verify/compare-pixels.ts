import { internalError } from '../../../contract/errors.ts';
import { CHANNELS, type PixelDifference } from '../../../contract/verification.ts';
import { checkImage, type RgbImage } from '../images/rgb-image.ts';

/**
 * Compares two pictures of one size, value by value.
 * @param got The file's picture, [H, W, 3].
 * @param expected The rendering, [H, W, 3].
 * @returns undefined when every value is equal.
 */
export function comparePixels(got: RgbImage, expected: RgbImage): PixelDifference | undefined {
  checkImage(got, 'Picture');
  checkImage(expected, 'Rendering');
  if (got.width !== expected.width || got.height !== expected.height) throw internalError('verify.size', 'Pictures', 'must have one size to be compared');
  let [first, largest, values, sum] = [-1, 0, 0, 0];
  for (let at = 0; at < got.pixels.length; at += 1) {
    const distance = Math.abs((got.pixels[at] as number) - (expected.pixels[at] as number));
    if (distance === 0) continue;
    if (first < 0) first = at;
    if (distance > largest) largest = distance;
    values += 1;
    sum += distance;
  }
  if (first < 0) return undefined;
  const pixel = Math.floor(first / 3);
  return {
    first: { x: pixel % got.width, y: Math.floor(pixel / got.width), channel: CHANNELS[first % 3] as (typeof CHANNELS)[number], got: got.pixels[first] as number, expected: expected.pixels[first] as number },
    largest, values, of: got.pixels.length, mean: sum / got.pixels.length,
  };
}
