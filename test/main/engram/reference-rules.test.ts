import { describe, expect, test } from 'vitest';
import { floatTensor, type FloatTensor, type Tensor } from '../../../src/main/core/ir/tensor.ts';
import { accumulateGradient, zeroGradient } from '../../../src/main/engram/inject-gradient.ts';
import { injectStates } from '../../../src/main/engram/inject.ts';
import type { StreamInjection } from '../../../src/main/engram/injection.ts';
import { buildMatcher } from '../../../src/main/engram/matcher.ts';
import { registerSpans } from '../../../src/main/engram/registry.ts';
import { asFloats, readCase, relativeL2, tensorOf } from '../../support/reference-case.ts';

/** Registry, matching, injection and its gradient against plain torch (tools/reference/engram_rules.py). */

interface Info {
  readonly keys: Readonly<Record<string, number[][]>>;
  readonly spans: Readonly<Record<string, [batch: number, start: number, length: number, key: number][]>>;
  readonly cases: readonly { readonly id: string; readonly tables: readonly { name: string; rule: string; tanh: boolean; overlap: string; strength: number }[] }[];
  readonly registries: readonly { readonly trigger: number[]; readonly largest: number; readonly keys: number[][] }[];
}

const { info, inputs, outputs } = readCase('engram');
const { keys, spans, cases, registries } = info as unknown as Info;
const base = asFloats(tensorOf(inputs, 'base'));
const [batch, positions, width] = base.shape as [number, number, number];
const ids = Array.from({ length: batch }, (_, row) => [...asFloats(tensorOf(inputs, 'input_ids')).data.subarray(row * positions, (row + 1) * positions)]);
const sampleOf = (tensor: FloatTensor, index: number): Float32Array => tensor.data.subarray(index * positions * width, (index + 1) * positions * width);
const narrow = (values: Float64Array, shape: readonly number[]): Tensor => floatTensor(Float32Array.from(values), shape);

/** Both sides round sums of tens of terms to float32 (2^-24 each). */
const TOLERANCE = 1e-6;

test.each(registries)('registers $trigger with N = $largest as the reference does', ({ trigger, largest, keys: expected }) => {
  expect(registerSpans(trigger, largest)).toEqual(expected);
});

test.each(Object.keys(keys))('finds every span of table %s', (name) => {
  const matcher = buildMatcher([keys[name]!]);
  const found = ids.flatMap((sequence, index) => matcher.match(sequence).map(({ row, start, length }) => [index, start, length, row]));
  const order = (span: readonly number[]): string => JSON.stringify(span);
  expect(found.map(order).sort()).toEqual(spans[name]!.map(order).sort());
});

describe.each(cases)('$id', ({ id, tables }) => {
  const matcher = buildMatcher(tables.map(({ name }) => keys[name]!));
  const injections = ids.map((sequence): StreamInjection[] => {
    const matches = matcher.match(sequence);
    return tables.map(({ name, rule, tanh, overlap, strength }, table) => ({
      vectors: asFloats(tensorOf(inputs, `vectors.${name}`)).data, scale: asFloats(tensorOf(inputs, `scale.${name}`)).data,
      settings: { rule, tanh, overlap }, strength, matches: matches.filter((match) => match.table === table),
    }));
  });

  test('edited states', () => {
    expect(relativeL2(injectStates(base, injections), tensorOf(outputs, `${id}.states`))).toBeLessThan(TOLERANCE);
  });

  test.each(tables.map(({ name }, index) => [name, index] as const))('gradient of table %s', (name, index) => {
    const upstream = asFloats(tensorOf(inputs, 'upstream'));
    const gradient = zeroGradient(keys[name]!.length, width);
    injections.forEach((sample, row) => { accumulateGradient(gradient, sampleOf(base, row), sampleOf(upstream, row), sample[index]!); });
    expect(relativeL2(narrow(gradient.vectors, [keys[name]!.length, width]), tensorOf(outputs, `${id}.vectors_gradient.${name}`))).toBeLessThan(TOLERANCE);
    expect(relativeL2(narrow(gradient.scale, [width]), tensorOf(outputs, `${id}.scale_gradient.${name}`))).toBeLessThan(TOLERANCE);
  });
});
