import { lowerGraph } from '../../../src/main/core/ir/lower.ts';
import { elementCount } from '../../../src/main/core/ir/tensor.ts';
import type { Graph, Node, Shape } from '../../../src/main/core/ir/types.ts';

/** Length of the sum behind each output element, by op. Ops that aren't here do a few operations per element: nothing beside these. */
const SUM_LENGTHS: Readonly<Record<string, (node: Node) => number>> = {
  // Weights [M, C / groups, kH, kW]
  Conv: (node) => elementCount(shapeOf(node, 1).slice(1)),
  MatMul: (node) => shapeOf(node, 0).at(-1) ?? 1,
  Gemm: (node) => (node.attributes['transA'] === 1 ? shapeOf(node, 0)[0] : shapeOf(node, 0)[1]) ?? 1,
};

function shapeOf(node: Node, input: number): Shape {
  return node.inputs[input]?.type.shape ?? [];
}

/** Floating point operations of one run of a graph: two for every product in its convolutions and matrix products. */
export function operationsOf(graph: Graph): number {
  return lowerGraph(graph).nodes.reduce((sum, node) => {
    const outputs = elementCount(node.outputs[0]?.type.shape ?? []);
    return sum + 2 * outputs * (SUM_LENGTHS[node.op]?.(node) ?? 0);
  }, 0);
}
