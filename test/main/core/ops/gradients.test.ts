import { describe, expect, test } from 'vitest';
import { checkGrads } from '../../../../src/main/core/autodiff/check-grads.ts';
import { gradients } from '../../../../src/main/core/autodiff/gradients.ts';
import type { GraphBuilder } from '../../../../src/main/core/ir/builder.ts';
import type { Value } from '../../../../src/main/core/ir/types.ts';
import { concat, mul, reduceSum, reshape } from '../../../../src/main/core/ops/functions.ts';
import { opRegistry } from '../../../../src/main/core/ops/registry.ts';
import { graphRunner } from '../../../support/graph-runner.ts';
import { GRADIENT_CASES } from './gradient-cases.ts';
import type { GradientCase } from './gradient-cases.ts';

const SEED = 20;

/** The gradient of sum(f^2) / 2 as a function of its own: one vector of all inputs' gradients. */
function gradientFunction({ inputs: checked, build }: GradientCase): (builder: GraphBuilder, inputs: readonly Value[]) => Value {
  return (builder, inputs) => {
    const output = reshape(builder, build(builder, ...inputs), [-1]);
    const loss = reduceSum(builder, mul(builder, output, output), [0], false);
    const targets = inputs.filter((_, index) => checked[index]?.fixed !== true);
    return concat(builder, gradients(builder, loss, targets).map((gradient) => reshape(builder, gradient, [-1])), 0);
  };
}

describe('gradient rules against finite differences on ONNX Runtime', () => {
  for (const gradientCase of GRADIENT_CASES) {
    const { op, title, inputs, build, dtype } = gradientCase;
    // Tolerances (the checker's defaults). float64: fourth-order differences at 1e-3 leave about 1e-12 of curvature and 1e-13 of
    // rounding: 1e-8 has room for steep functions. float32: rounding of 6e-8 over a step of 2e-2 gives 1e-5 or so per element.
    test(`${op}: ${title}`, async () => {
      await checkGrads({ name: `${op} ${title}`, inputs, build: (builder, values) => build(builder, ...values), dtype, seed: SEED }, graphRunner());
    });
    if (gradientCase.order === 2) {
      test(`${op}: ${title}, second order`, async () => {
        // A derivative is rounded once more in float32, hence ten times the tolerance there.
        const tolerance = dtype === 'float64' ? 1e-8 : 5e-3;
        await checkGrads({ name: `${op} ${title} second order`, inputs, build: gradientFunction(gradientCase), dtype, tolerance, seed: SEED }, graphRunner());
      });
    }
  }
});

describe('attention in small chunks', () => {
  const attentions = GRADIENT_CASES.filter(({ op }) => op === 'engram::Attention');
  // A row per chunk, and a few rows per chunk, recomputed in the backward pass.
  for (const attentionScoreBytes of [1, 400]) {
    for (const { op, title, inputs, build, dtype } of attentions) {
      test(`${op}: ${title}, ${attentionScoreBytes} bytes`, async () => {
        const runner = graphRunner({ plan: { attentionScoreBytes, attentionKeepBytes: 0 } });
        await checkGrads({ name: `${op} ${title}`, inputs, build: (builder, values) => build(builder, ...values), dtype, seed: SEED }, runner);
      });
    }
  }
});

test('every op with a gradient rule has a case', () => {
  const covered = new Set(GRADIENT_CASES.map(({ op }) => op));
  const ruled = opRegistry.all().filter(({ vjp }) => typeof vjp === 'function').map(({ domain, name }) => (domain === '' ? name : `${domain}::${name}`));
  expect(ruled.filter((name) => !covered.has(name))).toEqual([]);
  expect([...covered].filter((name) => !ruled.includes(name))).toEqual([]);
});
