import type { GraphNode } from '../../../contract/graph-file.ts';
import { isCollapsed, readColor, readSize } from '../layout/node-ui.ts';
import { withReroutes, readReroutes } from '../layout/reroutes.ts';
import { shownParams } from '../queries/ports.ts';
import { changeScope, mapNodes, openScope, withNode, withNodeUi, type EditorState } from '../state.ts';
import type { PortEnd } from '../view.ts';
import { refusal } from '../refusal.ts';
import { counted, defineCommand, requireFinite, requireNode } from './command.ts';

const MAX_TITLE = 200;

function changeNodes(state: EditorState, ids: readonly string[], change: (node: GraphNode) => GraphNode): { readonly state: EditorState } {
  const wanted = new Set(ids);
  return { state: changeScope(state, { nodes: mapNodes(openScope(state).nodes, (node, id) => (wanted.has(id) ? change(node) : node)) }) };
}

/** Gives a node a title, or with an empty one takes it away. */
export interface RenameNode {
  readonly type: 'rename-node';
  readonly node: string;
  readonly title: string;
}

export const renameNode = defineCommand<RenameNode>({
  type: 'rename-node',
  name: (command, { view }) => `Rename ${view.where(command.node)}`,
  apply(command, state, context) {
    const { title: old, ...rest } = requireNode(context, command.node);
    if (command.title.length > MAX_TITLE) throw refusal('title', context.view.where(command.node), `a title must have at most ${MAX_TITLE} characters`, { got: String(command.title.length), nodeId: command.node });
    if ((old ?? '') === command.title) return { state };
    const node = (command.title === '' ? rest : { ...rest, title: command.title }) as GraphNode;
    return { state: changeScope(state, { nodes: withNode(openScope(state).nodes, command.node, node) }) };
  },
});

/** Gives a node a size, or with undefined lets it fit what is in it. */
export interface ResizeNode {
  readonly type: 'resize-node';
  readonly node: string;
  readonly size: readonly [number, number] | undefined;
}

export const resizeNode = defineCommand<ResizeNode>({
  type: 'resize-node',
  name: (command, { view }) => `Resize ${view.where(command.node)}`,
  apply(command, state, context) {
    const node = requireNode(context, command.node);
    const { size } = command;
    if (size !== undefined) requireFinite(size, context.view.where(command.node), 'the size');
    if (size !== undefined && !size.every((extent) => extent > 0)) throw refusal('size', context.view.where(command.node), 'a size must be above 0', { got: size.join(' x '), nodeId: command.node });
    const old = readSize(node);
    if (old?.[0] === size?.[0] && old?.[1] === size?.[1]) return { state };
    return { state: changeScope(state, { nodes: withNode(openScope(state).nodes, command.node, withNodeUi(node, { size: size === undefined ? undefined : [...size] })) }) };
  },
});

/** Shows title bars alone, or all of the nodes again. */
export interface CollapseNodes {
  readonly type: 'collapse-nodes';
  readonly nodes: readonly string[];
  readonly collapsed: boolean;
}

export const collapseNodes = defineCommand<CollapseNodes>({
  type: 'collapse-nodes',
  name: (command) => `${command.collapsed ? 'Collapse' : 'Expand'} ${counted(command.nodes.length, 'node')}`,
  apply: (command, state) => changeNodes(state, command.nodes, (node) => (isCollapsed(node) === command.collapsed ? node : withNodeUi(node, { collapsed: command.collapsed ? true : undefined }))),
});

/** Colours nodes, or with undefined takes the colour away. */
export interface ColorNodes {
  readonly type: 'color-nodes';
  readonly nodes: readonly string[];
  /** `#rrggbb`, lower case. */
  readonly color: string | undefined;
}

export const colorNodes = defineCommand<ColorNodes>({
  type: 'color-nodes',
  name: (command) => `Colour ${counted(command.nodes.length, 'node')}`,
  apply(command, state) {
    requireColor(command.color);
    return changeNodes(state, command.nodes, (node) => (readColor(node.ui) === command.color ? node : withNodeUi(node, { color: command.color })));
  },
});

/** @throws AppError `edit.color` unless it is `#rrggbb` or undefined. */
export function requireColor(color: string | undefined): void {
  if (color !== undefined && readColor({ color }) === undefined) throw refusal('color', 'Colour', 'must be #rrggbb with small letters', { got: color });
}

/** Shows a param as an input port though nothing is linked to it, or no longer. */
export interface ShowParamPort {
  readonly type: 'show-param-port';
  readonly node: string;
  readonly param: string;
  readonly shown: boolean;
}

export const showParamPort = defineCommand<ShowParamPort>({
  type: 'show-param-port',
  name: (command, { view }) => `${command.shown ? 'Show' : 'Hide'} the port of ${command.param} of ${view.where(command.node)}`,
  apply(command, state, context) {
    const node = requireNode(context, command.node);
    const schema = context.view.schema(command.node);
    if (schema === undefined || !Object.hasOwn(schema.params, command.param)) throw refusal('unknown-param', context.view.where(command.node), `has no param "${command.param}"`, { nodeId: command.node, port: command.param });
    const old = shownParams(node);
    if (old.includes(command.param) === command.shown) return { state };
    const next = command.shown ? [...old, command.param] : old.filter((name) => name !== command.param);
    return { state: changeScope(state, { nodes: withNode(openScope(state).nodes, command.node, withNodeUi(node, { paramPorts: next.length === 0 ? undefined : next })) }) };
  },
});

/** Sets the way points of a link, from its output on; none make it straight. */
export interface SetReroutes {
  readonly type: 'set-reroutes';
  readonly from: PortEnd;
  readonly to: PortEnd;
  readonly points: readonly (readonly [number, number])[];
}

export const setReroutes = defineCommand<SetReroutes>({
  type: 'set-reroutes',
  name: (command) => (command.points.length === 0 ? 'Straighten a link' : 'Route a link'),
  apply(command, state, context) {
    const { from, to, points } = command;
    const node = requireNode(context, to.node);
    for (const point of points) requireFinite(point, context.view.where(to.node), 'way points');
    const linked = context.view.into(to.node).some((link) => link.to.port === to.port && link.from.node === from.node && link.from.port === from.port);
    if (!linked) throw refusal('no-such-link', context.view.where(to.node), `input "${to.port}" must be linked to ${from.node}.${from.port}`, { nodeId: to.node, port: to.port });
    const old = readReroutes(node, to.port, from);
    if (old.length === points.length && old.every(([x, y], index) => x === points[index]?.[0] && y === points[index][1])) return { state };
    return { state: changeScope(state, { nodes: withNode(openScope(state).nodes, to.node, withReroutes(node, to.port, from, points)) }) };
  },
});
