import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { floatTensor, type FloatTensor } from '../../../src/main/core/ir/tensor.ts';
import { injectStates } from '../../../src/main/engram/inject.ts';
import type { RowMatch, StreamInjection } from '../../../src/main/engram/injection.ts';
import { randomNumbers } from './support/tables.ts';

/** Three streams as SD3.5 has them: widths differ, and the sizes of their states by ten from one to the next. */
const STREAMS = [{ width: 6, size: 0.3 }, { width: 10, size: 3 }, { width: 16, size: 30 }] as const;
/** States are float32, so a change is known to half a unit in the last place of what it is added to. */
const ROUNDING = 2 ** -23;

interface Case {
  readonly tokens: number;
  readonly seed: number;
  readonly scale: number;
  readonly length: number;
  readonly overlap: 'sum' | 'mean';
  readonly matches: readonly RowMatch[];
}

const cases: fc.Arbitrary<Case> = fc.integer({ min: 3, max: 12 }).chain((tokens) => fc.record({
  tokens: fc.constant(tokens),
  seed: fc.integer({ min: 1, max: 1e6 }),
  scale: fc.double({ min: -4, max: 4, noNaN: true }),
  length: fc.double({ min: 1e-3, max: 1e3, noNaN: true }),
  overlap: fc.constantFrom('sum' as const, 'mean' as const),
  matches: fc.array(fc.record({ row: fc.integer({ min: 0, max: 3 }), start: fc.integer({ min: 0, max: tokens - 1 }), length: fc.integer({ min: 1, max: tokens }) }), { minLength: 1, maxLength: 8 })
    .map((found) => found.map(({ row, start, length }) => ({ row, start, length: Math.min(length, tokens - start) }))),
}));

function statesOf({ width, size }: { readonly width: number; readonly size: number }, { tokens, seed }: Case): FloatTensor {
  return floatTensor(randomNumbers(tokens * width, seed + width).map((value) => value * size), [1, tokens, width]);
}

function injectionOf(width: number, { seed, scale, length, overlap, matches }: Case): StreamInjection {
  return {
    vectors: randomNumbers(4 * width, seed + 7).map((value) => value * length), scale: randomNumbers(width, seed + 9).map((value) => value * scale),
    settings: { rule: 'relative-norm', tanh: true, overlap }, strength: 1, matches,
  };
}

function norm(values: Iterable<number>): number {
  return Math.hypot(...values);
}

/** c_b: mean length of the base states over all positions. */
function amplitude({ data, shape }: FloatTensor): number {
  const [, tokens, width] = shape as [number, number, number];
  return Array.from({ length: tokens }, (_, token) => norm(data.subarray(token * width, (token + 1) * width))).reduce((sum, value) => sum + value, 0) / tokens;
}

/** Length of the change at every position. */
function changes(states: FloatTensor, edited: FloatTensor): number[] {
  const width = states.shape[2]!;
  return Array.from({ length: states.shape[1]! }, (_, token) => norm(Array.from({ length: width }, (_value, channel) => edited.data[token * width + channel]! - states.data[token * width + channel]!)));
}

describe.each(STREAMS)('relative-norm on states of width $width and size $size', (stream) => {
  it('each match adds at most max|tanh s| times the mean length of the base states', () => {
    fc.assert(fc.property(cases, (chosen) => {
      const states = statesOf(stream, chosen);
      const injection = injectionOf(stream.width, chosen);
      const bound = Math.max(...[...injection.scale].map((value) => Math.abs(Math.tanh(value)))) * amplitude(states);
      const slack = ROUNDING * (norm(states.data) + 8 * bound);
      changes(states, injectStates(states, [[injection]])).forEach((change, position) => {
        const overlaps = chosen.matches.filter(({ start, length }) => position >= start && position < start + length).length;
        const count = chosen.overlap === 'mean' ? Math.min(overlaps, 1) : overlaps;
        expect(change).toBeLessThanOrEqual(count * bound * (1 + 1e-6) + (count === 0 ? 0 : slack));
      });
    }));
  });

  it('a longer vector changes nothing: only its direction acts', () => {
    fc.assert(fc.property(cases, (chosen) => {
      const states = statesOf(stream, chosen);
      const injection = injectionOf(stream.width, chosen);
      const longer = { ...injection, vectors: injection.vectors.map((value) => value * 4) };
      const [one, other] = [injectStates(states, [[injection]]), injectStates(states, [[longer]])];
      const slack = 16 * ROUNDING * (norm(states.data) + amplitude(states));
      one.data.forEach((value, index) => { expect(Math.abs(value - other.data[index]!)).toBeLessThanOrEqual(slack); });
    }));
  });

  it('states that are k times as large change by k times as much', () => {
    fc.assert(fc.property(cases, fc.constantFrom(0.5, 2, 8), (chosen, factor) => {
      const states = statesOf(stream, chosen);
      const larger = floatTensor(states.data.map((value) => value * factor), states.shape);
      const injection = injectionOf(stream.width, chosen);
      const [one, other] = [changes(states, injectStates(states, [[injection]])), changes(larger, injectStates(larger, [[injection]]))];
      one.forEach((change, position) => { expect(Math.abs(other[position]! - factor * change)).toBeLessThanOrEqual(32 * ROUNDING * factor * (norm(states.data) + change)); });
    }));
  });

  it('a zero vector adds zero, and no vector makes anything but numbers', () => {
    fc.assert(fc.property(cases, fc.constantFrom(0, 1e-30, 1e-13), (chosen, tiny) => {
      const states = statesOf(stream, chosen);
      const injection = injectionOf(stream.width, chosen);
      const edited = injectStates(states, [[{ ...injection, vectors: injection.vectors.map((value) => value * tiny) }]]);
      expect(edited.data.every(Number.isFinite)).toBe(true);
      if (tiny === 0) expect(edited.data).toEqual(states.data);
    }));
  });
});
