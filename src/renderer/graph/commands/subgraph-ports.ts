import { graphNameSchema, linksOf, type GraphNode, type Subgraph } from '../../../contract/graph-file.ts';
import { PORT_TYPES } from '../../../contract/port-types.ts';
import { findSubgraph, SUBGRAPH_INPUTS, SUBGRAPH_OUTPUTS, subgraphOf, subgraphType } from '../../../contract/subgraphs.ts';
import type { PortSide } from '../queries/ports.ts';
import { renameInput, renameOutput } from '../relink.ts';
import { countUses, mapScopes, openSubgraph, withoutSubgraphParam, withSubgraph } from '../subgraph-edits.ts';
import { changeScope, freshId, openScope, withNode, type EditorState, type GraphNodes } from '../state.ts';
import { refusal } from '../refusal.ts';
import { defineCommand, requireNode } from './command.ts';

function sideOf(side: PortSide): 'inputs' | 'outputs' {
  return side === 'input' ? 'inputs' : 'outputs';
}

function checkName(subgraph: Subgraph, side: PortSide, name: string): void {
  if (!graphNameSchema.safeParse(name).success) throw refusal('id', `Port "${name}"`, 'a name must be a letter, then at most 63 letters, digits, "-" or "_"');
  const taken = Object.hasOwn(subgraph[sideOf(side)], name) || (side === 'input' && Object.hasOwn(subgraph.params, name));
  if (taken) throw refusal('id-taken', `Port "${name}"`, `must not be the name of another ${side} or param`);
}

/** Gives the open sub-graph another port. Links to it are made like any others, at its node for inputs or outputs. */
export interface AddSubgraphPort {
  readonly type: 'add-subgraph-port';
  readonly side: PortSide;
  readonly portType: string;
  /** Made from the type when left out. */
  readonly name?: string;
  readonly many?: boolean;
  readonly optional?: boolean;
}

export const addSubgraphPort = defineCommand<AddSubgraphPort>({
  type: 'add-subgraph-port',
  name: (command) => `Add ${command.side} ${command.name ?? command.portType}`,
  apply(command, state) {
    const { id, subgraph } = openSubgraph(state);
    const { side, portType, many, optional } = command;
    if (!PORT_TYPES.some((type) => type.name === portType)) throw refusal('port-type', `Port type "${portType}"`, 'must be a port type of this program');
    const name = command.name ?? freshId(portType, (taken) => Object.hasOwn(subgraph[sideOf(side)], taken) || Object.hasOwn(subgraph.params, taken));
    checkName(subgraph, side, name);
    const port = { type: portType, ...(side === 'input' && many === true ? { many } : {}), ...(side === 'input' && optional === true ? { optional } : {}) };
    const next = withSubgraph(state, id, { ...subgraph, [sideOf(side)]: { ...subgraph[sideOf(side)], [name]: port } });
    return { state: withBoundary(next, side), created: [name] };
  },
});

/** A sub-graph that lacks the node for its inputs or outputs (it came without) gets it with its first port. */
function withBoundary(state: EditorState, side: PortSide): EditorState {
  const { nodes } = openScope(state);
  const type = side === 'input' ? SUBGRAPH_INPUTS : SUBGRAPH_OUTPUTS;
  if (Object.values(nodes).some((node) => node.type === type)) return state;
  const node: GraphNode = { type, version: 1, params: {}, inputs: {} };
  return changeScope(state, { nodes: withNode(nodes, freshId(sideOf(side), (name) => Object.hasOwn(nodes, name)), node) });
}

/** Gives a port of the open sub-graph another name, in all uses too; or with undefined takes it away, with all links. */
export interface RenameSubgraphPort {
  readonly type: 'rename-subgraph-port';
  readonly side: PortSide;
  readonly port: string;
  readonly to: string | undefined;
}

export const renameSubgraphPort = defineCommand<RenameSubgraphPort>({
  type: 'rename-subgraph-port',
  name: (command) => `${command.to === undefined ? 'Remove' : 'Rename'} ${command.side} ${command.port}`,
  apply(command, state) {
    const { side, port, to } = command;
    const { id, subgraph } = openSubgraph(state);
    const ports = subgraph[sideOf(side)];
    if (!Object.hasOwn(ports, port)) throw refusal(`unknown-${side}`, `Sub-graph "${subgraph.title ?? id}"`, `has no ${side} "${port}"`);
    if (to === port) return { state };
    if (to !== undefined) checkName(subgraph, side, to);
    const renamed = Object.entries(ports).flatMap(([name, each]) => (name !== port ? [[name, each] as const] : to === undefined ? [] : [[to, each] as const]));
    const passThrough = Object.entries(subgraph.passThrough ?? {}).flatMap(([output, input]) => {
      const [mine, other] = side === 'output' ? [output, input] : [input, output];
      const next = mine === port ? to : mine;
      return next === undefined ? [] : [side === 'output' ? [next, other] : [other, next]];
    });
    const changed = withSubgraph(state, id, { ...subgraph, [sideOf(side)]: Object.fromEntries(renamed), ...(subgraph.passThrough === undefined ? {} : { passThrough: Object.fromEntries(passThrough) as Record<string, string> }) });
    const isUse = (node: GraphNode): boolean => subgraphOf(node) === id;
    const within = (nodes: GraphNodes): GraphNodes => (side === 'input' ? renameOutput(nodes, (node) => node.type === SUBGRAPH_INPUTS, port, to) : renameInput(nodes, (node) => node.type === SUBGRAPH_OUTPUTS, port, to));
    const inside = changeScope(changed, { nodes: within(openScope(changed).nodes) });
    return { state: { ...inside, document: mapScopes(inside.document, (nodes) => (side === 'input' ? renameInput(nodes, isUse, port, to) : renameOutput(nodes, isUse, port, to))) } };
  },
});

