import { expect, it } from 'vitest';
import { guide } from '../../../src/main/diffusion/guidance.ts';

it('goes from the negative prediction through the positive one', () => {
  expect([...guide(Float32Array.of(1, 0, -2), Float32Array.of(2, 0, 2), 7.5)]).toEqual([8.5, 0, 28]);
});

it('is one of the two predictions at scale 1 and 0', () => {
  const [negative, positive] = [Float32Array.of(0.5, -3), Float32Array.of(4, 8)];
  expect(guide(negative, positive, 1)).toEqual(positive);
  expect(guide(negative, positive, 0)).toEqual(negative);
});

it('rounds every operation to float32, as torch does', () => {
  const [negative, positive, scale] = [Math.fround(0.1), Math.fround(0.3), 7.3];
  const f = Math.fround;
  expect(guide(Float32Array.of(negative), Float32Array.of(positive), scale)[0]).toBe(f(negative + f(f(scale) * f(positive - negative))));
});
