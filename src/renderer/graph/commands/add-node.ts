import { graphNameSchema, type GraphNode } from '../../../contract/graph-file.ts';
import type { ParamValue } from '../../../contract/params.ts';
import { subgraphOf } from '../../../contract/subgraphs.ts';
import { usesSubgraph } from '../queries/palette.ts';
import { changeScope, freshId, openScope, selectionOf, withNode } from '../state.ts';
import { refusal } from '../refusal.ts';
import { defineCommand, requireFinite } from './command.ts';

/** Puts a node of an installed type (or a use of a sub-graph) on the canvas, with its params at their defaults, and selects it. */
export interface AddNode {
  readonly type: 'add-node';
  readonly nodeType: string;
  /** Top left corner. */
  readonly position: readonly [number, number];
  /** Made from the type when left out. */
  readonly id?: string;
  readonly params?: Readonly<Record<string, ParamValue>>;
}

export const addNode = defineCommand<AddNode>({
  type: 'add-node',
  name: (command, { catalogue, view }) => `Add ${catalogue.schemaOf({ type: command.nodeType }, view.document, view.scope)?.title ?? command.nodeType}`,
  apply(command, state, { catalogue, view }) {
    const { nodes } = openScope(state);
    const schema = catalogue.schemaOf({ type: command.nodeType }, state.document, state.scope);
    if (schema === undefined) throw refusal('unknown-type', `Node type "${command.nodeType}"`, 'must be installed');
    const use = subgraphOf({ type: command.nodeType });
    if (use !== undefined && state.scope !== undefined && usesSubgraph(view, use, state.scope)) throw refusal('subgraph-in-itself', schema.title, 'must not hold itself');
    requireFinite(command.position, schema.title, 'the position');
    const id = command.id ?? freshId(stemOf(command.nodeType), (name) => Object.hasOwn(nodes, name));
    if (!graphNameSchema.safeParse(id).success) throw refusal('id', `Node "${id}"`, 'an id must be a letter, then at most 63 letters, digits, "-" or "_"');
    if (view.node(id) !== undefined) throw refusal('id-taken', `Node "${id}"`, 'an id must not be taken');
    // A use of a sub-graph has no values of its own until they are set: what is edited inside counts for all uses.
    const defaults = use === undefined ? Object.fromEntries(Object.entries(schema.params).map(([name, param]) => [name, param.default])) : {};
    const params = { ...defaults, ...command.params };
    const node = { type: schema.type, version: schema.version, params, inputs: {}, ui: { position: [...command.position] } } as GraphNode;
    return { state: { ...changeScope(state, { nodes: withNode(nodes, id, node) }), selection: selectionOf([id]) }, created: [id] };
  },
});

function stemOf(nodeType: string): string {
  return nodeType.slice(nodeType.indexOf(':') + 1);
}