/** Lets each use of the open sub-graph set a param of an inner node for itself; or with `shown: false` no longer. */
export interface ExposeParam {
  readonly type: 'expose-param';
  readonly node: string;
  readonly param: string;
  readonly shown: boolean;
  /** Made from the param's own when left out. */
  readonly name?: string;
}

export const exposeParam = defineCommand<ExposeParam>({
  type: 'expose-param',
  name: (command, { view }) => `${command.shown ? 'Expose' : 'Hide'} ${command.param} of ${view.where(command.node)}`,
  apply(command, state, context) {
    const { id, subgraph } = openSubgraph(state);
    const { node, param, shown } = command;
    const inner = requireNode(context, node);
    const where = context.view.where(node);
    const known = Object.entries(subgraph.params).find(([, to]) => to.node === node && to.param === param)?.[0];
    if (!shown) {
      if (known === undefined) return { state };
      return { state: withoutSubgraphParam(state, known) };
    }
    if (known !== undefined) return { state };
    const schema = context.view.schema(node);
    if (schema === undefined || !Object.hasOwn(schema.params, param)) throw refusal('unknown-param', where, `has no param "${param}"`, { nodeId: node, port: param });
    if (linksOf(Object.hasOwn(inner.inputs, param) ? inner.inputs[param] : undefined).length > 0) throw refusal('linked-already', where, `"${param}" must not be linked to be set from outside`, { nodeId: node, port: param });
    const name = command.name ?? freshId(param, (taken) => Object.hasOwn(subgraph.params, taken) || Object.hasOwn(subgraph.inputs, taken));
    checkName(subgraph, 'input', name);
    return { state: withSubgraph(state, id, { ...subgraph, params: { ...subgraph.params, [name]: { node, param } } }), created: [name] };
  },
});

/** Gives a sub-graph a title and a doc. */
export interface DescribeSubgraph {
  readonly type: 'describe-subgraph';
  readonly subgraph: string;
  readonly title?: string;
  readonly doc?: string;
}

export const describeSubgraph = defineCommand<DescribeSubgraph>({
  type: 'describe-subgraph',
  name: () => 'Describe a sub-graph',
  apply(command, state) {
    const { subgraph: id, title, doc } = command;
    const subgraph = findSubgraph(state.document, id);
    if (subgraph === undefined) throw refusal('no-subgraph', `Sub-graph "${id}"`, 'must be in the file');
    if ((title ?? '').length > 200 || (doc ?? '').length > 20_000) throw refusal('title', `Sub-graph "${id}"`, 'a title must have at most 200 characters, a doc at most 20,000');
    if ((title ?? subgraph.title) === subgraph.title && (doc ?? subgraph.doc) === subgraph.doc) return { state };
    return { state: withSubgraph(state, id, { ...subgraph, ...(title === undefined ? {} : { title }), ...(doc === undefined ? {} : { doc }) }) };
  },
});

/** Takes a sub-graph out of the file. It must have no uses. */
export interface RemoveSubgraph {
  readonly type: 'remove-subgraph';
  readonly subgraph: string;
}

export const removeSubgraph = defineCommand<RemoveSubgraph>({
  type: 'remove-subgraph',
  name: () => 'Delete a sub-graph',
  apply(command, state) {
    const { document } = state;
    const id = command.subgraph;
    if (findSubgraph(document, id) === undefined) throw refusal('no-subgraph', `Sub-graph "${id}"`, 'must be in the file');
    const uses = countUses(document, id);
    if (uses > 0 || state.scope === id) throw refusal('in-use', `Sub-graph "${id}"`, 'must be neither used nor open to be deleted', { got: `${uses} uses` });
    const { subgraphs, ...rest } = document;
    const kept = Object.entries(subgraphs ?? {}).filter(([other]) => other !== id);
    return { state: { ...state, document: (kept.length === 0 ? rest : { ...document, subgraphs: Object.fromEntries(kept) }) } };
  },
});

/** Gives one use a sub-graph of its own, so that editing it leaves the others alone. */
export interface DetachSubgraph {
  readonly type: 'detach-subgraph';
  readonly node: string;
}

export const detachSubgraph = defineCommand<DetachSubgraph>({
  type: 'detach-subgraph',
  name: (command, { view }) => `Make ${view.where(command.node)} its own`,
  apply(command, state, context) {
    const use = requireNode(context, command.node);
    const id = subgraphOf(use) ?? '';
    const subgraph = findSubgraph(state.document, id);
    if (subgraph === undefined) throw refusal('no-subgraph', context.view.where(command.node), 'must be a use of a sub-graph of this file', { nodeId: command.node });
    const own = freshId(id, (name) => findSubgraph(state.document, name) !== undefined);
    const next = withSubgraph(state, own, subgraph);
    return { state: changeScope(next, { nodes: withNode(openScope(next).nodes, command.node, { ...use, type: subgraphType(own) }) }), created: [own] };
  },
});
