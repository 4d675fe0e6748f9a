import type { GraphFile, GraphNode, Subgraph } from './graph-file.ts';

const NODE_FIELDS = ['type', 'version', 'title', 'mode', 'params', 'inputs', 'ui'];
const SUBGRAPH_FIELDS = ['title', 'doc', 'inputs', 'outputs', 'params', 'passThrough', 'nodes', 'ui'];
const GRAPH_FIELDS = ['format', 'version', 'name', 'description', 'nodes', 'subgraphs', 'checks', 'ui'];

/** The object with known fields first, in their order, then all others in theirs. */
function ordered(value: Readonly<Record<string, unknown>>, fields: readonly string[]): Record<string, unknown> {
  const known = fields.filter((name) => Object.hasOwn(value, name) && value[name] !== undefined).map((name) => [name, value[name]] as const);
  return Object.fromEntries([...known, ...Object.entries(value).filter(([name]) => !fields.includes(name))]);
}

function orderedNodes(nodes: Readonly<Record<string, GraphNode>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(nodes).map(([id, node]) => [id, ordered(node, NODE_FIELDS)]));
}

/** The text of a graph file: indented JSON with the fields of the format in one order, however they came about; nodes, params and unknown fields keep theirs. Equal graphs give equal bytes. */
export function graphText(graph: GraphFile): string {
  const subgraphs = graph.subgraphs === undefined ? {} : {
    subgraphs: Object.fromEntries(Object.entries(graph.subgraphs).map(([id, subgraph]: [string, Subgraph]) => [id, ordered({ ...subgraph, nodes: orderedNodes(subgraph.nodes) }, SUBGRAPH_FIELDS)])),
  };
  return `${JSON.stringify(ordered({ ...graph, nodes: orderedNodes(graph.nodes), ...subgraphs }, GRAPH_FIELDS), undefined, 2)}\n`;
}
