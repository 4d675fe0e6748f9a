import type { GraphFile, GraphNode, Subgraph } from '../../contract/graph-file.ts';
import { findSubgraph, subgraphOf } from '../../contract/subgraphs.ts';
import { refusal } from './refusal.ts';
import { renameInput } from './relink.ts';
import { mapNodes, type EditorState, type GraphNodes } from './state.ts';

/** The sub-graph that is open. @throws AppError `edit.no-subgraph` */
export function openSubgraph(state: EditorState): { readonly id: string; readonly subgraph: Subgraph } {
  const subgraph = state.scope === undefined ? undefined : findSubgraph(state.document, state.scope);
  if (state.scope === undefined || subgraph === undefined) throw refusal('no-subgraph', 'The graph', 'ports can be changed in a sub-graph only', { hint: 'Open the sub-graph first.' });
  return { id: state.scope, subgraph };
}

/** The state with one sub-graph changed or added. */
export function withSubgraph(state: EditorState, id: string, subgraph: Subgraph): EditorState {
  return { ...state, document: { ...state.document, subgraphs: { ...state.document.subgraphs, [id]: subgraph } } };
}

/** The document with the nodes of every scope changed. */
export function mapScopes(document: GraphFile, change: (nodes: GraphNodes) => GraphNodes): GraphFile {
  const subgraphs = document.subgraphs === undefined ? {} : { subgraphs: Object.fromEntries(Object.entries(document.subgraphs).map(([id, subgraph]) => [id, { ...subgraph, nodes: change(subgraph.nodes) }])) };
  return { ...document, nodes: change(document.nodes), ...subgraphs };
}

/** Uses of each sub-graph in a document, by its id; none of those without uses. */
function usesBySubgraph(document: GraphFile): ReadonlyMap<string, number> {
  const uses = new Map<string, number>();
  for (const { nodes } of [document, ...Object.values(document.subgraphs ?? {})]) {
    for (const node of Object.values(nodes)) {
      const id = subgraphOf(node);
      if (id !== undefined) uses.set(id, (uses.get(id) ?? 0) + 1);
    }
  }
  return uses;
}

/** How many nodes of a document are uses of a sub-graph. */
export function countUses(document: GraphFile, id: string): number {
  return usesBySubgraph(document).get(id) ?? 0;
}

/** Sub-graphs that nothing uses and that are not open. */
export function unusedSubgraphs({ document, scope }: EditorState): string[] {
  if (document.subgraphs === undefined) return [];
  const uses = usesBySubgraph(document);
  return Object.keys(document.subgraphs).filter((id) => id !== scope && !uses.has(id));
}

/** The state without a param of the open sub-graph: no use sets it any more. */
export function withoutSubgraphParam(state: EditorState, name: string): EditorState {
  const { id, subgraph } = openSubgraph(state);
  const params = Object.fromEntries(Object.entries(subgraph.params).filter(([param]) => param !== name));
  const changed = withSubgraph(state, id, { ...subgraph, params });
  return { ...changed, document: mapScopes(changed.document, (nodes) => withoutParam(nodes, id, name)) };
}

function withoutParam(nodes: GraphNodes, id: string, name: string): GraphNodes {
  const isUse = (node: GraphNode): boolean => subgraphOf(node) === id;
  const unlinked = renameInput(nodes, isUse, name, undefined);
  return mapNodes(unlinked, (node) => (isUse(node) && Object.hasOwn(node.params, name) ? { ...node, params: Object.fromEntries(Object.entries(node.params).filter(([param]) => param !== name)) } : node));
}
