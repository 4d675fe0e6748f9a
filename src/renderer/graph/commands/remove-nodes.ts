import { linksOf, type GraphLink, type GraphNode } from '../../../contract/graph-file.ts';
import { findSubgraph } from '../../../contract/subgraphs.ts';
import { relink } from '../relink.ts';
import { withoutSubgraphParam } from '../subgraph-edits.ts';
import { changeScope, openScope, selectionOf, type EditorState } from '../state.ts';
import { refusal } from '../refusal.ts';
import { counted, defineCommand, type CommandContext } from './command.ts';
import { isBoundary, passThroughOf } from '../queries/pass-through.ts';

/** Removes nodes with their links. */
export interface RemoveNodes {
  readonly type: 'remove-nodes';
  readonly nodes: readonly string[];
  /** Links what came in to where it went: along the pass-through of the node type, else by equal port types. */
  readonly reconnect?: boolean;
}

export const removeNodes = defineCommand<RemoveNodes>({
  type: 'remove-nodes',
  name: (command) => `Delete ${counted(command.nodes.length, 'node')}${command.reconnect === true ? ' and reconnect' : ''}`,
  apply(command, state, context) {
    const gone = new Set(command.nodes.filter((id) => context.view.node(id) !== undefined));
    if (gone.size === 0) return { state };
    for (const id of gone) {
      if (isBoundary(context.view.node(id) as GraphNode)) throw refusal('boundary', context.view.where(id), 'must stay: it stands for the ports of the sub-graph');
    }
    const { nodes } = openScope(state);
    const replaced = command.reconnect === true ? (link: GraphLink) => traceBack(link, gone, context) : (link: GraphLink) => (gone.has(link.node) ? [] : [link]);
    const kept = Object.fromEntries(Object.entries(nodes).filter(([id]) => !gone.has(id)));
    const { selection } = state;
    const left = withoutParamsOf(state, gone);
    return { state: { ...changeScope(left, { nodes: relink(kept, replaced) }), selection: selectionOf([...selection.nodes].filter((id) => !gone.has(id)), selection.groups) } };
  },
});

/** The open sub-graph no longer sets params of nodes that are gone; nor do its uses. */
function withoutParamsOf(state: EditorState, gone: ReadonlySet<string>): EditorState {
  const subgraph = state.scope === undefined ? undefined : findSubgraph(state.document, state.scope);
  if (subgraph === undefined) return state;
  return Object.entries(subgraph.params).filter(([, to]) => gone.has(to.node)).reduce((left, [name]) => withoutSubgraphParam(left, name), state);
}

/** Where a link into a removed node leads in the end: back along pass-throughs to a node that stays. */
function traceBack(link: GraphLink, gone: ReadonlySet<string>, { view }: CommandContext): readonly GraphLink[] {
  const seen = new Set<string>();
  let current: GraphLink | undefined = link;
  while (current !== undefined && gone.has(current.node)) {
    const node = view.node(current.node) as GraphNode;
    const schema = view.schema(current.node);
    const end = `${current.node}.${current.port}`;
    if (schema === undefined || seen.has(end)) return [];
    seen.add(end);
    const input = passThroughOf(schema, current.port);
    current = input === undefined ? undefined : linksOf(Object.hasOwn(node.inputs, input) ? node.inputs[input] : undefined)[0];
  }
  return current === undefined ? [] : [current];
}
