import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { AdamW } from '../../../../src/main/core/optimizers/adamw.ts';
import { readReferenceTensors, relativeDifference } from '../../../support/reference-tensors.ts';

interface Group {
  readonly lr: number;
  readonly betas: readonly [number, number];
  readonly eps: number;
  readonly weight_decay: number;
}

const FOLDER = new URL('../../../fixtures/reference/optimizers/adamw/', import.meta.url);
const info = JSON.parse(readFileSync(new URL('case.json', FOLDER), 'utf8')) as { steps: number; kept: number[]; groups: Record<string, Group> };
const inputs = readReferenceTensors(new URL('inputs.safetensors', FOLDER));
const outputs = readReferenceTensors(new URL('outputs.safetensors', FOLDER));
/** torch's vectorised square root is off by one unit in the last place for a fifth of all numbers. */
const TOLERANCE = 1e-6;

function create(name: string): { parameter: Float32Array; adamw: AdamW; group: Group } {
  const group = info.groups[name]!;
  const parameter = inputs.get(`${name}.start`)!.slice();
  return { parameter, group, adamw: new AdamW(parameter, { betas: group.betas, epsilon: group.eps, weightDecay: group.weight_decay }) };
}

function gradient(name: string, step: number): Float32Array {
  const all = inputs.get(`${name}.gradients`)!;
  const size = all.length / info.steps;
  return all.slice((step - 1) * size, step * size);
}

const rate = (group: Group, step: number): number => (step > 30 ? group.lr / 2 : group.lr);

describe.each(Object.keys(info.groups))('AdamW of the group "%s"', (name) => {
  it('gives torch\'s parameters and moments over 60 steps', () => {
    const { parameter, adamw, group } = create(name);
    const start = inputs.get(`${name}.start`)!;
    for (let step = 1; step <= info.steps; step += 1) {
      adamw.update(gradient(name, step), rate(group, step));
      const reference = outputs.get(`${name}.${step}`);
      if (reference === undefined) continue;
      const change = (values: Float32Array): Float32Array => values.map((value, index) => value - start[index]!);
      // The change is what training makes, and the smaller number.
      expect(relativeDifference(change(parameter), change(reference)), `step ${step}`).toBeLessThanOrEqual(1e-4);
      expect(relativeDifference(parameter, reference), `step ${step}`).toBeLessThanOrEqual(TOLERANCE);
    }
    const state = adamw.save();
    expect(state.step).toBe(60);
    expect(relativeDifference(state.average, outputs.get(`${name}.exp_avg`)!)).toBeLessThanOrEqual(TOLERANCE);
    expect(relativeDifference(state.squaredAverage, outputs.get(`${name}.exp_avg_sq`)!)).toBeLessThanOrEqual(TOLERANCE);
  });

  it('goes on bit by bit from a saved state', () => {
    const through = create(name);
    for (let step = 1; step <= 20; step += 1) through.adamw.update(gradient(name, step), 1e-3);
    const first = create(name);
    for (let step = 1; step <= 7; step += 1) first.adamw.update(gradient(name, step), 1e-3);
    const state = first.adamw.save();
    first.adamw.update(gradient(name, 8), 1e-3); // a saved state is a copy: what comes after doesn't reach it
    const second = create(name);
    for (let step = 1; step <= 7; step += 1) second.adamw.update(gradient(name, step), 1e-3);
    second.adamw.restore(state);
    for (let step = 8; step <= 20; step += 1) second.adamw.update(gradient(name, step), 1e-3);
    expect(second.parameter).toEqual(through.parameter);
  });
});

it('leaves parameters alone when rate and decay are zero', () => {
  const parameter = Float32Array.of(1, -2);
  new AdamW(parameter, { weightDecay: 0 }).update(Float32Array.of(3, 4), 0);
  expect([...parameter]).toEqual([1, -2]);
});

it('decays apart from the gradient', () => {
  const parameter = Float32Array.of(1, -2);
  new AdamW(parameter, { weightDecay: 0.5 }).update(Float32Array.of(0, 0), 0.5);
  expect([...parameter]).toEqual([0.75, -1.5]);
});

it('refuses gradients and states of another size', () => {
  const adamw = new AdamW(new Float32Array(2));
  expect(() => adamw.update(new Float32Array(3), 1)).toThrow('the gradient must have 2 elements, got 3');
  expect(() => adamw.restore({ step: 1, average: new Float32Array(2), squaredAverage: new Float32Array(1) })).toThrow('a state must have 2 elements, got 2 and 1');
});
