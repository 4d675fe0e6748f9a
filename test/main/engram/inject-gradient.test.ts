import { describe, expect, test } from 'vitest';
import { prepareInjection, rowOf, type RowMatch, type StreamInjection } from '../../../src/main/engram/injection.ts';
import { accumulateGradient, zeroGradient } from '../../../src/main/engram/inject-gradient.ts';
import { injectSample } from '../../../src/main/engram/inject.ts';
import { ALL_SETTINGS, randomNumbers } from './support/tables.ts';

const WIDTH = 5;
const POSITIONS = 6;
const ROWS = 4;
const base = randomNumbers(POSITIONS * WIDTH, 11);
const upstream = randomNumbers(POSITIONS * WIDTH, 12);
/** Overlaps of up to three, a row that matches twice, two rows with equal matches, a row (3) without any. */
const matches: readonly RowMatch[] = [
  { row: 0, start: 0, length: 3 }, { row: 1, start: 1, length: 2 }, { row: 2, start: 1, length: 2 }, { row: 0, start: 3, length: 3 },
];
const injectionOf = (settings: StreamInjection['settings'], strength = 0.7): StreamInjection => ({
  vectors: randomNumbers(ROWS * WIDTH, 13), scale: randomNumbers(WIDTH, 14), settings, strength, matches,
});

/** L = <upstream, h'> in double precision, straight from the definition in the paper (section 2.5), with one parameter moved. */
function lossAt(injection: StreamInjection, moved: 'vectors' | 'scale', index: number, by: number): number {
  const vectors = Float64Array.from(injection.vectors);
  const scale = Float64Array.from(injection.scale);
  (moved === 'vectors' ? vectors : scale)[index]! += by;
  const { rule, tanh, overlap } = injection.settings;
  let amplitude = 0;
  for (let position = 0; position < POSITIONS; position += 1) amplitude += Math.hypot(...base.subarray(position * WIDTH, (position + 1) * WIDTH)) / POSITIONS;
  let loss = 0;
  for (let position = 0; position < POSITIONS; position += 1) {
    const covering = matches.filter(({ start, length }) => position >= start && position < start + length);
    for (let channel = 0; channel < WIDTH; channel += 1) {
      const gate = tanh ? Math.tanh(scale[channel]!) : scale[channel]!;
      let sum = 0;
      for (const { row } of covering) {
        const m = vectors.subarray(row * WIDTH, (row + 1) * WIDTH);
        sum += rule === 'absolute' ? m[channel]! * gate : (m[channel]! / Math.max(Math.hypot(...m), 1e-12)) * gate * amplitude;
      }
      const delta = overlap === 'mean' && covering.length > 0 ? sum / covering.length : sum;
      loss += upstream[position * WIDTH + channel]! * (base[position * WIDTH + channel]! + injection.strength * delta);
    }
  }
  return loss;
}

/** Central differences of a smooth function in double precision: step 1e-5 leaves an error of about 1e-10. */
function difference(injection: StreamInjection, moved: 'vectors' | 'scale', index: number): number {
  const step = 1e-5;
  return (lossAt(injection, moved, index, step) - lossAt(injection, moved, index, -step)) / (2 * step);
}

describe.each(ALL_SETTINGS)('accumulateGradient %j', (settings) => {
  const injection = injectionOf(settings);

  test('the forward that is differentiated is the one that runs', () => {
    const out = base.slice();
    injectSample(base, [injection], out);
    const loss = [...out].reduce((sum, value, index) => sum + value * upstream[index]!, 0);
    // `out` is rounded to float32 once: 30 terms of size ~1 with 6e-8 each.
    expect(Math.abs(loss - lossAt(injection, 'scale', 0, 0))).toBeLessThan(5e-6);
  });

  test('agrees with finite differences for every vector and scale', () => {
    const gradient = zeroGradient(ROWS, WIDTH);
    accumulateGradient(gradient, base, upstream, injection);
    for (const moved of ['vectors', 'scale'] as const) {
      gradient[moved].forEach((value, index) => {
        const expected = difference(injection, moved, index);
        expect(Math.abs(value - expected), `${moved}[${index}] ${value} ${expected}`).toBeLessThan(1e-7 * Math.max(1, Math.abs(expected)));
      });
    }
  });

  test('rows without a match get none', () => {
    const gradient = zeroGradient(ROWS, WIDTH);
    accumulateGradient(gradient, base, upstream, injection);
    expect([...rowOf(gradient.vectors, 3, WIDTH)]).toEqual([0, 0, 0, 0, 0]);
    expect([...rowOf(gradient.vectors, 0, WIDTH)].every((value) => value !== 0)).toBe(true);
  });

  test('adds up over calls', () => {
    const [once, twice] = [zeroGradient(ROWS, WIDTH), zeroGradient(ROWS, WIDTH)];
    accumulateGradient(once, base, upstream, injection);
    accumulateGradient(twice, base, upstream, injection);
    accumulateGradient(twice, base, upstream, injection);
    expect([...twice.vectors]).toEqual([...once.vectors].map((value) => value * 2));
    expect([...twice.scale]).toEqual([...once.scale].map((value) => value * 2));
  });
});

describe('edges', () => {
  const settings = { rule: 'relative-norm', tanh: true, overlap: 'sum' };

  test('the clamp of a vector of length 0 gives a finite gradient', () => {
    const gradient = zeroGradient(ROWS, WIDTH);
    accumulateGradient(gradient, base, upstream, { ...injectionOf(settings), vectors: new Float32Array(ROWS * WIDTH) });
    expect(gradient.vectors.every(Number.isFinite)).toBe(true);
    expect(gradient.vectors.some((value) => value !== 0)).toBe(true);
  });

  test('relative-norm gradients stand at right angles to their vectors', () => {
    const injection = injectionOf(settings);
    const gradient = zeroGradient(ROWS, WIDTH);
    accumulateGradient(gradient, base, upstream, injection);
    for (let row = 0; row < 3; row += 1) {
      const dot = [...rowOf(gradient.vectors, row, WIDTH)].reduce((sum, value, channel) => sum + value * injection.vectors[row * WIDTH + channel]!, 0);
      expect(Math.abs(dot)).toBeLessThan(1e-12);
    }
  });

  test('an inactive injection leaves the gradient alone', () => {
    const gradient = zeroGradient(ROWS, WIDTH);
    accumulateGradient(gradient, base, upstream, injectionOf(settings, 0));
    expect(gradient.scale.every((value) => value === 0)).toBe(true);
  });

  test('the amplitude comes from all positions of the base states', () => {
    const { factor } = prepareInjection(base, { ...injectionOf(settings, 1), matches: [{ row: 0, start: 2, length: 1 }] });
    const norms = Array.from({ length: POSITIONS }, (_, position) => Math.hypot(...base.subarray(position * WIDTH, (position + 1) * WIDTH)));
    expect(factor[2]).toBeCloseTo(norms.reduce((sum, norm) => sum + norm, 0) / POSITIONS, 12);
    expect([...factor].filter((value) => value !== 0)).toHaveLength(1);
  });
});
