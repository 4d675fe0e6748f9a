import { inputError, type ErrorData } from './errors.ts';
import { linksOf, type GraphLink, type GraphNode } from './graph-file.ts';
import type { NodeSchema } from './node.ts';

type Nodes = Readonly<Record<string, GraphNode>>;

/** A graph without muted and bypassed nodes. */
export interface ActiveGraph {
  readonly nodes: Nodes;
  /** Nodes that are left out though they aren't muted themselves: those that need a muted one, by id, with the muted one. */
  readonly off: ReadonlyMap<string, string>;
  readonly faults: readonly ErrorData[];
}

/**
 * Leaves out what is muted, with all that needs it, and links past what is bypassed. An optional input, or one of several links, only loses what came from a muted node.
 * @param schemaOf Schema of a node; undefined for types that aren't installed.
 * @returns faults where a bypassed node has nothing to pass on to a node that runs.
 */
export function applyModes(nodes: Nodes, schemaOf: (node: GraphNode) => NodeSchema | undefined): ActiveGraph {
  const modes = Object.values(nodes).filter(({ mode }) => mode !== undefined);
  if (modes.length === 0) return { nodes, off: new Map(), faults: [] };
  const bypass = new Bypass(nodes, schemaOf);
  const linked = new Map(Object.entries(nodes).filter(([, node]) => node.mode !== 'bypass').map(([id, node]) => [id, relinked(node, (link, port) => bypass.source(link, id, port))]));
  const off = offNodes(linked, schemaOf);
  const isOut = (id: string): boolean => off.has(id);
  const active = [...linked].filter(([id]) => !isOut(id)).map(([id, node]) => [id, relinked(node, (link) => (isOut(link.node) ? undefined : link))] as const);
  return {
    nodes: Object.fromEntries(active),
    off: new Map([...off].filter(([id, cause]) => id !== cause)),
    faults: bypass.faults.filter(({ consumer }) => !isOut(consumer)).map(({ fault }) => fault),
  };
}

function relinked(node: GraphNode, replace: (link: GraphLink, port: string) => GraphLink | undefined): GraphNode {
  let changed = false;
  const inputs = Object.entries(node.inputs).flatMap(([name, input]) => {
    const before = linksOf(input);
    const after = before.flatMap((link) => replace(link, name) ?? []);
    if (after.length === before.length && after.every((link, index) => link === before[index])) return [[name, input] as const];
    changed = true;
    const [first] = after;
    return first === undefined ? [] : [[name, Array.isArray(input) ? after : first] as const];
  });
  return changed ? { ...node, inputs: Object.fromEntries(inputs) } : node;
}

/** Links past bypassed nodes. */
class Bypass {
  readonly faults: { readonly consumer: string; readonly fault: ErrorData }[] = [];

  constructor(private readonly nodes: Nodes, private readonly schemaOf: (node: GraphNode) => NodeSchema | undefined) {}

  /** Where a link comes from in the end; undefined when a bypassed node has nothing to pass on. */
  source(link: GraphLink, consumer: string, port: string): GraphLink | undefined {
    const seen = new Set<string>();
    for (let current = link; ;) {
      const node = Object.hasOwn(this.nodes, current.node) ? this.nodes[current.node] : undefined;
      if (node?.mode !== 'bypass') return current;
      const next = this.passed(node, current, consumer, port);
      if (next === undefined) return undefined;
      if (seen.has(current.node)) {
        this.fault(consumer, 'graph.cycle', node, current, 'must not need its own output', current.node);
        return undefined;
      }
      seen.add(current.node);
      current = next;
    }
  }

  private passed(node: GraphNode, link: GraphLink, consumer: string, port: string): GraphLink | undefined {
    const schema = this.schemaOf(node);
    const passThrough = schema?.passThrough ?? {};
    const input = Object.hasOwn(passThrough, link.port) ? passThrough[link.port] : undefined;
    const [from] = linksOf(input !== undefined && Object.hasOwn(node.inputs, input) ? node.inputs[input] : undefined);
    if (input === undefined) this.fault(consumer, 'graph.no-pass-through', node, link, `is bypassed, but passes nothing to its output "${link.port}", which ${consumer}.${port} needs`);
    else if (from === undefined && schema?.inputs[input]?.optional !== true) this.fault(consumer, 'graph.missing-input', node, { ...link, port: input }, `is bypassed, so that its input "${input}" must be linked: ${consumer}.${port} takes it`);
    return from;
  }

  private fault(consumer: string, code: string, node: GraphNode, { node: nodeId, port }: GraphLink, rule: string, got?: string): void {
    this.faults.push({ consumer, fault: inputError(code, `${node.type} "${node.title ?? nodeId}"`, rule, { nodeId, port, ...(got === undefined ? {} : { got }) }).data });
  }
}

/** Muted nodes, and nodes with a required input that has lost all its links to such nodes; each with the muted node that is the cause. */
function offNodes(nodes: ReadonlyMap<string, GraphNode>, schemaOf: (node: GraphNode) => NodeSchema | undefined): Map<string, string> {
  const consumers = new Map<string, { readonly id: string; readonly port: string }[]>();
  const left = new Map<string, number>();
  for (const [id, node] of nodes) {
    for (const [port, input] of Object.entries(node.inputs)) {
      const links = linksOf(input);
      left.set(`${id} ${port}`, links.length);
      for (const link of links) {
        const known = consumers.get(link.node);
        if (known === undefined) consumers.set(link.node, [{ id, port }]);
        else known.push({ id, port });
      }
    }
  }
  const off = new Map<string, string>();
  const pending = [...nodes].filter(([, node]) => node.mode === 'mute').map(([id]) => [id, id] as const);
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const [id, cause] = next;
    if (off.has(id)) continue;
    off.set(id, cause);
    for (const consumer of consumers.get(id) ?? []) {
      const rest = (left.get(`${consumer.id} ${consumer.port}`) ?? 0) - 1;
      left.set(`${consumer.id} ${consumer.port}`, rest);
      if (rest === 0 && isRequired(nodes.get(consumer.id), consumer.port, schemaOf)) pending.push([consumer.id, cause]);
    }
  }
  return off;
}

function isRequired(node: GraphNode | undefined, port: string, schemaOf: (node: GraphNode) => NodeSchema | undefined): boolean {
  const inputs = node === undefined ? {} : schemaOf(node)?.inputs ?? {};
  return Object.hasOwn(inputs, port) && inputs[port]?.optional !== true;
}
