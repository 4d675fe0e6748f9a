import { describe, expect, test } from 'vitest';
import { floatTensor } from '../../../src/main/core/ir/tensor.ts';
import { injectStates } from '../../../src/main/engram/inject.ts';
import type { RowMatch, StreamInjection } from '../../../src/main/engram/injection.ts';
import { ABSOLUTE, ALL_SETTINGS, randomNumbers } from './support/tables.ts';

const WIDTH = 3;
const POSITIONS = 5;
const vectors = Float32Array.of(1, 2, 3, 10, 20, 30);
const scale = Float32Array.of(0.5, -0.25, 2);
const base = floatTensor(randomNumbers(POSITIONS * WIDTH, 3), [1, POSITIONS, WIDTH]);
/** Row 0 covers positions 1 and 2, row 1 positions 2 and 3. */
const matches: readonly RowMatch[] = [{ row: 0, start: 1, length: 2 }, { row: 1, start: 2, length: 2 }];
const injection: StreamInjection = { vectors, scale, settings: ABSOLUTE, strength: 1, matches };

const bits = (values: Float32Array): Uint32Array => new Uint32Array(values.slice().buffer);
const changeOf = (more: Partial<StreamInjection>, states = base): number[][] => {
  const out = injectStates(states, [[{ ...injection, ...more }]]);
  return Array.from({ length: POSITIONS }, (_, position) =>
    Array.from({ length: WIDTH }, (_, channel) => out.data[position * WIDTH + channel]! - states.data[position * WIDTH + channel]!));
};
/** One rounding of a sum of size ~100 to float32. */
const close = (actual: number[][], expected: number[][]): void => {
  actual.flat().forEach((value, index) => { expect(Math.abs(value - expected.flat()[index]!), `element ${index}`).toBeLessThanOrEqual(1e-5); });
};
const zero = [0, 0, 0];

describe('injectStates', () => {
  test('absolute: adds m * s at every covered position, and sums where matches overlap', () => {
    close(changeOf({}), [zero, [0.5, -0.5, 6], [5.5, -5.5, 66], [5, -5, 60], zero]);
  });

  test('absolute with tanh: adds m * tanh(s)', () => {
    const gate = [...scale].map(Math.tanh);
    const [row0, row1] = [gate.map((g, c) => g * vectors[c]!), gate.map((g, c) => g * vectors[3 + c]!)];
    close(changeOf({ settings: { ...ABSOLUTE, tanh: true } }), [zero, row0, row0.map((v, c) => v + row1[c]!), row1, zero]);
  });

  test('mean: divides by the number of matches at the position', () => {
    close(changeOf({ settings: { ...ABSOLUTE, overlap: 'mean' } }), [zero, [0.5, -0.5, 6], [2.75, -2.75, 33], [5, -5, 60], zero]);
  });

  test('mean counts rows with equal keys once each', () => {
    const twice = [matches[0]!, matches[0]!, matches[1]!];
    close(changeOf({ settings: { ...ABSOLUTE, overlap: 'mean' }, matches: twice })[2]!.map((v) => [v]), [(2 * 0.5 + 5) / 3, (2 * -0.5 - 5) / 3, (2 * 6 + 60) / 3].map((v) => [v]));
  });

  test('relative-norm: unit direction times s times the mean norm over ALL positions', () => {
    const norms = Array.from({ length: POSITIONS }, (_, position) => Math.hypot(...base.data.subarray(position * WIDTH, (position + 1) * WIDTH)));
    const amplitude = norms.reduce((sum, norm) => sum + norm, 0) / POSITIONS;
    const unit = (row: number): number[] => [...vectors.subarray(row * 3, row * 3 + 3)].map((v, c) => (v / Math.hypot(...vectors.subarray(row * 3, row * 3 + 3))) * scale[c]! * amplitude);
    close(changeOf({ settings: { ...ABSOLUTE, rule: 'relative-norm' } }), [zero, unit(0), unit(0).map((v, c) => v + unit(1)[c]!), unit(1), zero]);
  });

  test('relative-norm with a zero vector adds nothing instead of NaN', () => {
    const out = changeOf({ settings: { ...ABSOLUTE, rule: 'relative-norm' }, vectors: new Float32Array(6) });
    expect(out.flat().every((value) => value === 0)).toBe(true);
  });

  test('strength multiplies the whole change, after tanh and overlap; negative ones push away', () => {
    for (const settings of ALL_SETTINGS) {
      const whole = changeOf({ settings });
      close(changeOf({ settings, strength: -0.5 }), whole.map((row) => row.map((value) => value * -0.5)));
    }
  });

  test('several tables sum, each with its own rule, all on the base states', () => {
    const relative: StreamInjection = { ...injection, settings: { rule: 'relative-norm', tanh: true, overlap: 'mean' }, strength: 2 };
    const [one, other] = [changeOf({}), changeOf(relative)];
    const both = injectStates(base, [[injection, relative]]);
    const swapped = injectStates(base, [[relative, injection]]);
    const change = [...both.data].map((value, index) => value - base.data[index]!);
    close([change], [one.flat().map((value, index) => value + other.flat()[index]!)]);
    [...swapped.data].forEach((value, index) => { expect(Math.abs(value - both.data[index]!)).toBeLessThanOrEqual(1e-5); });
  });

  test('samples of a batch get their own matches and their own amplitude', () => {
    const big = floatTensor(Float32Array.from([...base.data, ...base.data.map((value) => value * 3)]), [2, POSITIONS, WIDTH]);
    const relative = { ...injection, settings: { ...ABSOLUTE, rule: 'relative-norm' } };
    const out = injectStates(big, [[relative], [{ ...relative, matches: [matches[0]!] }]]);
    const first = injectStates(base, [[relative]]);
    expect(out.data.slice(0, POSITIONS * WIDTH)).toEqual(first.data);
    const change = (position: number): number => out.data[(POSITIONS + position) * WIDTH]! - big.data[(POSITIONS + position) * WIDTH]!;
    expect(change(1) / (first.data[WIDTH]! - base.data[WIDTH]!)).toBeCloseTo(3, 4);
    expect(change(3)).toBe(0);
  });
});

