import { withSettings } from '../../../contract/batch-plan.ts';
import type { GraphFile, GraphNode } from '../../../contract/graph-file.ts';
import type { NodeSchema } from '../../../contract/node.ts';
import type { ParamSchema, ParamValue } from '../../../contract/params.ts';
import { findSubgraph, subgraphOf } from '../../../contract/subgraphs.ts';
import { MAX_SUBGRAPH_DEPTH } from '../../../contract/flatten-graph.ts';
import { canonicalJson } from '../../runtime/content-key.ts';
import { lowerGraph } from '../../runtime/lower-graph.ts';
import { migrateNode } from '../../runtime/migrations.ts';

export type Schemas = ReadonlyMap<string, NodeSchema>;

/** A param of a node that really runs: inside a sub-graph the node is called `use/inner`. */
export interface RunParam {
  readonly node: string;
  readonly param: string;
  readonly schema: ParamSchema;
  readonly value: ParamValue | undefined;
}

/** Every node of a graph file, those of its sub-graphs' definitions too, changed one by one. */
export function mapNodes(graph: GraphFile, change: (node: GraphNode) => GraphNode): GraphFile {
  const changed = <N extends Readonly<Record<string, GraphNode>>>(nodes: N): N => Object.fromEntries(Object.entries(nodes).map(([id, node]) => [id, change(node)])) as N;
  const subgraphs = graph.subgraphs === undefined ? undefined : Object.fromEntries(Object.entries(graph.subgraphs).map(([id, subgraph]) => [id, { ...subgraph, nodes: changed(subgraph.nodes) }]));
  return { ...graph, nodes: changed(graph.nodes), ...(subgraphs === undefined ? {} : { subgraphs }) };
}

/** A graph whose nodes are of the installed versions: values are set by the names of today. */
export function migrateNodes(graph: GraphFile, schemas: Schemas): GraphFile {
  return mapNodes(graph, (node) => migrateNode(node, schemas.get(node.type)?.version ?? node.version));
}

/** Names of the params of a node, of a use of a sub-graph too. */
export function paramNames(graph: GraphFile, node: GraphNode, schemas: Schemas): string[] {
  const use = subgraphOf(node);
  return Object.keys((use === undefined ? schemas.get(node.type)?.params : findSubgraph(graph, use)?.params) ?? {});
}

/** The schema of a param of a node; of a use of a sub-graph that of the inner param that it stands for. */
export function paramSchemaOf(graph: GraphFile, node: GraphNode, param: string, schemas: Schemas, depth = 0): ParamSchema | undefined {
  const use = subgraphOf(node);
  if (use === undefined) {
    const params = schemas.get(node.type)?.params ?? {};
    return Object.hasOwn(params, param) ? params[param] : undefined;
  }
  const subgraph = findSubgraph(graph, use);
  const inner = subgraph !== undefined && Object.hasOwn(subgraph.params, param) ? subgraph.params[param] : undefined;
  const target = inner !== undefined && subgraph !== undefined && Object.hasOwn(subgraph.nodes, inner.node) ? subgraph.nodes[inner.node] : undefined;
  if (inner === undefined || target === undefined || depth > MAX_SUBGRAPH_DEPTH) return undefined;
  return paramSchemaOf(graph, target, inner.param, schemas, depth + 1);
}

/** All params of the nodes that run, with their values: sub-graphs, muted and bypassed nodes and links to params are put in place. */
export function runParams(graph: GraphFile, schemas: Schemas): RunParam[] {
  const { nodes } = lowerGraph(graph, schemas).graph;
  return Object.entries(nodes).flatMap(([id, node]) => {
    const schema = schemas.get(node.type);
    if (schema === undefined || schema.inert === true) return [];
    return Object.entries(schema.params).map(([param, kind]) => ({ node: id, param, schema: kind, value: Object.hasOwn(node.params, param) ? (node.params[param] as ParamValue) : kind.default }));
  });
}

/**
 * The params of nodes that run which get the value that is set at `target`: several where it is linked on, none where it is overridden or out of use.
 * @param value A value that the target may have.
 */
export function reachedBy(graph: GraphFile, target: string, value: ParamValue, schemas: Schemas): RunParam[] {
  // Values are put in place before anything asks whether they are good ones, so that any other value will do for telling what changes.
  const other = [canonicalJson(value)];
  const [before, after] = [value, other].map((one) => runParams(withSettings(graph, { [target]: one }), schemas)) as [RunParam[], RunParam[]];
  return before.filter((param, index) => canonicalJson(param.value) !== canonicalJson(after[index]?.value));
}
