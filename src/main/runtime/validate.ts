import { inputError, type ErrorData } from '../../contract/errors.ts';
import { linksOf, type GraphFile, type GraphLink, type GraphNode } from '../../contract/graph-file.ts';
import type { NodeSchema, PortSchema } from '../../contract/node.ts';
import { checkParam, type ParamValue } from '../../contract/params.ts';
import { lowerGraph } from './lower-graph.ts';
import { migrateNode } from './migrations.ts';

/** A node of a graph that was found good: every param is there and checked. */
export interface CheckedNode {
  readonly id: string;
  /** For messages: `Sample "portrait"`. */
  readonly where: string;
  readonly schema: NodeSchema;
  readonly params: Readonly<Record<string, ParamValue>>;
  readonly inputs: Readonly<Record<string, readonly GraphLink[]>>;
}

export interface CheckedGraph {
  readonly nodes: ReadonlyMap<string, CheckedNode>;
  /** Ids so that every node comes after those that it needs; ties in the order of the file. */
  readonly order: readonly string[];
  /** Nodes that are left out because they need a muted one, by id, with the muted one. */
  readonly off: ReadonlyMap<string, string>;
}

type Schemas = ReadonlyMap<string, NodeSchema>;

function whereOf(id: string, node: GraphNode): string {
  return `${node.type} "${node.title ?? id}"`;
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.join(', ');
}

function checkParams(id: string, node: GraphNode, schema: NodeSchema, faults: ErrorData[]): Record<string, ParamValue> {
  const where = whereOf(id, node);
  const params: Record<string, ParamValue> = {};
  for (const name of Object.keys(node.params)) {
    if (Object.hasOwn(schema.params, name)) continue;
    faults.push(inputError('graph.unknown-param', where, `has no param "${name}"`, { nodeId: id, port: name, hint: `Params of ${schema.type}: ${listed(Object.keys(schema.params))}.` }).data);
  }
  for (const [name, param] of Object.entries(schema.params)) {
    const value = Object.hasOwn(node.params, name) ? node.params[name] : param.default;
    const fault = checkParam(param, value, where, name, id);
    if (fault === undefined) params[name] = value as ParamValue;
    else faults.push(fault.data);
  }
  return params;
}

function checkLink(link: GraphLink, port: PortSchema, name: string, id: string, graph: GraphFile, schemas: Schemas): ErrorData | undefined {
  const target = graph.nodes[id] as GraphNode;
  const where = whereOf(id, target);
  const about = { nodeId: id, port: name };
  const source = Object.hasOwn(graph.nodes, link.node) ? graph.nodes[link.node] : undefined;
  if (source === undefined) return inputError('graph.missing-node', where, `input "${name}" must come from a node of this graph`, { got: link.node, ...about }).data;
  const sourceSchema = schemas.get(source.type);
  if (sourceSchema === undefined) return undefined; // told once, on the unknown node itself
  const output = Object.hasOwn(sourceSchema.outputs, link.port) ? sourceSchema.outputs[link.port] : undefined;
  if (output === undefined) {
    return inputError('graph.unknown-output', where, `input "${name}" must come from an output of ${whereOf(link.node, source)} (${listed(Object.keys(sourceSchema.outputs))})`, { got: link.port, ...about }).data;
  }
  if (output.type !== port.type) {
    return inputError('graph.link-type', where, `input "${name}" must be ${port.type}`, { got: `${output.type} from ${link.node}.${link.port}`, ...about }).data;
  }
  return undefined;
}

function checkInputs(id: string, node: GraphNode, schema: NodeSchema, graph: GraphFile, schemas: Schemas, faults: ErrorData[]): Record<string, readonly GraphLink[]> {
  const where = whereOf(id, node);
  const inputs: Record<string, readonly GraphLink[]> = {};
  for (const name of Object.keys(node.inputs)) {
    if (Object.hasOwn(schema.inputs, name)) continue;
    faults.push(inputError('graph.unknown-input', where, `has no input "${name}"`, { nodeId: id, port: name, hint: `Inputs of ${schema.type}: ${listed(Object.keys(schema.inputs))}.` }).data);
  }
  for (const [name, port] of Object.entries(schema.inputs)) {
    const links = linksOf(node.inputs[name]);
    inputs[name] = links;
    if (links.length === 0 && port.optional !== true) {
      faults.push(inputError('graph.missing-input', where, `input "${name}" (${port.type}) must be linked`, { nodeId: id, port: name }).data);
    }
    if (links.length > 1 && port.many !== true) {
      faults.push(inputError('graph.too-many-links', where, `input "${name}" must have one link`, { got: String(links.length), nodeId: id, port: name }).data);
    }
    for (const link of links) {
      const fault = checkLink(link, port, name, id, graph, schemas);
      if (fault !== undefined) faults.push(fault);
    }
  }
  return inputs;
}

