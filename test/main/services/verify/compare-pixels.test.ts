import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { comparePixels } from '../../../../src/main/services/verify/compare-pixels.ts';
import { faultOf } from '../../../support/fault.ts';
import { picture } from '../../../support/pictures.ts';

describe('comparePixels', () => {
  test('equal pictures have no difference', () => {
    expect(comparePixels(picture(5, 4, 1), picture(5, 4, 1))).toBeUndefined();
  });

  test('the first difference, the largest, how many and the mean', () => {
    const expected = { width: 4, height: 3, pixels: new Uint8Array(36).fill(100) };
    const got = { ...expected, pixels: expected.pixels.slice() };
    got.pixels[(1 * 4 + 2) * 3 + 1] = 90; // x 2, y 1, green
    got.pixels[35] = 255;
    expect(comparePixels(got, expected)).toEqual({ first: { x: 2, y: 1, channel: 'green', got: 90, expected: 100 }, largest: 155, values: 2, of: 36, mean: 165 / 36 });
  });

  test('whatever is changed is counted, and the first is the first', () => {
    fc.assert(fc.property(fc.uniqueArray(fc.nat(7 * 5 * 3 - 1), { minLength: 1, maxLength: 20 }), fc.integer({ min: 1, max: 255 }), (places, by) => {
      const expected = picture(7, 5, 2);
      const pixels = expected.pixels.slice();
      for (const at of places) pixels[at] = (pixels[at]! + by) % 256;
      const found = comparePixels({ ...expected, pixels }, expected);
      const first = Math.min(...places);
      expect(found?.values).toBe(places.length);
      expect((found!.first.y * 7 + found!.first.x) * 3 + ['red', 'green', 'blue'].indexOf(found!.first.channel)).toBe(first);
      expect(found?.largest).toBe(Math.max(...places.map((at) => Math.abs(pixels[at]! - expected.pixels[at]!))));
    }));
  });

  test('pictures of two sizes are not compared', async () => {
    expect((await faultOf(() => comparePixels(picture(4, 4), picture(5, 4)))).code).toBe('verify.size');
  });
});
