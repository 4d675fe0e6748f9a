import type { ErrorData } from '../../contract/errors.ts';
import { flattenGraph } from '../../contract/flatten-graph.ts';
import type { GraphFile, GraphNode } from '../../contract/graph-file.ts';
import type { NodeSchema } from '../../contract/node.ts';
import { applyModes } from '../../contract/node-modes.ts';
import { resolveParamLinks } from '../../contract/param-links.ts';
import { migrateNode } from './migrations.ts';

/** A graph in the form that runs. */
export interface LoweredGraph {
  readonly graph: GraphFile;
  /** Nodes that are left out because they need a muted one, by id, with the muted one. */
  readonly off: ReadonlyMap<string, string>;
  readonly faults: readonly ErrorData[];
}

/**
 * Brings a graph to the form that runs: uses of sub-graphs replaced by their nodes, nodes brought to the installed versions, muted and bypassed ones left out,
 * linked params set. A graph without any of these comes out as it is, so content keys don't tell how a graph was put together.
 * @returns what is left, and the faults of what can't be brought there.
 */
export function lowerGraph(graph: GraphFile, schemas: ReadonlyMap<string, NodeSchema>): LoweredGraph {
  const schemaOf = (node: GraphNode): NodeSchema | undefined => schemas.get(node.type);
  const flat = flattenGraph(graph);
  const migrated = migrateNodes(flat.nodes, schemaOf);
  const active = applyModes(migrated, schemaOf);
  const set = resolveParamLinks(active.nodes, schemaOf);
  return { graph: { ...graph, nodes: set.nodes }, off: active.off, faults: [...flat.faults, ...active.faults, ...set.faults] };
}

function migrateNodes(nodes: Readonly<Record<string, GraphNode>>, schemaOf: (node: GraphNode) => NodeSchema | undefined): Readonly<Record<string, GraphNode>> {
  if (Object.values(nodes).every((node) => node.version >= (schemaOf(node)?.version ?? 0))) return nodes;
  return Object.fromEntries(Object.entries(nodes).map(([id, node]) => [id, migrateNode(node, schemaOf(node)?.version ?? node.version)]));
}
