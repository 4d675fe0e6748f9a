import { describe, expect, it } from 'vitest';
import { evaluateCheck, graphCheckSchema, measuredParts, type GraphCheck } from '../../src/contract/graph-checks.ts';
import type { ValueDescription } from '../../src/contract/value-description.ts';

const value = { node: 'decode', port: 'image' };
const described: ValueDescription = { shape: [2, 8, 8, 3], hash: 'ab'.repeat(32), mean: 100.25, facts: { loss: 0.1, trigger: 'fox', done: true } };

function verdicts(check: Omit<GraphCheck, 'value'>, of: ValueDescription = described): Record<string, boolean> {
  return Object.fromEntries(evaluateCheck({ value, ...check }, of).map(({ rule, ok }) => [rule, ok]));
}

describe('a check', () => {
  it.each<[string, Omit<GraphCheck, 'value'>, Record<string, boolean>]>([
    ['the shape', { shape: [2, 8, 8, 3] }, { shape: true }],
    ['another shape', { shape: [2, 8, 3] }, { shape: false }],
    ['the hash', { hash: 'ab'.repeat(32) }, { hash: true }],
    ['another hash', { hash: 'cd'.repeat(32) }, { hash: false }],
    ['a hash to be written', { hash: '' }, { hash: false }],
    ['a mean at the edge of its tolerance', { mean: { value: 100, tolerance: 0.25 } }, { mean: true }],
    ['a mean beyond it', { mean: { value: 100, tolerance: 0.24 } }, { mean: false }],
    ['bounds that hold', { facts: { loss: { below: 0.2, above: 0, atMost: 0.1, atLeast: 0.1, equals: 0.1 } } }, { 'facts.loss.below': true, 'facts.loss.above': true, 'facts.loss.atMost': true, 'facts.loss.atLeast': true, 'facts.loss.equals': true }],
    ['bounds that are touched', { facts: { loss: { below: 0.1, above: 0.1 } } }, { 'facts.loss.below': false, 'facts.loss.above': false }],
    ['bounds that are passed', { facts: { loss: { atMost: 0.05, atLeast: 0.2, equals: 0.2 } } }, { 'facts.loss.atMost': false, 'facts.loss.atLeast': false, 'facts.loss.equals': false }],
    ['facts of other kinds', { facts: { trigger: { equals: 'fox' }, done: { equals: true } } }, { 'facts.trigger.equals': true, 'facts.done.equals': true }],
    ['a bound on what is no number', { facts: { trigger: { below: 5 } } }, { 'facts.trigger.below': false }],
    ['a fact that is not there', { facts: { toString: { equals: 'x' }, missing: { below: 1 } } }, { 'facts.toString.equals': false, 'facts.missing.below': false }],
  ])('on %s', (_name, check, expected) => {
    expect(verdicts(check)).toEqual(expected);
  });

  it('fails on what a value does not have', () => {
    expect(verdicts({ shape: [1], hash: 'ab'.repeat(32), mean: { value: 0, tolerance: 1e9 } }, { facts: {} })).toEqual({ shape: false, hash: false, mean: false });
  });

  it('is not fooled by a mean that is no number', () => {
    expect(verdicts({ mean: { value: 0, tolerance: 1 } }, { ...described, mean: Number.NaN })).toEqual({ mean: false });
  });

  it('says what it wants and what it got', () => {
    expect(evaluateCheck({ value, mean: { value: 3, tolerance: 0.5 }, facts: { loss: { below: 0.05 } } }, described)).toEqual([
      { rule: 'mean', ok: false, expected: '3 within 0.5', got: '100.25' },
      { rule: 'facts.loss.below', ok: false, expected: 'below 0.05', got: '0.1' },
    ]);
  });

  it.each([{ hash: 'AB' }, { mean: 3 }, { mean: { value: 1, tolerance: -1 } }, { shape: [1.5] }, { colour: 'red' }, { facts: { loss: { under: 1 } } }])('is refused when it is %j', (part) => {
    expect(graphCheckSchema.safeParse({ value, ...part }).success).toBe(false);
  });
});

describe('what was measured', () => {
  it('is written for shapes, hashes and means that do not hold, and for nothing else', () => {
    expect(measuredParts({ value, shape: [1], hash: '', mean: { value: 3, tolerance: 0.5 }, facts: { loss: { below: 0 } } }, described)).toEqual([
      { path: ['shape'], value: [2, 8, 8, 3] }, { path: ['hash'], value: 'ab'.repeat(32) }, { path: ['mean', 'value'], value: 100.25 },
    ]);
    expect(measuredParts({ value, shape: [2, 8, 8, 3], mean: { value: 100, tolerance: 1 } }, described)).toEqual([]);
    expect(measuredParts({ value, shape: [1], hash: '', mean: { value: 0, tolerance: 0 } }, { facts: {} })).toEqual([]);
  });

  it.each([[0.5, 128.0465087890625, 128.047], [0.01, 1.23456789, 1.2346], [10, 1234.5678, 1234.6], [0, 1.23456789, 1.23456789], [1e-20, 1.23456789012345, 1.234567890123]])('has the digits that a tolerance of %f asks for', (tolerance, mean, written) => {
    expect(measuredParts({ value, mean: { value: mean + 1e6, tolerance } }, { facts: {}, mean })).toEqual([{ path: ['mean', 'value'], value: written }]);
  });
});
