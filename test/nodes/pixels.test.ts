import { describe, expect, it } from 'vitest';
import { pixelsToPlanes, planesToPixels } from '../../nodes/pixels.ts';

describe('pixels', () => {
  it('every 8-bit value survives the way through floats', () => {
    const pixels = Uint8Array.from({ length: 256 * 3 }, (_, index) => Math.floor(index / 3));
    expect(planesToPixels(pixelsToPlanes(pixels, 256, 1), 256, 1)).toEqual(pixels);
  });

  it('goes from interleaved [H, W, 3] to planes [3, H, W] in -1..1', () => {
    // numpy: 2 * (np.float32([0, 255, 51, 102, 204, 1]) / 255) - 1
    const expected = [0, 102, 255, 204, 51, 1].map((value) => Math.fround(2 * Math.fround(value / 255) - 1));
    expect([...pixelsToPlanes(Uint8Array.from([0, 255, 51, 102, 204, 1]), 2, 1)]).toEqual(expected);
  });

  it('clamps, and rounds halves to even as numpy does', () => {
    // x / 2 + 0.5 = 0.5 -> 127.5 -> 128; numpy.round(np.float32(0.5) * 255) == 128, numpy.round(2.5) == 2
    const planes = Float32Array.from([-5, 0, 5]);
    expect([...planesToPixels(planes, 1, 1)]).toEqual([0, 128, 255]);
    // The value whose unit is exactly 0.5 / 255 * 5 in float32 arithmetic: 2.5 -> 2.
    const half = Math.fround(2 * Math.fround(2.5 / 255) - 1);
    const unit = Math.fround(Math.fround(half / 2) + 0.5);
    const exact = Math.fround(unit * 255);
    expect(planesToPixels(Float32Array.from([half, half, half]), 1, 1)[0]).toBe(exact === 2.5 ? 2 : Math.round(exact));
  });
});
