import { AppError } from '../../../contract/errors.ts';
import { linksOf, type GraphLink, type GraphNode } from '../../../contract/graph-file.ts';
import { keepReroutes } from '../layout/reroutes.ts';
import { changeScope, openScope, withNode } from '../state.ts';
import { linkFault, portOf } from '../queries/ports.ts';
import type { PortEnd } from '../view.ts';
import { refusal } from '../refusal.ts';
import { defineCommand, requireNode } from './command.ts';

/** Links an output to an input. An input for one link that has one already gets this one instead. */
export interface Connect {
  readonly type: 'connect';
  readonly from: PortEnd;
  readonly to: PortEnd;
  /** Inputs that take several: the place that the link gets; the end when left out. */
  readonly index?: number;
}

export const connect = defineCommand<Connect>({
  type: 'connect',
  name: (command, { view }) => `Link ${view.where(command.from.node)} to ${view.where(command.to.node)}`,
  apply(command, state, context) {
    const { from, to } = command;
    const fault = linkFault(context.view, from, to);
    if (fault !== undefined) throw new AppError(fault);
    const node = requireNode(context, to.node);
    const link: GraphLink = { node: from.node, port: from.port };
    const schema = context.view.schema(to.node);
    const many = schema !== undefined && portOf(schema, 'input', to.port)?.many === true;
    const old = linksOf(Object.hasOwn(node.inputs, to.port) ? node.inputs[to.port] : undefined);
    if (!many && old.length === 1 && old[0]?.node === from.node && old[0].port === from.port) return { state };
    const links = many ? [...old.slice(0, command.index ?? old.length), link, ...old.slice(command.index ?? old.length)] : link;
    return { state: changeScope(state, { nodes: withNode(openScope(state).nodes, to.node, withInput(node, to.port, links)) }) };
  },
});

/** Takes away the links of an input, or the one at a place. Also for inputs that the node type doesn't have, so that faults in files can be repaired. */
export interface Disconnect {
  readonly type: 'disconnect';
  readonly to: PortEnd;
  readonly index?: number;
}

export const disconnect = defineCommand<Disconnect>({
  type: 'disconnect',
  name: (command, { view }) => `Unlink "${command.to.port}" of ${view.where(command.to.node)}`,
  apply(command, state, context) {
    const { to, index } = command;
    const node = requireNode(context, to.node);
    const old = linksOf(Object.hasOwn(node.inputs, to.port) ? node.inputs[to.port] : undefined);
    const kept = index === undefined ? [] : old.filter((_link, at) => at !== index);
    if (kept.length === old.length) return { state };
    return { state: changeScope(state, { nodes: withNode(openScope(state).nodes, to.node, withInput(node, to.port, kept)) }) };
  },
});

/** Moves a link of an input that takes several to another place. */
export interface ReorderLink {
  readonly type: 'reorder-link';
  readonly to: PortEnd;
  readonly index: number;
  readonly toIndex: number;
}

export const reorderLink = defineCommand<ReorderLink>({
  type: 'reorder-link',
  name: (command, { view }) => `Reorder links of ${view.where(command.to.node)}`,
  apply(command, state, context) {
    const { to, index, toIndex } = command;
    const node = requireNode(context, to.node);
    const links = [...linksOf(Object.hasOwn(node.inputs, to.port) ? node.inputs[to.port] : undefined)];
    const [moved] = links.splice(index, 1);
    if (moved === undefined || toIndex < 0 || toIndex > links.length) {
      throw refusal('no-such-link', context.view.where(to.node), `input "${to.port}" must have a link at both places`, { got: `${index} to ${toIndex}`, nodeId: to.node, port: to.port });
    }
    if (index === toIndex) return { state };
    links.splice(toIndex, 0, moved);
    return { state: changeScope(state, { nodes: withNode(openScope(state).nodes, to.node, withInput(node, to.port, links)) }) };
  },
});

/** The node with other links at an input; no links leave the input out. */
export function withInput(node: GraphNode, port: string, links: GraphLink | readonly GraphLink[]): GraphNode {
  const inputs = Object.entries(node.inputs).filter(([name]) => name !== port || linksOf(links).length > 0);
  const next = Object.fromEntries(inputs.map(([name, input]) => [name, name === port ? links : input]));
  if (linksOf(links).length > 0 && !Object.hasOwn(next, port)) next[port] = links;
  return keepReroutes({ ...node, inputs: next as GraphNode['inputs'] });
}
