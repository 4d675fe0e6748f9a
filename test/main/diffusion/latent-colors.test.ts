import { describe, expect, it } from 'vitest';
import { colourLatents, fitLatentColors, probeLatents, PROBE_SIZE, type LatentColors } from '../../../src/main/diffusion/latent-colors.ts';

const CHANNELS = 3;
/** Per colour: weights of three channels and a constant; small enough that no colour is cut off. */
const COLORS: LatentColors = [[0.1, 0, 0.02, 0.05], [0, -0.08, 0, 0], [0.03, 0.03, 0.03, -0.1]];

/** A decoder that is linear: every place of the latents becomes a square of one colour. */
function decode(latents: Float32Array, factor: number): Float32Array {
  const planes = colourLatents(COLORS, latents);
  const side = PROBE_SIZE * factor;
  return Float32Array.from({ length: 3 * side * side }, (_, index) => {
    const [colour, y, x] = [Math.floor(index / side / side), Math.floor(index / side) % side, index % side];
    return planes[(colour * PROBE_SIZE + Math.floor(y / factor)) * PROBE_SIZE + Math.floor(x / factor)]!;
  });
}

describe('colours of latents', () => {
  it.each([1, 4])('finds the map of a decoder that is linear, %i pixels to a place', (factor) => {
    const pairs = probeLatents(CHANNELS).map((latents) => ({ latents, image: decode(latents, factor) }));
    const fitted = fitLatentColors(pairs, CHANNELS, PROBE_SIZE, PROBE_SIZE);
    // The ridge of 1e-3 stands against some 200 places of unit variance.
    fitted.flat().forEach((weight, index) => { expect(weight).toBeCloseTo(COLORS.flat()[index]!, 4); });
  });

  it('stays finite when a channel says nothing', () => {
    const pairs = probeLatents(CHANNELS).map((latents) => {
      const silent = latents.slice().fill(0, 0, PROBE_SIZE ** 2);
      return { latents: silent, image: decode(silent, 2) };
    });
    expect(fitLatentColors(pairs, CHANNELS, PROBE_SIZE, PROBE_SIZE)[0]![0]).toBe(0);
  });

  it('probes with the same latents of about unit variance every time, in even squares', () => {
    const [first] = probeLatents(16) as [Float32Array];
    expect(first).toEqual(probeLatents(16)[0]);
    expect(first).toHaveLength(16 * PROBE_SIZE ** 2);
    expect([first[0], first[1], first[PROBE_SIZE]]).toEqual([first[0], first[0], first[0]]);
    expect(first[2]).not.toBe(first[0]);
    const variance = first.reduce((sum, value) => sum + value * value, 0) / first.length;
    expect(Math.abs(variance - 1)).toBeLessThan(0.3); // of 256 independent normal numbers: 3 sigma are 0.27
  });

  it('colours each place by itself', () => {
    expect([...colourLatents([[1, 0, 0.5], [0, 2, 0], [0, 0, -1]], Float32Array.of(1, 2, 3, 4))]).toEqual([1.5, 2.5, 6, 8, -1, -1]);
  });
});
