import { linksOf, type GraphLink, type GraphNode, type Subgraph } from '../../../contract/graph-file.ts';
import { findSubgraph, subgraphOf } from '../../../contract/subgraphs.ts';
import { readGroups, savedGroups, withGroup } from '../layout/groups.ts';
import { readPoint, readPosition, type Point } from '../layout/node-ui.ts';
import { keepReroutes } from '../layout/reroutes.ts';
import { isBoundary } from '../queries/pass-through.ts';
import { changeScope, FreshIds, freshId, openScope, selectionOf, withNodeUi, type EditorState, type Ui } from '../state.ts';
import { refusal } from '../refusal.ts';
import { defineCommand, requireNode } from './command.ts';
import { withInput } from './links.ts';
import { relink } from '../relink.ts';

/** Puts the nodes of a sub-graph in place of one use of it. Other uses stay. What runs stays the same. */
export interface UnpackSubgraph {
  readonly type: 'unpack-subgraph';
  readonly node: string;
}

export const unpackSubgraph = defineCommand<UnpackSubgraph>({
  type: 'unpack-subgraph',
  name: (command, { view }) => `Unpack ${view.where(command.node)}`,
  apply(command, state, context) {
    const use = requireNode(context, command.node);
    const where = context.view.where(command.node);
    const subgraph = findSubgraph(state.document, subgraphOf(use) ?? '');
    if (subgraph === undefined) throw refusal('no-subgraph', where, 'must be a use of a sub-graph of this file', { nodeId: command.node });
    if (use.mode === 'bypass') throw refusal('bypassed', where, 'must not be bypassed to be unpacked', { nodeId: command.node, hint: 'Put it to use, or delete it and reconnect.' });
    const { nodes, ui } = openScope(state);
    const fresh = new FreshIds((id) => Object.hasOwn(nodes, id));
    const ids = new Map(Object.entries(subgraph.nodes).filter(([, node]) => !isBoundary(node)).map(([id]) => [id, fresh.make(id)]));
    const unpacking: Unpacking = { use, subgraph, ids, by: offset(use, subgraph) };
    const inner = [...ids].map(([id, name]): [string, GraphNode] => [name, unpacked(unpacking, id)]);
    const placed = Object.fromEntries(Object.entries(nodes).flatMap(([id, node]) => (id === command.node ? inner : [[id, node] as [string, GraphNode]])));
    const linked = relink(placed, (link) => (link.node === command.node ? outputSource(unpacking, link.port) : [link]));
    const next = changeScope(withParams(state, command.node, unpacking), { nodes: linked, ui: withGroups(ui, subgraph.ui ?? {}, unpacking.by) });
    return { state: { ...next, selection: selectionOf(ids.values()) }, created: [...ids.values()] };
  },
});

interface Unpacking {
  readonly use: GraphNode;
  readonly subgraph: Subgraph;
  readonly ids: ReadonlyMap<string, string>;
  readonly by: Point;
}

/** How far inner nodes move, so that their top left corner comes to lie where the use was. */
function offset(use: GraphNode, subgraph: Subgraph): Point {
  const corners = Object.values(subgraph.nodes).filter((node) => !isBoundary(node)).map(readPosition);
  const [x, y] = readPosition(use);
  return corners.length === 0 ? [0, 0] : [x - Math.min(...corners.map((corner) => corner[0])), y - Math.min(...corners.map((corner) => corner[1]))];
}

/** Where an inner link comes from once it lies outside. */
function outside({ use, subgraph, ids }: Unpacking, link: GraphLink): readonly GraphLink[] {
  const source = Object.hasOwn(subgraph.nodes, link.node) ? subgraph.nodes[link.node] : undefined;
  if (source === undefined) return [];
  if (isBoundary(source)) return linksOf(Object.hasOwn(use.inputs, link.port) ? use.inputs[link.port] : undefined);
  return [{ ...link, node: ids.get(link.node) as string }];
}

function outputSource(unpacking: Unpacking, port: string): readonly GraphLink[] {
  const ends = Object.values(unpacking.subgraph.nodes).filter(isBoundary).flatMap((node) => linksOf(Object.hasOwn(node.inputs, port) ? node.inputs[port] : undefined));
  return ends.slice(0, 1).flatMap((link) => outside(unpacking, link));
}

function unpacked(unpacking: Unpacking, id: string): GraphNode {
  const { use, subgraph, ids, by } = unpacking;
  const original = subgraph.nodes[id] as GraphNode;
  const inputs = Object.fromEntries(Object.entries(original.inputs).flatMap(([name, input]) => {
    const links = linksOf(input).flatMap((link) => outside(unpacking, link));
    const [first] = links;
    return first === undefined ? [] : [[name, Array.isArray(input) || links.length > 1 ? links : first]];
  }));
  let node = { ...original, inputs } as GraphNode;
  for (const [name, to] of Object.entries(subgraph.params)) {
    if (to.node !== id) continue;
    const value = Object.hasOwn(use.params, name) ? use.params[name] : undefined;
    const links = linksOf(Object.hasOwn(use.inputs, name) ? use.inputs[name] : undefined);
    if (value === undefined && links.length === 0) continue;
    node = withInput({ ...node, params: value === undefined ? node.params : { ...node.params, [to.param]: value } }, to.param, links[0] ?? []);
  }
  if (use.mode === 'mute') node = { ...node, mode: 'mute' };
  const [x, y] = readPosition(original);
  const routed = keepReroutes(node, { rename: (source) => ids.get(source) ?? source, by: () => by });
  return withNodeUi(routed, { position: [x + by[0], y + by[1]] });
}

/** Params of the open sub-graph that reached inner nodes through the use reach them without it. */
function withParams(state: EditorState, use: string, { subgraph, ids }: Unpacking): EditorState {
  const { document, scope } = state;
  const open = scope === undefined ? undefined : findSubgraph(document, scope);
  if (scope === undefined || open === undefined) return state;
  const params = Object.fromEntries(Object.entries(open.params).flatMap(([name, to]) => {
    if (to.node !== use) return [[name, to]];
    const inner = Object.hasOwn(subgraph.params, to.param) ? subgraph.params[to.param] : undefined;
    const node = inner === undefined ? undefined : ids.get(inner.node);
    return inner === undefined || node === undefined ? [] : [[name, { ...to, node, param: inner.param }]];
  })) as Subgraph['params'];
  return { ...state, document: { ...document, subgraphs: { ...document.subgraphs, [scope]: { ...open, params } } } };
}

function withGroups(ui: Ui, inner: Ui, by: Point): Ui {
  return [...readGroups(inner).keys()].reduce((next, id) => {
    const group = savedGroups(inner)[id] as Record<string, unknown>;
    const [x, y] = readPoint(group['position']) ?? [0, 0];
    return withGroup(next, freshId(id, (name) => Object.hasOwn(savedGroups(next), name)), { ...group, position: [x + by[0], y + by[1]] });
  }, ui);
}
