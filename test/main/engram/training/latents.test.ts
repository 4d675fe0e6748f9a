import { expect, test } from 'vitest';
import { sampleLatents } from '../../../../src/main/engram/training/latents.ts';

test('latents are drawn from the posterior, then shifted and scaled', () => {
  const out = new Float32Array(3);
  sampleLatents({ mean: Float32Array.of(1, -2, 0.5), logvar: Float32Array.of(0, Math.log(4), -30) }, Float32Array.of(2, 0.5, 1e3), { scaling: 0.5, shift: 0.25 }, out);
  // (1 + 1*2 - 0.25)/2; (-2 + 2*0.5 - 0.25)/2; exp(-15)*1000 = 3.06e-4. One float32 rounding each.
  const expected = [1.375, -0.625, (0.5 + Math.exp(-15) * 1e3 - 0.25) * 0.5];
  expected.forEach((value, index) => { expect(Math.abs(out[index]! - value)).toBeLessThan(1e-7); });
});