/** Depth-first order without recursion, so that a chain of 100,000 nodes is fine. Nodes on a cycle are reported once. */
function topologicalOrder(graph: GraphFile, faults: ErrorData[]): string[] {
  const order: string[] = [];
  const state = new Map<string, 'open' | 'done'>();
  for (const root of Object.keys(graph.nodes)) {
    const stack: { id: string; pending: string[] }[] = [];
    const open = (id: string): void => {
      if (!Object.hasOwn(graph.nodes, id)) return;
      const seen = state.get(id);
      if (seen === 'done') return;
      if (seen === 'open') {
        const ring = stack.map((entry) => entry.id).slice(stack.findIndex((entry) => entry.id === id));
        faults.push(inputError('graph.cycle', whereOf(id, graph.nodes[id] as GraphNode), 'must not need its own output', { got: [...ring, id].join(' <- '), nodeId: id }).data);
        return;
      }
      state.set(id, 'open');
      stack.push({ id, pending: Object.values((graph.nodes[id] as GraphNode).inputs).flatMap((input) => linksOf(input).map((link) => link.node)) });
    };
    open(root);
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const next = top.pending.shift();
      if (next !== undefined) {
        open(next);
        continue;
      }
      stack.pop();
      state.set(top.id, 'done');
      order.push(top.id);
    }
  }
  return order;
}

/**
 * Checks a graph against the installed node types: what is left of it when sub-graphs, modes and linked params are put in place (see {@link lowerGraph}).
 * @returns the checked graph and every fault that was found, each with node id and port; the graph may run only when there is none.
 */
export function validateGraph(file: GraphFile, catalogue: readonly NodeSchema[]): { readonly graph: CheckedGraph; readonly faults: readonly ErrorData[] } {
  const schemas: Schemas = new Map(catalogue.map((schema) => [schema.type, schema]));
  const { graph, off, faults: found } = lowerGraph(file, schemas);
  const faults = [...found];
  const nodes = new Map<string, CheckedNode>();
  for (const [id, saved] of Object.entries(graph.nodes)) {
    const schema = schemas.get(saved.type);
    const where = whereOf(id, saved);
    if (schema === undefined) {
      faults.push(inputError('graph.unknown-type', where, 'must be a node type that is installed', { got: saved.type, nodeId: id, hint: 'The node is kept in the file as it is. Update the program, or remove the node.' }).data);
      continue;
    }
    if (saved.version > schema.version) {
      faults.push(inputError('graph.newer-node', where, `version must be at most ${schema.version}`, { got: String(saved.version), nodeId: id, hint: 'This graph was made by a newer Engram Studio; update the program.' }).data);
      continue;
    }
    const node = migrateNode(saved, schema.version);
    if (node.version < schema.version) {
      faults.push(inputError('graph.no-node-migration', where, `no migration is known to version ${schema.version}`, { got: String(node.version), nodeId: id }).data);
      continue;
    }
    const params = checkParams(id, node, schema, faults);
    const inputs = checkInputs(id, node, schema, graph, schemas, faults);
    nodes.set(id, { id, where, schema, params, inputs });
  }
  const order = topologicalOrder(graph, faults).filter((id) => nodes.has(id));
  return { graph: { nodes, order, off }, faults };
}

/** Whether a node is a target, or lies in a use of a sub-graph (`use/inner`) that is one. */
function isTarget(id: string, targets: ReadonlySet<string>): boolean {
  for (let end = id.length; end > 0; end = id.lastIndexOf('/', end - 1)) if (targets.has(id.slice(0, end))) return true;
  return false;
}

/** What a run is for: the given nodes, else all with side effects, else the ends of the graph. Inert nodes never count, nor do those that hold values of params. */
export function targetNodes(graph: CheckedGraph, targets?: readonly string[]): string[] {
  const runnable = [...graph.nodes.values()].filter((node) => node.schema.inert !== true && node.schema.constants === undefined);
  if (targets !== undefined) {
    const wanted = new Set(targets);
    return runnable.filter((node) => isTarget(node.id, wanted)).map((node) => node.id);
  }
  const effects = runnable.filter((node) => node.schema.sideEffects === true);
  if (effects.length > 0) return effects.map((node) => node.id);
  const used = new Set(runnable.flatMap((node) => Object.values(node.inputs).flatMap((links) => links.map((link) => link.node))));
  return runnable.filter((node) => !used.has(node.id)).map((node) => node.id);
}

/** The targets and everything upstream of them, in run order. */
export function neededNodes(graph: CheckedGraph, targets: readonly string[]): CheckedNode[] {
  const needed = new Set<string>();
  const pending = [...targets];
  for (let id = pending.pop(); id !== undefined; id = pending.pop()) {
    const node = graph.nodes.get(id);
    if (node === undefined || needed.has(id)) continue;
    needed.add(id);
    pending.push(...Object.values(node.inputs).flatMap((links) => links.map((link) => link.node)));
  }
  return graph.order.filter((id) => needed.has(id)).map((id) => graph.nodes.get(id) as CheckedNode);
}
