import { describe, expect, test } from 'vitest';
import { gradients } from '../../../../src/main/core/autodiff/gradients.ts';
import { GraphBuilder } from '../../../../src/main/core/ir/builder.ts';
import type { Graph, Value } from '../../../../src/main/core/ir/types.ts';
import { verifyGraph } from '../../../../src/main/core/ir/verify.ts';
import { add, cast, conv, exp, gather, linear, matMul, meanOfAll, mul, reduceSum, silu, split, where, less } from '../../../../src/main/core/ops/functions.ts';
import { defineOp, exactly, OpRegistry } from '../../../../src/main/core/ops/op.ts';
import type { Vjp } from '../../../../src/main/core/ops/op.ts';
import { newGraph, opRegistry } from '../../../../src/main/core/ops/registry.ts';
import { runGraph } from '../../../support/run-graph.ts';

const vector = (...values: number[]): { dtype: 'float32'; shape: number[]; data: Float32Array } => ({ dtype: 'float32', shape: [values.length], data: Float32Array.from(values) });

/** Adds the gradients as outputs `g0`, `g1`, … and returns the checked graph. */
function withGradients(builder: GraphBuilder, loss: Value, targets: readonly Value[]): Graph {
  gradients(builder, loss, targets).forEach((gradient, index) => builder.output(`g${index}`, gradient));
  const graph = builder.build();
  verifyGraph(graph, opRegistry);
  return graph;
}

async function numbers(graph: Graph, feeds: Parameters<typeof runGraph>[1]): Promise<Record<string, number[]>> {
  const results = await runGraph(graph, feeds);
  return Object.fromEntries(Object.entries(results).map(([name, { data }]) => [name, Array.from(data as Float32Array)]));
}

/** The program's ops and one more, `Probe`, that hands its input on and has the given rule. */
function probeRegistry(vjp: Vjp): OpRegistry {
  const probe = defineOp({ ...opRegistry.find('', 'Identity', 21), name: 'Probe', vjp });
  return new OpRegistry([...opRegistry.all(), probe]);
}

describe('values', () => {
  test('an expression of several operations has the derivative that calculus gives', async () => {
    // L = sum(x^2 y + x): dL/dx = 2 x y + 1, dL/dy = x^2. Small whole numbers: exact in float32.
    const builder = newGraph('g');
    const [x, y] = [builder.input('x', 'float32', [2]), builder.input('y', 'float32', [2])];
    const loss = reduceSum(builder, add(builder, mul(builder, mul(builder, x, x), y), x), [0], false);
    const results = await numbers(withGradients(builder, loss, [x, y]), { x: vector(2, -3), y: vector(5, 7) });
    expect(results).toEqual({ g0: [21, -41], g1: [4, 9] });
  });

  test('what flows in from several readers is added up', async () => {
    const builder = newGraph('g');
    const x = builder.input('x', 'float32', [2]);
    const terms = [2, 3, 5].map((factor) => mul(builder, x, builder.scalar(factor)));
    const loss = reduceSum(builder, terms.reduce((sum, term) => add(builder, sum, term)), [0], false);
    expect(await numbers(withGradients(builder, loss, [x]), { x: vector(1, 1) })).toEqual({ g0: [10, 10] });
  });

  test('broadcasting is undone: the gradient has the shape of its target', async () => {
    const builder = newGraph('g');
    const shapes = [[], [3], [2, 1], [1, 1, 3]];
    const inputs = shapes.map((shape, index) => builder.input(`x${index}`, 'float32', shape));
    const big = builder.input('big', 'float32', [4, 2, 3]);
    const sum = inputs.reduce((total, input) => add(builder, total, input), big);
    const graph = withGradients(builder, reduceSum(builder, sum, [0, 1, 2], false), inputs);
    expect(graph.outputs.map(({ value }) => value.type.shape)).toEqual(shapes);
    const feeds = Object.fromEntries(graph.inputs.map(({ name, type }) => [name, { ...type, data: new Float32Array(24).fill(1).slice(0, type.shape.reduce((a, b) => a * b, 1)) }]));
    // How often each element was repeated: 24 elements over the elements that there are.
    expect(await numbers(graph, feeds)).toEqual({ g0: [24], g1: [8, 8, 8], g2: [12, 12], g3: [8, 8, 8] });
  });

  test('the loss itself and values on the way can be targets', async () => {
    const builder = newGraph('g');
    const x = builder.input('x', 'float32', [2]);
    const square = mul(builder, x, x);
    const loss = reduceSum(builder, mul(builder, square, square), [0], false);
    expect(await numbers(withGradients(builder, loss, [loss, square, x]), { x: vector(1, 2) })).toEqual({ g0: [1], g1: [2, 8], g2: [4, 32] });
  });

  test('an output of a node that nothing used counts as zero', async () => {
    const builder = newGraph('g');
    const x = builder.input('x', 'float32', [3]);
    const [, second] = split(builder, x, 0, [1, 2]) as [Value, Value];
    expect(await numbers(withGradients(builder, reduceSum(builder, second, [0], false), [x]), { x: vector(1, 2, 3) })).toEqual({ g0: [0, 1, 1] });
  });

  test('weights stored in half precision are cast, and the gradient of the input is exact', async () => {
    const builder = newGraph('g');
    const x = builder.input('x', 'float32', [2]);
    // 1.5 and -2 in float16 and in bfloat16.
    const half = cast(builder, builder.constant(Uint16Array.of(0x3e00, 0xc000), 'float16', [2]), 'float32');
    const brain = cast(builder, builder.constant(Uint16Array.of(0x3fc0, 0xc000), 'bfloat16', [2]), 'float32');
    const loss = reduceSum(builder, mul(builder, mul(builder, x, half), brain), [0], false);
    expect(await numbers(withGradients(builder, loss, [x]), { x: vector(1, 1) })).toEqual({ g0: [2.25, 4] });
  });
});

