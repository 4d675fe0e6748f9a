import { describe, expect, test } from 'vitest';
import { checkGrads } from '../../../../src/main/core/autodiff/check-grads.ts';
import type { GradCheck } from '../../../../src/main/core/autodiff/check-grads.ts';
import type { Value } from '../../../../src/main/core/ir/types.ts';
import { exp, less, mul, neg, scale, sub, where } from '../../../../src/main/core/ops/functions.ts';
import { defineOp, OpRegistry } from '../../../../src/main/core/ops/op.ts';
import type { Vjp } from '../../../../src/main/core/ops/op.ts';
import { opRegistry } from '../../../../src/main/core/ops/registry.ts';
import { graphRunner } from '../../../support/graph-runner.ts';

/** The ops of the program, one of them with another rule. */
function registryWith(name: string, vjp: Vjp): OpRegistry {
  return new OpRegistry(opRegistry.all().map((definition) => (definition.name === name && definition.domain === '' ? defineOp({ ...definition, vjp }) : definition)));
}

function tanhCheck(more: Partial<GradCheck>): GradCheck {
  return { name: 'tanh', inputs: [{ shape: [3, 4] }], build: (builder, inputs) => builder.op('Tanh', inputs), dtype: 'float64', seed: 5, ...more };
}

const correct: Vjp = ({ builder, output, gradient }) => ({ 0: () => sub(builder, gradient(0), mul(builder, mul(builder, gradient(0), output(0)), output(0))) });

describe('checkGrads', () => {
  test('accepts a correct rule, with errors far below the tolerance', async () => {
    const projections = await checkGrads(tanhCheck({ registry: registryWith('Tanh', correct) }), graphRunner());
    expect(projections).toHaveLength(3);
    for (const { error, finite } of projections) {
      expect(error).toBeLessThan(1e-10);
      expect(Math.abs(finite)).toBeGreaterThan(0);
    }
  });

  const wrong: readonly (readonly [string, Vjp])[] = [
    ['wrong by a factor', ({ builder, output, gradient }) => ({ 0: () => scale(builder, sub(builder, gradient(0), mul(builder, mul(builder, gradient(0), output(0)), output(0))), 2) })],
    ['wrong by a millionth', ({ builder, output, gradient }) => ({ 0: () => scale(builder, sub(builder, gradient(0), mul(builder, mul(builder, gradient(0), output(0)), output(0))), 1 + 1e-6) })],
    ['of the wrong sign', ({ builder, output, gradient }) => ({ 0: () => neg(builder, sub(builder, gradient(0), mul(builder, mul(builder, gradient(0), output(0)), output(0)))) })],
    ['zero', ({ builder, gradient }) => ({ 0: () => scale(builder, gradient(0), 0) })],
    ['not a number', ({ builder, gradient }) => ({ 0: () => scale(builder, gradient(0), Number.NaN) })],
    ['without the inner derivative', ({ gradient }) => ({ 0: () => gradient(0) })],
  ];
  for (const [title, vjp] of wrong) {
    test(`catches a rule that is ${title}`, async () => {
      await expect(checkGrads(tanhCheck({ registry: registryWith('Tanh', vjp) }), graphRunner())).rejects.toThrow('Gradient of "tanh", input 0 (seed 5): must agree with finite differences within 1e-8');
    });
  }

  test('catches one wrong element among many', async () => {
    const oneWrong: Vjp = ({ builder, gradient }) => ({
      0: () => mul(builder, gradient(0), builder.constant(Float64Array.from({ length: 100 }, (_, index) => (index === 42 ? 3.001 : 3)), 'float64', [100])),
    });
    const check = tanhCheck({ inputs: [{ shape: [100] }], registry: registryWith('Neg', oneWrong), build: (builder, inputs) => builder.op('Neg', inputs) });
    await expect(checkGrads(check, graphRunner())).rejects.toThrow('input 0');
  });

  test('catches swapped inputs and names the first', async () => {
    const swapped: Vjp = ({ builder, input, gradient }) => ({ 0: () => mul(builder, gradient(0), input(0)), 1: () => mul(builder, gradient(0), input(1)) });
    const check = tanhCheck({ name: 'product', inputs: [{ shape: [3] }, { shape: [3] }], registry: registryWith('Mul', swapped), build: (builder, inputs) => builder.op('Mul', inputs) });
    // The checker's own Mul by the cotangent goes through the wrong rule too: whichever input is named, it must not pass.
    await expect(checkGrads(check, graphRunner())).rejects.toThrow('Gradient of "product", input 0');
  });

  test('catches a factor of one in a hundred in single precision', async () => {
    const slightlyWrong: Vjp = ({ builder, input, gradient }) => ({
      0: () => mul(builder, gradient(0), scale(builder, exp(builder, neg(builder, mul(builder, input(0), input(0)))), 1.01 * (2 / Math.sqrt(Math.PI)))),
    });
    const check = tanhCheck({ name: 'erf', dtype: 'float32', registry: registryWith('Erf', slightlyWrong), build: (builder, inputs) => builder.op('Erf', inputs) });
    await expect(checkGrads(check, graphRunner())).rejects.toThrow('Gradient of "erf", input 0 (seed 5): must agree with finite differences within 0.0005');
  });

  test('asks nothing of fixed inputs', async () => {
    const check = tanhCheck({
      inputs: [{ shape: [3] }, { shape: [3], fixed: true }],
      build: (builder, inputs) => where(builder, less(builder, inputs[1] as Value, builder.scalar(0, 'float64')), inputs[0] as Value, inputs[1] as Value),
    });
    const projections = await checkGrads(check, graphRunner());
    expect(projections.map(({ input }) => input)).toEqual([0, 0, 0]);
  });
});
