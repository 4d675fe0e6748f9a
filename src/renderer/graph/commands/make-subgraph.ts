import { linksOf, type GraphFile, type GraphLink, type GraphNode, type Subgraph } from '../../../contract/graph-file.ts';
import type { PortSchema } from '../../../contract/node.ts';
import { findSubgraph, SUBGRAPH_INPUTS, SUBGRAPH_OUTPUTS, subgraphType } from '../../../contract/subgraphs.ts';
import { readPosition, type Point } from '../layout/node-ui.ts';
import { keepReroutes } from '../layout/reroutes.ts';
import { isBoundary, onlyInputOfType } from '../queries/pass-through.ts';
import { portOf } from '../queries/ports.ts';
import { upstreamOf, downstreamOf } from '../queries/reach.ts';
import { changeScope, FreshIds, freshId, openScope, selectionOf, type EditorState, type GraphNodes } from '../state.ts';
import type { GraphView, ViewLink } from '../view.ts';
import { refusal } from '../refusal.ts';
import { counted, defineCommand, requireNode, type CommandContext } from './command.ts';
import { relink } from '../relink.ts';

/** Puts nodes into a sub-graph of their own and a use of it in their place. What runs stays the same. */
export interface MakeSubgraph {
  readonly type: 'make-subgraph';
  readonly nodes: readonly string[];
  readonly title?: string;
}

/** Distance of the inner port nodes from the others, in canvas pixels. */
const MARGIN = 320;

export const makeSubgraph = defineCommand<MakeSubgraph>({
  type: 'make-subgraph',
  name: (command) => `Make a sub-graph of ${counted(command.nodes.length, 'node')}`,
  apply(command, state, context) {
    const inner = checkSelection(command.nodes, context);
    const { document } = state;
    const id = freshId(command.title ?? 'subgraph', (name) => findSubgraph(document, name) !== undefined);
    const parts = cut(context.view, inner);
    const { nodes, ui } = openScope(state);
    const use = freshId(id, (name) => Object.hasOwn(nodes, name));
    const [x, y] = middle([...inner].map((each) => readPosition(nodes[each] as GraphNode)));
    const outside = Object.fromEntries(Object.entries(nodes).flatMap(([name, node], index): [string, GraphNode][] => {
      // The use takes the place of the first inner node, since ties in run order go by place in the file.
      const first = Object.keys(nodes).findIndex((other) => inner.has(other)) === index;
      const useNode: [string, GraphNode][] = first ? [[use, { type: subgraphType(id), version: 1, params: {}, inputs: parts.useInputs, ui: { position: [x, y] } }]] : [];
      return inner.has(name) ? useNode : [[name, node]];
    }));
    const outputOf = (link: GraphLink): readonly GraphLink[] => (inner.has(link.node) ? [{ node: use, port: parts.outputNames.get(`${link.node}.${link.port}`) as string }] : [link]);
    const title = command.title === undefined ? {} : { title: command.title };
    const params = movedParams(state, inner, use, Object.keys(parts.subgraph.inputs));
    const subgraphs = { ...params.subgraphs, [id]: { ...title, ...parts.subgraph, params: params.inner } };
    const next = changeScope({ ...state, document: { ...document, subgraphs } }, { nodes: relink(outside, outputOf), ui });
    return { state: { ...next, selection: selectionOf([use]) }, created: [use, id] };
  },
});

/** Params of the open sub-graph that set inner nodes reach them through the new one. */
function movedParams(state: EditorState, inner: ReadonlySet<string>, use: string, taken: readonly string[]): { readonly subgraphs: GraphFile['subgraphs']; readonly inner: Subgraph['params'] } {
  const { document, scope } = state;
  const open = scope === undefined ? undefined : findSubgraph(document, scope);
  if (scope === undefined || open === undefined) return { subgraphs: document.subgraphs, inner: {} };
  const names = new FreshIds((name) => taken.includes(name));
  const own: Record<string, Subgraph['params'][string]> = {};
  const params = Object.fromEntries(Object.entries(open.params).map(([name, to]) => {
    if (!inner.has(to.node)) return [name, to];
    const through = names.make(name);
    own[through] = to;
    return [name, { ...to, node: use, param: through }];
  }));
  return { subgraphs: { ...document.subgraphs, [scope]: { ...open, params } }, inner: own };
}

function middle(points: readonly Point[]): Point {
  const [x, y] = points.reduce<Point>((sum, point) => [sum[0] + point[0], sum[1] + point[1]], [0, 0]);
  // Adding zero makes +0 of -0, which no JSON file can keep.
  return [Math.round(x / points.length) + 0, Math.round(y / points.length) + 0];
}

function checkSelection(ids: readonly string[], context: CommandContext): ReadonlySet<string> {
  const { view } = context;
  const inner = new Set(ids);
  if (inner.size === 0) throw refusal('nothing-selected', 'Sub-graph', 'must be made of at least one node');
  for (const id of inner) {
    if (isBoundary(requireNode(context, id))) throw refusal('boundary', view.where(id), 'must stay: it stands for the ports of the sub-graph', { nodeId: id });
    if (view.schema(id) === undefined) throw refusal('unknown-type', view.where(id), 'must be of an installed node type to go into a sub-graph', { nodeId: id });
  }
  const [above, below] = [upstreamOf(view, inner), downstreamOf(view, inner)];
  const between = [...above].find((id) => below.has(id) && !inner.has(id));
  if (between !== undefined) throw refusal('cycle', view.where(between), 'must be in the sub-graph too: it needs it and is needed by it', { nodeId: between, hint: 'Add it to the selection.' });
  return inner;
}

