import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkGrads } from '../../../../src/main/core/autodiff/check-grads.ts';
import type { GraphBuilder } from '../../../../src/main/core/ir/builder.ts';
import type { Value } from '../../../../src/main/core/ir/types.ts';
import * as f from '../../../../src/main/core/ops/functions.ts';
import { newGraph, opRegistry } from '../../../../src/main/core/ops/registry.ts';
import { graphRunner } from '../../../support/graph-runner.ts';

const SHAPE = [4, 6] as const;
const COUNT = 24;

/** One way to make a [4, 6] value of three others; values stay of moderate size, and clear of kinks. */
interface Step {
  readonly op: string;
  readonly make: (b: GraphBuilder, x: Value, y: Value, z: Value) => Value;
  /** ONNX Runtime has no double kernel for it on the CPU. */
  readonly single?: true;
}

const constant = (b: GraphBuilder, like: Value, value: (index: number) => number): Value => {
  const numbers = Array.from({ length: COUNT }, (_, index) => value(index));
  return b.constant(like.type.dtype === 'float64' ? Float64Array.from(numbers) : Float32Array.from(numbers), like.type.dtype, SHAPE);
};
const square = (b: GraphBuilder, x: Value, more: number): Value => f.addScalar(b, f.mul(b, x, x), more);
const flat = (b: GraphBuilder, x: Value): Value => f.reshape(b, x, SHAPE);
/** -1, 0 and 1 in turn. */
const turns = (index: number): number => (index % 3) - 1;
const image = (b: GraphBuilder, x: Value): Value => f.reshape(b, x, [1, 2, 3, 4]);
const row = (b: GraphBuilder, x: Value): Value => f.reshape(b, f.slice(b, x, 0, 1, 2), [6]);