describe('locality', () => {
  test.each(ALL_SETTINGS)('uncovered positions keep their bits: %j', (settings) => {
    const states = floatTensor(base.data.slice(), base.shape);
    states.data.set([-0, 1e-45, 3.4e38], 0);
    const out = injectStates(states, [[{ ...injection, settings }]]);
    for (const position of [0, 4]) {
      expect(bits(out.data.subarray(position * WIDTH, (position + 1) * WIDTH))).toEqual(bits(states.data.subarray(position * WIDTH, (position + 1) * WIDTH)));
    }
  });

  test('the input is never written to', () => {
    const before = base.data.slice();
    injectStates(base, [[injection]]);
    expect(base.data).toEqual(before);
  });

  test.each([
    ['no table', []],
    ['no match', [{ ...injection, matches: [] }]],
    ['strength 0', [{ ...injection, strength: 0 }]],
  ])('%s: the very same tensor comes back', (_, injections) => {
    expect(injectStates(base, [injections])).toBe(base);
  });

  test('a sample without a match keeps its bits beside one that has some', () => {
    const two = floatTensor(Float32Array.from([...base.data, ...base.data]), [2, POSITIONS, WIDTH]);
    two.data[0] = -0;
    const out = injectStates(two, [[], [injection]]);
    expect(bits(out.data.subarray(0, POSITIONS * WIDTH))).toEqual(bits(two.data.subarray(0, POSITIONS * WIDTH)));
    expect(out.data.subarray(POSITIONS * WIDTH)).not.toEqual(two.data.subarray(POSITIONS * WIDTH));
  });

  test('unknown rules and overlap modes are refused by name', () => {
    expect(() => injectStates(base, [[{ ...injection, settings: { ...ABSOLUTE, rule: 'additive' } }]])).toThrowError(/must be one of absolute, relative-norm, got "additive"/);
    expect(() => injectStates(base, [[{ ...injection, settings: { ...ABSOLUTE, overlap: 'max' } }]])).toThrowError(/must be one of sum, mean, got "max"/);
  });
});
