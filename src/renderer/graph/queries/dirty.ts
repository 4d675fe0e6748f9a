import type { ErrorData } from '../../../contract/errors.ts';
import type { GraphNode } from '../../../contract/graph-file.ts';
import { subgraphOf } from '../../../contract/subgraphs.ts';
import { sameJson } from '../diff.ts';
import { nodeAt, type GraphNodes } from '../state.ts';
import type { GraphView } from '../view.ts';
import { downstreamOf } from './reach.ts';

/** What of a node its results depend on. */
function isSameForRuns(a: GraphNode, b: GraphNode): boolean {
  return a === b || (a.type === b.type && a.version === b.version && a.mode === b.mode && sameJson(a.params, b.params) && sameJson(a.inputs, b.inputs));
}

/**
 * Nodes whose results may be other ones than when a graph was run: those that have changed since, and all that need them. Only the content keys of a dry run are sure.
 * @param view The scope as it is now.
 * @param then The nodes of that scope as they ran, and the sub-graphs of that time.
 */
export function dirtyNodes(view: GraphView, then: { readonly nodes: GraphNodes; readonly subgraphs?: unknown }): ReadonlySet<string> {
  const subgraphsChanged = !sameJson(view.document.subgraphs ?? {}, then.subgraphs ?? {});
  const changed = Object.entries(view.nodes).filter(([id, node]) => {
    const old = nodeAt(then.nodes, id);
    return old === undefined || !isSameForRuns(node, old) || (subgraphsChanged && subgraphOf(node) !== undefined);
  });
  // What lost a link to a node that is gone has changed itself.
  return downstreamOf(view, changed.map(([id]) => id));
}

/**
 * Faults by the node that they are shown on: those inside a use of a sub-graph (`use/inner`) on the use. Faults of no node come under ''.
 * @param path Uses that the open scope is reached through, `use/inner`; '' for the graph itself.
 */
export function faultsByNode(faults: readonly ErrorData[], path = ''): ReadonlyMap<string, readonly ErrorData[]> {
  const byNode = new Map<string, ErrorData[]>();
  const prefix = path === '' ? '' : `${path}/`;
  for (const fault of faults) {
    const id = fault.nodeId ?? '';
    if (!id.startsWith(prefix)) continue;
    const shown = id.slice(prefix.length).split('/')[0] ?? '';
    const list = byNode.get(shown);
    if (list === undefined) byNode.set(shown, [fault]);
    else list.push(fault);
  }
  return byNode;
}