describe('what is built', () => {
  test('gradients and steps have names that tell where they belong', () => {
    const builder = newGraph('g');
    const x = builder.input('x', 'float32', [2, 3]);
    const weight = builder.constant(new Float32Array(12), 'float32', [4, 3], 'weight');
    const hidden = builder.scope('block', () => exp(builder, linear(builder, x, weight)));
    const before = builder.build().nodes.length;
    const [gradient] = gradients(builder, meanOfAll(builder, hidden), [x]);
    expect(gradient?.name).toBe('x_grad');
    const added = builder.build().nodes.slice(before + 1);
    expect(added.map((node) => node.name)).toEqual(['ReduceMean_Grad/Mul', 'ReduceMean_Grad/Reshape', 'ReduceMean_Grad/Expand', 'block.Exp_Grad/Mul', 'block.Gemm_Grad/Gemm']);
    expect(added.map((node) => node.outputs[0]?.name)).toContain('block.Exp:out_grad');
  });

  test('sums of contributions are named too', () => {
    const builder = newGraph('g');
    const x = builder.input('x', 'float32', [2]);
    const [gradient] = gradients(builder, reduceSum(builder, mul(builder, x, x), [0], false), [x]);
    expect(gradient?.name).toBe('x_grad');
    expect(gradient?.producer?.name).toBe('x_Grad/Add');
  });

  test('frozen weights get no gradient, and branches without a target nothing at all', () => {
    const builder = newGraph('g');
    const states = builder.input('states', 'float32', [1, 4, 6]);
    const image = builder.input('image', 'float32', [1, 2, 5, 5]);
    const kernel = builder.constant(new Float32Array(36), 'float32', [2, 2, 3, 3], 'kernel');
    const weight = builder.constant(new Float32Array(36), 'float32', [6, 6], 'weight');
    const frozen = meanOfAll(builder, builder.scope('frozen', () => silu(builder, conv(builder, image, kernel))));
    const trained = meanOfAll(builder, builder.scope('trained', () => silu(builder, linear(builder, states, weight))));
    const loss = add(builder, frozen, trained);
    const before = builder.build().nodes.length;
    gradients(builder, loss, [states]);
    const added = builder.build().nodes.slice(before);
    expect(added.filter((node) => node.name.startsWith('frozen'))).toEqual([]);
    expect(added.filter((node) => node.op === 'ConvTranspose' || node.op === 'Conv')).toEqual([]);
    // dW of a linear layer would be a second Gemm.
    expect(added.filter((node) => node.op === 'Gemm')).toHaveLength(1);
  });

  test('a rule is asked only for the inputs that lead to a target', () => {
    const asked: number[] = [];
    const rule: Vjp = ({ gradient }) => Object.fromEntries([0, 1, 2].map((index) => [index, () => {
      asked.push(index);
      return gradient(0);
    }]));
    const three = defineOp({ name: 'Three', domain: '', since: 1, inputs: exactly(3), outputs: exactly(1), infer: ({ inputs }) => [inputs[0] ?? { dtype: 'float32', shape: [] }], vjp: rule });
    const builder = new GraphBuilder('g', new OpRegistry([...opRegistry.all(), three]));
    const [x, y, z] = ['x', 'y', 'z'].map((name) => builder.input(name, 'float32', [])) as [Value, Value, Value];
    gradients(builder, builder.op('Three', [x, y, z]), [z, x]);
    expect(asked).toEqual([0, 2]);
  });
});