const STEPS: readonly Step[] = [
  { op: 'Add', make: (b, x, y) => f.scale(b, f.add(b, x, y), 0.7) },
  { op: 'Sub', make: (b, x, y) => f.scale(b, f.sub(b, x, y), 0.7) },
  { op: 'Mul', make: (b, x, y) => f.mul(b, x, f.tanh(b, y)) },
  { op: 'Div', make: (b, x, y) => f.div(b, x, square(b, y, 1)) },
  { op: 'Pow', make: (b, x, y) => f.pow(b, f.addScalar(b, f.sigmoid(b, x), 0.5), f.tanh(b, y)) },
  { op: 'Neg', make: (b, x) => f.neg(b, x) },
  { op: 'Identity', make: (b, x) => f.identity(b, x) },
  { op: 'Abs', make: (b, x) => f.abs(b, f.add(b, f.tanh(b, x), constant(b, x, (index) => (index % 2 === 0 ? 2 : -2)))) },
  { op: 'Sqrt', make: (b, x) => f.sqrt(b, square(b, x, 0.5)) },
  { op: 'Reciprocal', make: (b, x) => f.reciprocal(b, square(b, x, 0.8)) },
  { op: 'Exp', make: (b, x) => f.exp(b, f.tanh(b, x)) },
  { op: 'Log', make: (b, x) => f.log(b, square(b, x, 0.7)) },
  { op: 'Sin', make: (b, x) => f.sin(b, x) },
  { op: 'Cos', make: (b, x) => f.cos(b, x) },
  { op: 'Tanh', make: (b, x) => f.tanh(b, x) },
  { op: 'Sigmoid', make: (b, x) => f.sigmoid(b, x) },
  { op: 'Erf', make: (b, x) => f.erf(b, x), single: true },
  { op: 'Gelu', make: (b, x, y) => f.add(b, f.gelu(b, x), f.gelu(b, y, 'tanh')), single: true },
  { op: 'engram::Swish', make: (b, x, y) => f.add(b, f.silu(b, x), f.quickGelu(b, y)), single: true },
  { op: 'engram::GatedGelu', make: (b, x, y) => f.geglu(b, f.concat(b, [f.tanh(b, x), y], 1)), single: true },
  { op: 'Clip', make: (b, x) => f.clip(b, f.add(b, f.tanh(b, x), constant(b, x, (index) => 5 * turns(index))), -3, 3) },
  { op: 'Where', make: (b, x, y) => f.where(b, f.greater(b, constant(b, x, turns), f.scalarLike(b, x, 0.5)), x, y) },
  { op: 'Cast', make: (b, x) => f.cast(b, f.sin(b, f.cast(b, x, 'float64')), 'float32'), single: true },
  { op: 'Transpose', make: (b, x) => flat(b, f.transpose(b, x, [1, 0])) },
  { op: 'Reshape', make: (b, x) => f.transpose(b, f.reshape(b, x, [6, 4]), [1, 0]) },
  { op: 'Concat', make: (b, x, y) => f.concat(b, [f.slice(b, x, 1, 2, 5), f.slice(b, y, 1, 0, 3)], 1) },
  { op: 'Slice', make: (b, x, y) => f.concat(b, [f.slice(b, x, 0, 1, 4), f.slice(b, y, 0, -1, 4)], 0) },
  { op: 'Split', make: (b, x) => f.concat(b, f.split(b, x, 1, [1, 2, 3]).reverse(), 1) },
  { op: 'Gather', make: (b, x) => f.gather(b, x, b.constant(BigInt64Array.of(3n, 3n, 0n, 1n), 'int64', [4]), 0) },
  { op: 'Expand', make: (b, x) => f.expand(b, f.slice(b, x, 0, 2, 3), SHAPE) },
  { op: 'Pad', make: (b, x) => f.slice(b, f.slice(b, f.pad(b, x, [1, 0, 0, 2]), 0, 0, 4), 1, 1, 7) },
  { op: 'ReduceSum', make: (b, x, y) => f.add(b, x, f.scale(b, f.reduceSum(b, y, [1]), 0.2)) },
  { op: 'ReduceMean', make: (b, x, y) => f.sub(b, x, f.reduceMean(b, y, [0])) },
  { op: 'MatMul', make: (b, x, y, z) => f.scale(b, f.matMul(b, f.matMul(b, x, f.transposeLastTwo(b, y)), z), 0.1) },
  { op: 'Gemm', make: (b, x, y, z) => f.gemm(b, f.gemm(b, x, y, undefined, { transB: 1, alpha: 0.2 }), z, row(b, x), { alpha: 0.5 }) },
  { op: 'Softmax', make: (b, x) => f.scale(b, f.softmax(b, x, 1), 3) },
  { op: 'LayerNormalization', make: (b, x, y, z) => f.layerNorm(b, x, row(b, y), row(b, z), 0.3) },
  { op: 'SimplifiedLayerNormalization', make: (b, x, y) => f.rmsNorm(b, x, row(b, y), 0.3) },
  { op: 'InstanceNormalization', make: (b, x, y) => flat(b, f.instanceNorm(b, f.reshape(b, x, [2, 2, 6]), f.slice(b, row(b, y), 0, 0, 2), f.slice(b, row(b, y), 0, 2, 4), 0.3)), single: true },
  { op: 'engram::Attention', make: (b, x, y, z) => flat(b, f.attention(b, f.reshape(b, x, [1, 4, 6]), f.reshape(b, y, [1, 4, 6]), f.reshape(b, z, [1, 4, 6]), { heads: 2, scale: 0.625 })) },
  { op: 'Conv', make: (b, x, y) => f.scale(b, flat(b, f.conv(b, image(b, x), f.reshape(b, y, [2, 2, 2, 3]), undefined, { pads: [0, 1, 1, 1] })), 0.3), single: true },
  { op: 'ConvTranspose', make: (b, x, y) => f.scale(b, flat(b, f.convTranspose(b, image(b, x), f.reshape(b, y, [2, 2, 2, 3]), undefined, { pads: [0, 1, 1, 1] })), 0.3), single: true },
  { op: 'Resize', make: (b, x, y) => f.add(b, flat(b, f.resizeNearest2x(b, f.reshape(b, row(b, x), [1, 1, 2, 3]))), y), single: true },
];

