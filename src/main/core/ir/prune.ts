import type { Graph, Value } from './types.ts';

/** Drops nodes and initializers that no output depends on. Inputs stay: they are what callers feed. */
export function pruneGraph(graph: Graph): Graph {
  const needed = new Set<Value>(graph.outputs.map((output) => output.value));
  const nodes = graph.nodes.toReversed().filter((node) => {
    if (!node.outputs.some((output) => needed.has(output))) return false;
    for (const input of node.inputs) if (input !== undefined) needed.add(input);
    return true;
  });
  return { ...graph, nodes: nodes.reverse(), initializers: graph.initializers.filter((initializer) => needed.has(initializer)) };
}