interface Parts {
  readonly subgraph: Subgraph;
  readonly useInputs: GraphNode['inputs'];
  /** Name of the sub-graph's output by `node.port` of the inner one. */
  readonly outputNames: ReadonlyMap<string, string>;
}

/** What a cut around nodes makes of them: ports where it goes through links. Links from one output into several inner inputs for one link become one port. */
function cut(view: GraphView, inner: ReadonlySet<string>): Parts {
  const ids = new FreshIds((name) => inner.has(name));
  const [inId, outId] = [ids.make('inputs'), ids.make('outputs')];
  const inputs = cutInputs(view, inner, inId);
  const outputs = cutOutputs(view, inner);
  const nodes = Object.fromEntries(Object.entries(view.nodes).filter(([id]) => inner.has(id)).map(([id, node]) => [id, { ...node, inputs: inputs.inner.get(id) ?? node.inputs }]));
  const kept = Object.fromEntries(Object.entries(nodes).map(([id, node]) => [id, keepReroutes(node)]));
  const corners = Object.values(kept).map(readPosition);
  const [left, right, top] = [Math.min(...corners.map(([x]) => x)), Math.max(...corners.map(([x]) => x)), Math.min(...corners.map(([, y]) => y))];
  const all: GraphNodes = {
    [inId]: { type: SUBGRAPH_INPUTS, version: 1, params: {}, inputs: {}, ui: { position: [left - MARGIN, top] } },
    ...kept,
    [outId]: { type: SUBGRAPH_OUTPUTS, version: 1, params: {}, inputs: outputs.ends, ui: { position: [right + MARGIN, top] } },
  };
  const subgraph: Subgraph = { inputs: inputs.ports, outputs: outputs.ports, params: {}, nodes: all };
  const passThrough = Object.fromEntries(Object.entries(outputs.ports).flatMap(([name, port]) => { const input = onlyInputOfType(inputs.ports, port.type); return input === undefined ? [] : [[name, input]]; }));
  return { subgraph: Object.keys(passThrough).length === 0 ? subgraph : { ...subgraph, passThrough }, useInputs: inputs.use, outputNames: outputs.names };
}

function cutInputs(view: GraphView, inner: ReadonlySet<string>, inId: string): { readonly ports: Subgraph['inputs']; readonly use: GraphNode['inputs']; readonly inner: ReadonlyMap<string, GraphNode['inputs']> } {
  const names = new FreshIds(() => false);
  const bySource = new Map<string, string>();
  const ports: Record<string, Subgraph['inputs'][string]> = {};
  const use: Record<string, GraphNode['inputs'][string]> = {};
  const portFor = (link: ViewLink, port: PortSchema): string => {
    const source = `${link.from.node}.${link.from.port} ${port.type}`;
    const known = bySource.get(source);
    const name = known ?? names.make(link.to.port);
    bySource.set(source, name);
    // One that is required anywhere inside is required.
    ports[name] = { type: port.type, doc: ports[name]?.doc ?? port.doc, ...(port.optional === true && ports[name]?.optional !== false ? { optional: true } : { optional: false }) };
    use[name] = { node: link.from.node, port: link.from.port };
    return name;
  };
  const changed = new Map<string, GraphNode['inputs']>();
  for (const id of inner) {
    const node = view.node(id) as GraphNode;
    const into = new Map(view.into(id).filter(({ from }) => !inner.has(from.node)).map((link) => [`${link.to.port} ${link.index}`, link]));
    if (into.size === 0) continue;
    changed.set(id, withPlaces(node, (link, input, index) => {
      const outer = into.get(`${input} ${index}`);
      const schema = view.schema(id);
      const port = schema === undefined ? undefined : portOf(schema, 'input', input);
      if (outer === undefined) return link;
      if (port === undefined) throw refusal('unknown-input', view.where(id), `has no input "${input}"`, { nodeId: id, port: input, hint: 'Unlink it first.' });
      return { node: inId, port: portFor(outer, port) };
    }));
  }
  const cleaned = Object.fromEntries(Object.entries(ports).map(([name, { optional, ...port }]) => [name, optional === true ? { ...port, optional } : port]));
  return { ports: cleaned, use, inner: changed };
}

function withPlaces(node: GraphNode, replace: (link: GraphLink, input: string, index: number) => GraphLink): GraphNode['inputs'] {
  return Object.fromEntries(Object.entries(node.inputs).map(([name, input]) => {
    const links = linksOf(input).map((link, index) => replace(link, name, index));
    return [name, Array.isArray(input) ? links : links[0] as GraphLink];
  }));
}

function cutOutputs(view: GraphView, inner: ReadonlySet<string>): { readonly ports: Subgraph['outputs']; readonly ends: GraphNode['inputs']; readonly names: ReadonlyMap<string, string> } {
  const fresh = new FreshIds(() => false);
  const names = new Map<string, string>();
  const ports: Record<string, Subgraph['outputs'][string]> = {};
  const ends: Record<string, GraphLink> = {};
  for (const { from, to } of view.links) {
    const key = `${from.node}.${from.port}`;
    if (!inner.has(from.node) || inner.has(to.node) || names.has(key)) continue;
    const port = portOf(view.schema(from.node) as NonNullable<ReturnType<GraphView['schema']>>, 'output', from.port);
    if (port === undefined) throw refusal('unknown-output', view.where(from.node), `has no output "${from.port}"`, { nodeId: to.node, port: to.port });
    const name = fresh.make(from.port);
    names.set(key, name);
    ports[name] = { type: port.type, doc: port.doc };
    ends[name] = { node: from.node, port: from.port };
  }
  return { ports, ends, names };
}

