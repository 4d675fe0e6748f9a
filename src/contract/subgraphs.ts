import type { GraphFile, GraphNode, Subgraph } from './graph-file.ts';
import type { NodeSchema, PortSchema } from './node.ts';
import type { ParamSchema } from './params.ts';
import type { PortTypeName } from './port-types.ts';

const USE_PREFIX = 'subgraph:';

/** Types of the two nodes inside a sub-graph that stand for its inputs and its outputs. */
export const SUBGRAPH_INPUTS = 'subgraph-inputs';
export const SUBGRAPH_OUTPUTS = 'subgraph-outputs';

/** The node type that stands for one use of a sub-graph. */
export function subgraphType(id: string): string {
  return USE_PREFIX + id;
}

/** The sub-graph that a node is a use of; undefined for all other nodes. */
export function subgraphOf(node: Pick<GraphNode, 'type'>): string | undefined {
  return node.type.startsWith(USE_PREFIX) ? node.type.slice(USE_PREFIX.length) : undefined;
}

/** A sub-graph of a file, by id. */
export function findSubgraph(graph: Pick<GraphFile, 'subgraphs'>, id: string): Subgraph | undefined {
  return graph.subgraphs !== undefined && Object.hasOwn(graph.subgraphs, id) ? graph.subgraphs[id] : undefined;
}

function ports(saved: Subgraph['inputs'], side: 'input' | 'output'): Record<string, PortSchema> {
  return Object.fromEntries(Object.entries(saved).map(([name, port]) => [name, {
    // A name that isn't listed fits no other port, and the validator says so.
    type: port.type as PortTypeName,
    doc: port.doc ?? `${name} of the sub-graph.`,
    ...(side === 'input' && port.optional === true ? { optional: true } : {}),
    ...(side === 'input' && port.many === true ? { many: true } : {}),
  }]));
}

/**
 * The schema of the uses of a sub-graph.
 * @param paramSchema Looks up the schema of an inner node's param; params of unknown nodes are left out.
 */
export function subgraphSchemaOf(id: string, subgraph: Subgraph, paramSchema: (node: GraphNode, param: string) => ParamSchema | undefined): NodeSchema {
  const params: Record<string, ParamSchema> = {};
  for (const [name, { node: inner, param }] of Object.entries(subgraph.params)) {
    const node = Object.hasOwn(subgraph.nodes, inner) ? subgraph.nodes[inner] : undefined;
    const schema = node === undefined ? undefined : paramSchema(node, param);
    if (node === undefined || schema === undefined) continue;
    const own = Object.hasOwn(node.params, param) ? node.params[param] : undefined;
    params[name] = own === undefined ? schema : { ...schema, default: own } as ParamSchema;
  }
  return {
    type: subgraphType(id), version: 1, category: 'sub-graph', title: subgraph.title ?? id, doc: subgraph.doc ?? 'A sub-graph of this file.',
    inputs: ports(subgraph.inputs, 'input'), outputs: ports(subgraph.outputs, 'output'), params,
    ...(subgraph.passThrough === undefined ? {} : { passThrough: subgraph.passThrough }),
  };
}

/** The schemas of the two inner nodes that stand for a sub-graph's inputs and outputs. */
export function boundarySchemas(subgraph: Subgraph): readonly [NodeSchema, NodeSchema] {
  const common = { version: 1, category: 'sub-graph', params: {} };
  return [
    { ...common, type: SUBGRAPH_INPUTS, title: 'Inputs', doc: 'What the sub-graph is given.', inputs: {}, outputs: ports(subgraph.inputs, 'output') },
    { ...common, type: SUBGRAPH_OUTPUTS, title: 'Outputs', doc: 'What the sub-graph gives.', inputs: ports(subgraph.outputs, 'input'), outputs: {} },
  ];
}