describe('errors', () => {
  function probeGradient(vjp: Vjp, shape: readonly number[] = [2]): () => void {
    const builder = new GraphBuilder('g', probeRegistry(vjp));
    const x = builder.input('x', 'float32', shape);
    const loss = meanOfAll(builder, builder.scope('block', () => builder.op('Probe', [x])));
    return () => gradients(builder, loss, [x]);
  }

  test('an op without a rule is named', () => {
    expect(probeGradient('unsupported')).toThrow('Probe "block.Probe": has no gradient rule');
    expect(probeGradient(() => ({}))).toThrow('Probe "block.Probe": has no gradient rule for input 0');
  });

  test('a rule that returns a wrong shape is named', () => {
    expect(probeGradient(({ builder }) => ({ 0: () => builder.filled(1, [3]) }))).toThrow('Gradient rule of Probe "block.Probe", input 0: must return [2] or a shape that it broadcasts to, got [3]');
    expect(probeGradient(({ builder }) => ({ 0: () => builder.scalar(1) }))).toThrow('must return [2] or a shape that it broadcasts to, got []');
  });

  test('a rule that returns a wrong element type is named', () => {
    expect(probeGradient(({ builder }) => ({ 0: () => builder.filled(1, [2], 'float64') }))).toThrow('Gradient rule of Probe "block.Probe", input 0: must return float32, got float64');
  });

  test('a rule that reads an input which was left out is named', () => {
    expect(probeGradient(({ input }) => ({ 0: () => input(1) }))).toThrow('Probe "block.Probe": input 1 was asked for by its gradient rule, but was left out');
  });

  test('an unsupported op beside the path does no harm', () => {
    const builder = new GraphBuilder('g', probeRegistry('unsupported'));
    const [x, y] = [builder.input('x', 'float32', [2]), builder.input('y', 'float32', [2])];
    const loss = meanOfAll(builder, mul(builder, x, builder.op('Probe', [y])));
    builder.op('Probe', [x]);
    expect(() => gradients(builder, loss, [x])).not.toThrow();
  });

  test('a loss that is no scalar and targets that are no floats are refused', () => {
    const builder = newGraph('g');
    const [x, ids] = [builder.input('x', 'float32', [2]), builder.input('ids', 'int64', [2])];
    expect(() => gradients(builder, mul(builder, x, x), [x])).toThrow('Loss "Mul:out": must be a floating-point scalar of shape [], got float32[2]');
    expect(() => gradients(builder, meanOfAll(builder, x), [ids])).toThrow('Target "ids": must be floating-point, got int64');
  });

  test('a target that the loss does not depend on is refused, one behind a constant op too', () => {
    const builder = newGraph('g');
    const [x, y] = [builder.input('x', 'float32', [2]), builder.input('y', 'float32', [2])];
    const loss = meanOfAll(builder, where(builder, less(builder, y, builder.scalar(0)), x, builder.scalar(1)));
    expect(() => gradients(builder, loss, [x, y])).toThrow('Target "y": must lead to the loss "ReduceMean:out" through differentiable ops');
  });

  test('an integer input beside a target needs no rule', () => {
    const builder = newGraph('g');
    const table = builder.input('table', 'float32', [4, 2]);
    const ids = builder.input('ids', 'int64', [3]);
    const picked = gather(builder, table, ids, 0);
    const loss = meanOfAll(builder, matMul(builder, picked, builder.filled(1, [2, 1])));
    expect(gradients(builder, loss, [table])[0]?.type.shape).toEqual([4, 2]);
  });
});
