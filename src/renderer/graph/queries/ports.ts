import type { ErrorData } from '../../../contract/errors.ts';
import type { GraphNode } from '../../../contract/graph-file.ts';
import type { NodeSchema, PortSchema } from '../../../contract/node.ts';
import { paramPortType } from '../../../contract/param-links.ts';
import type { PortTypeName } from '../../../contract/port-types.ts';
import type { GraphView, PortEnd } from '../view.ts';
import { downstreamOf, upstreamOf } from './reach.ts';

/** Which side of a node a port is on. */
export type PortSide = 'input' | 'output';

/** A port of a node with its side. */
export interface SidedPort extends PortEnd {
  readonly side: PortSide;
}

/** A port that a dragged link could end at, and why it can't. */
export interface PortVerdict extends SidedPort {
  /** Undefined when a link may be made. */
  readonly fault: ErrorData | undefined;
}

/** A port of a node type by name. Every param can be linked to a value, as an optional input of its type. */
export function portOf(schema: NodeSchema, side: PortSide, name: string): PortSchema | undefined {
  const ports = side === 'input' ? schema.inputs : schema.outputs;
  if (Object.hasOwn(ports, name)) return ports[name];
  const param = side === 'input' && Object.hasOwn(schema.params, name) ? schema.params[name] : undefined;
  return param === undefined ? undefined : { type: paramPortType(param), doc: param.doc, optional: true };
}

/** An input as it is drawn. */
export interface ShownInput {
  readonly name: string;
  readonly port: PortSchema;
  /** It sets a param. */
  readonly isParam: boolean;
}

/** The inputs of a node that are drawn: all of its type, and the params that are linked or wished to be seen as ports. */
export function shownInputs(view: GraphView, id: string): ShownInput[] {
  const [node, schema] = [view.node(id), view.schema(id)];
  if (node === undefined || schema === undefined) return [];
  const wished = new Set([...shownParams(node), ...Object.keys(node.inputs)]);
  const params = Object.keys(schema.params).filter((name) => wished.has(name) && !Object.hasOwn(schema.inputs, name));
  return [...Object.keys(schema.inputs).map((name) => ({ name, isParam: false })), ...params.map((name) => ({ name, isParam: true }))]
    .flatMap(({ name, isParam }) => { const port = portOf(schema, 'input', name); return port === undefined ? [] : [{ name, port, isParam }]; });
}

/** Params that are shown as ports by wish, linked or not. */
export function shownParams(node: GraphNode): readonly string[] {
  const saved = node.ui?.['paramPorts'];
  return Array.isArray(saved) ? (saved as unknown[]).filter((name): name is string => typeof name === 'string') : [];
}

/** Plain data, not an error with its stack: one drag asks of every port of the graph. */
function fault(code: string, where: string, rule: string, more: Partial<ErrorData>): ErrorData {
  return { code: `edit.${code}`, kind: 'input', where, rule, ...more };
}

function findPort(view: GraphView, end: PortEnd, side: PortSide): PortSchema | { readonly fault: ErrorData } {
  const schema = view.schema(end.node);
  const about = { nodeId: end.node, port: end.port };
  if (view.node(end.node) === undefined) return { fault: fault('missing-node', view.where(end.node), 'must be in the graph', about) };
  if (schema === undefined) return { fault: fault('unknown-type', view.where(end.node), 'must be of an installed node type to be linked', { got: view.node(end.node)?.type ?? '', ...about }) };
  return portOf(schema, side, end.port) ?? { fault: fault(`unknown-${side}`, view.where(end.node), `has no ${side} "${end.port}"`, about) };
}

/** A link that this output and this input would make, judged apart from loops. */
function fitFault(view: GraphView, from: PortEnd, to: PortEnd): ErrorData | undefined {
  const output = findPort(view, from, 'output');
  if ('fault' in output) return output.fault;
  const input = findPort(view, to, 'input');
  if ('fault' in input) return input.fault;
  const about = { nodeId: to.node, port: to.port };
  if (output.type !== input.type) {
    return fault('link-type', view.where(to.node), `input "${to.port}" takes ${input.type}`, { got: `${output.type} from output "${from.port}" of ${view.where(from.node)}`, ...about });
  }
  if (input.many === true && view.into(to.node).some((link) => link.to.port === to.port && link.from.node === from.node && link.from.port === from.port)) {
    return fault('linked-already', view.where(to.node), `input "${to.port}" takes each output once`, { got: `output "${from.port}" of ${view.where(from.node)} again`, ...about });
  }
  return undefined;
}

function loopFault(view: GraphView, from: string, to: PortEnd): ErrorData {
  const got = from === to.node ? 'a link from the node to itself' : `a link from ${view.where(from)}, which needs it`;
  return fault('cycle', view.where(to.node), 'must not need its own output', { got, nodeId: to.node, port: to.port });
}

/** Why no link can be made from an output to an input; undefined when it can. An input for one link that has one already is fine: it is replaced. */
export function linkFault(view: GraphView, from: PortEnd, to: PortEnd): ErrorData | undefined {
  const unfit = fitFault(view, from, to);
  if (unfit !== undefined) return unfit;
  return downstreamOf(view, [to.node]).has(from.node) ? loopFault(view, from.node, to) : undefined;
}

/** The ports of a side; of params, those that fit. */
function portNames(schema: NodeSchema, side: PortSide, type: PortTypeName | undefined): string[] {
  if (side === 'output') return Object.keys(schema.outputs);
  return [...Object.keys(schema.inputs), ...Object.keys(schema.params).filter((name) => portOf(schema, 'input', name)?.type === type)];
}

/** Every port of the other side (and every param that fits), with the reason when the port that is dragged can't be linked to it. For one drag: the answer holds until the graph changes. */
export function portVerdicts(view: GraphView, dragged: SidedPort): PortVerdict[] {
  const side = dragged.side === 'input' ? 'output' : 'input';
  const from = view.schema(dragged.node);
  const own = from === undefined ? undefined : portOf(from, dragged.side, dragged.port)?.type;
  const looping = dragged.side === 'output' ? upstreamOf(view, [dragged.node]) : downstreamOf(view, [dragged.node]);
  return Object.keys(view.nodes).flatMap((node) => {
    const schema = view.schema(node);
    if (schema === undefined) return [];
    return portNames(schema, side, own).map((port) => {
      const other = { node, port };
      const [output, input] = dragged.side === 'output' ? [dragged, other] : [other, dragged];
      return { side, node, port, fault: fitFault(view, output, input) ?? (looping.has(node) ? loopFault(view, output.node, input) : undefined) };
    });
  });
}
