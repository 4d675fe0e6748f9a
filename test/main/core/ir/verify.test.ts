import { describe, expect, test } from 'vitest';
import type { Graph, Node, TensorName, Value } from '../../../../src/main/core/ir/types.ts';
import { verifyGraph } from '../../../../src/main/core/ir/verify.ts';
import { add, attention, mul } from '../../../../src/main/core/ops/functions.ts';
import { newGraph, opRegistry } from '../../../../src/main/core/ops/registry.ts';

function graph(): Graph {
  const builder = newGraph('g');
  const x = builder.input('x', 'float32', [2, 3]);
  const sum = builder.op('Add', [x, builder.scalar(1)], {}, { name: 'sum' });
  builder.output('y', builder.op('Mul', [sum, x], {}, { name: 'product' }));
  return builder.build();
}

/** The graph with one node replaced. */
function withNode(original: Graph, index: number, change: (node: Node) => Partial<Node>): Graph {
  return { ...original, nodes: original.nodes.map((node, place) => (place === index ? { ...node, ...change(node) } : node)) };
}

const verify = (value: Graph) => (): void => verifyGraph(value, opRegistry);

describe('verifyGraph', () => {
  test('accepts what the builder makes, composites included', () => {
    const builder = newGraph('g');
    const x = builder.input('x', 'float32', [1, 4, 6]);
    builder.output('y', attention(builder, mul(builder, x, x), x, add(builder, x, x), { heads: 2, scale: 1 }));
    expect(verify(builder.build())).not.toThrow();
  });

  test('refuses a value that is used before it is made', () => {
    const original = graph();
    expect(verify({ ...original, nodes: original.nodes.toReversed() })).toThrow('Mul "product": input "sum:out" must be made before it is used');
  });

  test('refuses a type that the op does not infer', () => {
    const original = graph();
    const wrong = withNode(original, 0, (node) => ({ outputs: node.outputs.map((output): Value => ({ ...output, type: { dtype: 'float32', shape: [3, 2] } })) }));
    expect(verify(wrong)).toThrow('Add "sum": output 0 must be float32[2, 3], got float32[3, 2]');
  });

  test('refuses an output that points to another producer', () => {
    expect(verify(withNode(graph(), 0, () => ({})))).toThrow('Add "sum": output 0 must name the node as its producer');
  });

  test('refuses unknown ops', () => {
    expect(verify(withNode(graph(), 0, () => ({ op: 'Plus' })))).toThrow('Op "Plus" (domain "ai.onnx"): no record for opset 21');
  });

  test('refuses a missing output', () => {
    expect(verify(withNode(graph(), 0, () => ({ outputs: [] })))).toThrow('Add "sum": must have 1..1 outputs, got 0');
  });

  test('refuses names that are used twice', () => {
    const original = graph();
    expect(verify({ ...original, inputs: [...original.inputs, ...original.inputs] })).toThrow('Graph "g": value "x" must be unique');
    expect(verify({ ...original, outputs: [...original.outputs, ...original.outputs] })).toThrow('Graph "g": output "y" must be unique');
    expect(verify({ ...original, nodes: [...original.nodes, ...original.nodes] })).toThrow('Graph "g": node "sum" must be unique');
    const [output] = original.outputs;
    expect(verify({ ...original, outputs: output === undefined ? [] : [{ name: 'x', value: output.value }] })).toThrow('Output "x": its name must not be that of another value');
  });

  test('refuses an output that is not in the graph', () => {
    const original = graph();
    const stranger: Value = { name: 'z' as TensorName, type: { dtype: 'float32', shape: [] }, producer: undefined, initializer: undefined };
    expect(verify({ ...original, outputs: [{ name: 'z', value: stranger }] })).toThrow('Output "z": value "z" must be in the graph');
  });

  test('refuses initializers of a wrong size, inline and in files', () => {
    const original = graph();
    const short = original.initializers.map((value): Value => ({ ...value, type: { dtype: 'float32', shape: [2] } }));
    expect(verify({ ...original, initializers: short })).toThrow('Initializer "float32:1": must have 8 bytes for float32[2], got 4');
    const builder = newGraph('g');
    builder.external('w', 'float16', [3, 3], { file: 'f', offset: 0, length: 36 });
    expect(verify(builder.build())).toThrow('Initializer "w": must have 18 bytes for float16[3, 3], got 36');
  });
});