/** A step of a random graph, and which of the values so far it takes. */
const choice = (steps: readonly Step[]) => fc.record({ step: fc.constantFrom(...steps), from: fc.tuple(fc.nat(), fc.nat(), fc.nat()) });
type Choice = { readonly step: Step; readonly from: readonly [number, number, number] };

/** Values may be used many times; all of them count in the end, so that gradients add up along every path. */
function buildRandom(b: GraphBuilder, inputs: readonly Value[], choices: readonly Choice[]): Value {
  const values = [...inputs];
  for (const { step, from } of choices) {
    const [x, y, z] = from.map((number) => values[number % values.length]) as [Value, Value, Value];
    values.push(step.make(b, x, y, z));
  }
  const last = values.at(-1) as Value;
  return values.slice(0, -1).reduce((sum, value) => f.add(b, sum, f.scale(b, value, 0.3)), last);
}

const INPUTS = [{ shape: SHAPE }, { shape: SHAPE }, { shape: SHAPE }];

async function checkRandom(choices: readonly Choice[], dtype: 'float32' | 'float64', tolerance: number, seed: number): Promise<void> {
  await checkGrads({ name: choices.map(({ step }) => step.op).join(' '), inputs: INPUTS, build: (b, inputs) => buildRandom(b, inputs, choices), dtype, tolerance, directions: 2, seed }, graphRunner());
}

/** Every step in turn, each amid others at random. */
function graphsWithEach(steps: readonly Step[]): fc.Arbitrary<Choice[]>[] {
  return steps.map((step) => fc.tuple(fc.array(choice(steps), { maxLength: 4 }), choice([step]), fc.array(choice(steps), { maxLength: 4 })).map(([before, one, after]) => [...before, one, ...after]));
}

const RUNS = { numRuns: 3 };

test('autodiff equals finite differences on random graphs of all ops with double kernels', async () => {
  // Fourth-order differences at 1e-3 leave 1e-12 times a fifth derivative, which ten nested functions may bring to some 10^4.
  for (const graphs of graphsWithEach(STEPS.filter(({ single }) => single !== true))) {
    await fc.assert(fc.asyncProperty(graphs, fc.nat(10_000), (choices, seed) => checkRandom(choices, 'float64', 1e-6, seed)), RUNS);
  }
});

test('autodiff equals finite differences on random graphs of all ops, in float32', async () => {
  // Rounding of 1e-6 over a step of 2e-2, and a fifth derivative at 1.6e-7: a wrong factor in one rule is seen at 1e-1.
  for (const graphs of graphsWithEach(STEPS)) {
    await fc.assert(fc.asyncProperty(graphs, fc.nat(10_000), (choices, seed) => checkRandom(choices, 'float32', 2e-2, seed)), RUNS);
  }
});

test('the random graphs are made of every op with a gradient rule', () => {
  const builder = newGraph('all');
  const inputs = INPUTS.map(({ shape }, index) => builder.input(`x${index}`, 'float32', shape));
  for (const { op, make } of STEPS) builder.output(`of ${op}`, make(builder, ...(inputs as [Value, Value, Value])));
  const used = new Set(builder.build().nodes.map(({ domain, op }) => (domain === '' ? op : `${domain}::${op}`)));
  const ruled = opRegistry.all().filter(({ vjp }) => typeof vjp === 'function').map(({ domain, name }) => (domain === '' ? name : `${domain}::${name}`));
  expect(ruled.filter((name) => !used.has(name))).toEqual([]);
  expect(STEPS.filter(({ op }) => !used.has(op)).map(({ op }) => op)).toEqual([]);
});
