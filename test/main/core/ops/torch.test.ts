import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { gradients } from '../../../../src/main/core/autodiff/gradients.ts';
import type { Tensor } from '../../../../src/main/core/ir/tensor.ts';
import type { GraphBuilder } from '../../../../src/main/core/ir/builder.ts';
import type { Value } from '../../../../src/main/core/ir/types.ts';
import { mul, reduceSum } from '../../../../src/main/core/ops/functions.ts';
import { newGraph } from '../../../../src/main/core/ops/registry.ts';
import { asFloats, readTensors, REFERENCE, relativeMaximum, tensorOf } from '../../../support/reference-case.ts';
import { runGraph } from '../../../support/run-graph.ts';
import { NOT_OFFERED, TORCH_BUILDS } from './torch-cases.ts';

interface TorchCase {
  readonly id: string;
  readonly op: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly inputs: number;
}

const { cases } = JSON.parse(readFileSync(join(REFERENCE, 'ops/case.json'), 'utf8')) as { cases: TorchCase[] };
const tensors = readTensors(join(REFERENCE, 'ops/tensors.safetensors'));
const named = (name: string): Tensor => asFloats(tensorOf(tensors, name));

/** torch computed in double from single-precision inputs; we compute in single. Rounding of 6e-8 per operation and sums of at most a few dozen terms stay below this; a wrong term is thousands of times larger. */
const TOLERANCE = 3e-6;

function inputsOf(builder: GraphBuilder, { id, inputs }: TorchCase): Value[] {
  return Array.from({ length: inputs }, (_, index) => builder.input(`input.${index}`, 'float32', tensorOf(tensors, `${id}.input.${index}`).shape));
}

function build(torchCase: TorchCase, builder: GraphBuilder, inputs: readonly Value[]): Value {
  const write = TORCH_BUILDS[torchCase.op];
  if (write === undefined) throw new Error(`No build for ${torchCase.op}`);
  return write(builder, inputs, torchCase.attributes);
}

describe('single ops against torch autograd', () => {
  for (const torchCase of cases) {
    const { id } = torchCase;
    const refusal = NOT_OFFERED[id];
    if (refusal !== undefined) {
      test(`${id} is refused`, () => {
        const builder = newGraph(id);
        const inputs = inputsOf(builder, torchCase);
        expect(() => build(torchCase, builder, inputs)).toThrow(refusal);
      });
      continue;
    }
    test(`${id}: forward and gradients`, async () => {
      const builder = newGraph(id);
      const inputs = inputsOf(builder, torchCase);
      const output = build(torchCase, builder, inputs);
      const upstream = builder.input('upstream', 'float32', output.type.shape);
      const loss = reduceSum(builder, mul(builder, output, upstream), output.type.shape.map((_, axis) => axis), false);
      builder.output('output', output);
      gradients(builder, loss, inputs).forEach((gradient, index) => builder.output(`gradient.${index}`, gradient));
      const feeds = Object.fromEntries(builder.build().inputs.map(({ name }) => [name, named(`${id}.${name}`)]));
      const results = await runGraph(builder.build(), feeds);
      for (const name of ['output', ...inputs.map((_, index) => `gradient.${index}`)]) {
        const wanted = named(`${id}.${name}`);
        // A gradient that is zero by nature (softmax over one key) has no relative size.
        const size = Math.max(...Array.from(wanted.data as Float32Array, Math.abs));
        if (size === 0) expect(Math.max(...Array.from(results[name]?.data as Float32Array, Math.abs))).toBeLessThan(TOLERANCE);
        else expect(relativeMaximum(results[name], wanted), name).toBeLessThan(TOLERANCE);
      }
    });
  }
});
