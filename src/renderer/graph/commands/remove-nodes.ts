import { linksOf, type GraphLink, type GraphNode } from '../../../contract/graph-file.ts';
import { keepReroutes } from '../layout/reroutes.ts';
import { changeScope, mapNodes, openScope, selectionOf, type GraphNodes } from '../state.ts';
import { counted, defineCommand, refusal, type CommandContext } from './command.ts';
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
    return { state: { ...changeScope(state, { nodes: relink(kept, replaced) }), selection: selectionOf([...selection.nodes].filter((id) => !gone.has(id)), selection.groups) } };
  },
});

/** The nodes with every link replaced by none, one or several; an input that loses its last link is left out. */
export function relink(nodes: GraphNodes, replace: (link: GraphLink) => readonly GraphLink[]): GraphNodes {
  return mapNodes(nodes, (node) => {
    let changed = false;
    const inputs = Object.entries(node.inputs).flatMap(([name, input]) => {
      const before = linksOf(input);
      const after = before.flatMap(replace);
      if (after.length === before.length && after.every((link, index) => link === before[index])) return [[name, input] as const];
      changed = true;
      if (after.length === 0) return [];
      return [[name, Array.isArray(input) ? after : after[0] as GraphLink] as const];
    });
    return changed ? keepReroutes({ ...node, inputs: Object.fromEntries(inputs) }) : node;
  });
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
