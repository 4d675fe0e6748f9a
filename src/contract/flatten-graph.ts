import { inputError, type ErrorData } from './errors.ts';
import { linksOf, type GraphFile, type GraphLink, type GraphNode, type Subgraph } from './graph-file.ts';
import { findSubgraph, subgraphOf, SUBGRAPH_INPUTS, SUBGRAPH_OUTPUTS } from './subgraphs.ts';

/** Sub-graphs within sub-graphs, at most. */
export const MAX_SUBGRAPH_DEPTH = 32;

/** Nodes, uses and link steps of a flattened graph, at most: two uses per level make 2^32 of 32 levels. */
const MAX_FLAT_NODES = 200_000;
const MAX_USES = 20_000;
const MAX_STEPS = 400_000;

/** Sub-graphs that a link may lead straight through, at most; a loop of them has no end. */
const MAX_CHAIN = 10_000;

/** A graph without sub-graphs. */
export interface FlatGraph {
  /** Inner nodes have ids `use/inner`, at any depth: no name of a graph file has a `/`. */
  readonly nodes: Readonly<Record<string, GraphNode>>;
  readonly faults: readonly ErrorData[];
}

/** A param of an inner node as its use sets it: a value, or links of the level that the use is in. */
interface SetParam {
  readonly param: string;
  readonly value: GraphNode['params'][string] | undefined;
  readonly links: readonly GraphLink[];
  readonly from: Level;
}

/** The nodes of one use of a sub-graph, or of the graph itself. */
interface Level {
  readonly nodes: Readonly<Record<string, GraphNode>>;
  /** In front of ids: '' or `use/`. */
  readonly prefix: string;
  /** In front of titles, for messages. */
  readonly title: string;
  readonly subgraph: Subgraph | undefined;
  /** The use that this is the inside of. */
  readonly outer: { readonly level: Level; readonly id: string; readonly node: GraphNode } | undefined;
  readonly inner: Map<string, Level>;
  readonly muted: boolean;
  /** What the use sets of inner params, by node id. */
  readonly set: ReadonlyMap<string, readonly SetParam[]>;
}

interface Step { readonly level: Level; readonly link: GraphLink; readonly depth: number }

/** Where a link goes on, on the other side of a port of a use. */
interface Crossing { readonly level: Level; readonly links: readonly GraphLink[] }

/** A node that stays: as it is in its level, to be linked anew. */
interface Kept { readonly level: Level; readonly id: string; readonly node: GraphNode }

class Flattening {
  readonly faults: ErrorData[] = [];
  private readonly told = new Set<string>();
  private readonly kept: Kept[] = [];
  private uses = 0;
  private steps = 0;
  private overflown = false;

  constructor(private readonly graph: GraphFile) {}

  run(): FlatGraph {
    const root: Level = { nodes: this.graph.nodes, prefix: '', title: '', subgraph: undefined, outer: undefined, inner: new Map(), muted: false, set: new Map() };
    this.open(root, []);
    const nodes: Record<string, GraphNode> = {};
    for (const { level, id, node } of this.kept) {
      if (this.overflown) break;
      nodes[level.prefix + id] = this.relinked(level, id, node);
    }
    return { nodes, faults: this.faults };
  }

  /** Collects the nodes of a level and of all uses in it. Recursion is as deep as sub-graphs may be. */
  private open(level: Level, chain: readonly string[]): void {
    for (const [id, node] of Object.entries(level.nodes)) {
      if (this.overflown) return;
      const use = subgraphOf(node);
      if (use === undefined) {
        if (level.subgraph === undefined || (node.type !== SUBGRAPH_INPUTS && node.type !== SUBGRAPH_OUTPUTS)) this.keep(level, id, node);
        continue;
      }
      const subgraph = this.definition(level, id, node, use, chain);
      if (subgraph === undefined) continue;
      this.uses += 1;
      if (this.uses > MAX_USES) this.overflow(`must come to at most ${MAX_USES} uses of sub-graphs, inner ones counted`);
      const inner = this.inside(level, id, node, subgraph);
      level.inner.set(id, inner);
      if (node.mode !== 'bypass') this.open(inner, [...chain, use]);
    }
  }

  private keep(level: Level, id: string, node: GraphNode): void {
    this.kept.push({ level, id, node });
    if (this.kept.length > MAX_FLAT_NODES) this.overflow(`must come to at most ${MAX_FLAT_NODES} nodes when its sub-graphs are put in place`);
  }

  private overflow(rule: string): void {
    if (!this.overflown) this.fault('graph.too-many-nodes', 'The graph', rule, {});
    this.overflown = true;
  }

  private definition(level: Level, id: string, node: GraphNode, use: string, chain: readonly string[]): Subgraph | undefined {
    const where = this.where(level, id, node);
    const about = { nodeId: level.prefix + id };
    const subgraph = findSubgraph(this.graph, use);
    if (subgraph === undefined) this.fault('graph.unknown-subgraph', where, 'must be a sub-graph of this file', { got: use, ...about });
    else if (chain.includes(use)) this.fault('graph.subgraph-in-itself', where, 'must not hold itself', { got: [...chain, use].join(' > '), ...about });
    else if (chain.length >= MAX_SUBGRAPH_DEPTH) this.fault('graph.subgraph-depth', where, `sub-graphs must be at most ${MAX_SUBGRAPH_DEPTH} deep`, about);
    else return subgraph;
    return undefined;
  }

  private inside(level: Level, id: string, node: GraphNode, subgraph: Subgraph): Level {
    const set = new Map<string, readonly SetParam[]>();
    const add = (name: string, value: SetParam['value'], links: readonly GraphLink[], from: Level): void => {
      const to = Object.hasOwn(subgraph.params, name) ? subgraph.params[name] : undefined;
      if (to === undefined || (value === undefined && links.length === 0)) return;
      set.set(to.node, [...(set.get(to.node) ?? []).filter(({ param }) => param !== to.param), { param: to.param, value, links, from }]);
    };
    this.checkUse(level, id, node, subgraph);
    for (const name of Object.keys(subgraph.params)) {
      add(name, Object.hasOwn(node.params, name) ? node.params[name] : undefined, linksOf(Object.hasOwn(node.inputs, name) ? node.inputs[name] : undefined), level);
    }
    // What the use around this one sets is put over it.
    for (const { param, value, links, from } of level.set.get(id) ?? []) add(param, value, links, from);
    return {
      nodes: subgraph.nodes, prefix: `${level.prefix}${id}/`, title: `${level.title}${node.title ?? id}/`, subgraph, inner: new Map(),
      outer: { level, id, node }, muted: level.muted || node.mode === 'mute', set,
    };
  }

  /** Ports and params that a use names must be those of the sub-graph: inside, nothing would ask for them. */
  private checkUse(level: Level, id: string, node: GraphNode, subgraph: Subgraph): void {
    const where = this.where(level, id, node);
    const about = { nodeId: level.prefix + id };
    for (const name of Object.keys(node.params)) {
      if (!Object.hasOwn(subgraph.params, name)) this.fault('graph.unknown-param', where, `has no param "${name}"`, { port: name, ...about });
    }
    for (const [name, input] of Object.entries(node.inputs)) {
      const port = Object.hasOwn(subgraph.inputs, name) ? subgraph.inputs[name] : undefined;
      const links = linksOf(input).length;
      if (port === undefined && !Object.hasOwn(subgraph.params, name)) this.fault('graph.unknown-input', where, `has no input "${name}"`, { port: name, ...about });
      else if (links > 1 && port?.many !== true) this.fault('graph.too-many-links', where, `input "${name}" must have one link`, { got: String(links), port: name, ...about });
    }
  }

  private relinked(level: Level, id: string, node: GraphNode): GraphNode {
    if (level.outer === undefined && level.inner.size === 0) return node;
    const inputs: Record<string, GraphNode['inputs'][string]> = {};
    const params = { ...node.params };
    for (const [name, input] of Object.entries(node.inputs)) this.link(inputs, name, Array.isArray(input), linksOf(input).flatMap((link) => this.resolve(level, link, id)));
    for (const { param, value, links, from } of level.set.get(id) ?? []) {
      if (value !== undefined) params[param] = value;
      delete inputs[param];
      this.link(inputs, param, false, links.flatMap((link) => this.resolve(from, link, id)));
    }
    return { ...node, ...(level.outer === undefined ? {} : { title: `${level.title}${node.title ?? id}` }), ...(level.muted ? { mode: 'mute' as const } : {}), params, inputs };
  }

  private link(inputs: Record<string, GraphNode['inputs'][string]>, name: string, asList: boolean, links: GraphLink[]): void {
    const [first] = links;
    if (first !== undefined) inputs[name] = asList || links.length > 1 ? links : first;
  }

  /** Where a link comes from when sub-graphs are put in place: through the ports of uses, in and out, to nodes that stay. In order. */
  private resolve(level: Level, link: GraphLink, forNode: string): GraphLink[] {
    const found: GraphLink[] = [];
    const pending: Step[] = [{ level, link, depth: 0 }];
    for (let step = pending.pop(); step !== undefined && !this.overflown; step = pending.pop()) {
      if (step.depth > 0) this.steps += 1;
      if (this.steps > MAX_STEPS) this.overflow('must come to fewer links when its sub-graphs are put in place');
      if (step.depth > MAX_CHAIN) {
        this.fault('graph.subgraph-loop', `Node "${level.prefix}${forNode}"`, `must be linked to a node through at most ${MAX_CHAIN} sub-graphs`, { got: 'a longer chain, or a loop', nodeId: level.prefix + forNode });
        return [];
      }
      const next = this.step(step);
      if (next === undefined) found.push(step.level.prefix === '' ? step.link : { ...step.link, node: step.level.prefix + step.link.node });
      else for (let index = next.links.length - 1; index >= 0; index -= 1) pending.push({ level: next.level, link: next.links[index] as GraphLink, depth: step.depth + 1 });
    }
    return found;
  }

  /** One step of a link through a port of a use; undefined when it comes from a node that stays. */
  private step({ level, link }: Step): Crossing | undefined {
    const node = Object.hasOwn(level.nodes, link.node) ? level.nodes[link.node] : undefined;
    if (node === undefined) return undefined;
    if (level.outer !== undefined && node.type === SUBGRAPH_INPUTS) return this.throughInput(level.outer, link.port);
    const inner = level.inner.get(link.node);
    return inner === undefined ? undefined : this.throughOutput(inner, level, node, link);
  }

  private throughInput(outer: NonNullable<Level['outer']>, port: string): Crossing {
    return { level: outer.level, links: linksOf(Object.hasOwn(outer.node.inputs, port) ? outer.node.inputs[port] : undefined) };
  }

  private throughOutput(inner: Level, level: Level, use: GraphNode, link: GraphLink): Crossing {
    const where = this.where(level, link.node, use);
    const about = { nodeId: level.prefix + link.node, port: link.port };
    const subgraph = inner.subgraph as Subgraph;
    if (!Object.hasOwn(subgraph.outputs, link.port)) {
      this.fault('graph.unknown-output', where, `has no output "${link.port}"`, about);
      return { level, links: [] };
    }
    if (use.mode === 'bypass') {
      const input = subgraph.passThrough !== undefined && Object.hasOwn(subgraph.passThrough, link.port) ? subgraph.passThrough[link.port] : undefined;
      if (input === undefined) this.fault('graph.no-pass-through', where, `is bypassed, but passes nothing to its output "${link.port}"`, about);
      const passed = input === undefined || !Object.hasOwn(use.inputs, input) ? undefined : linksOf(use.inputs[input])[0];
      return { level, links: passed === undefined ? [] : [passed] };
    }
    const ends = Object.values(inner.nodes).filter((node) => node.type === SUBGRAPH_OUTPUTS).flatMap((node) => linksOf(Object.hasOwn(node.inputs, link.port) ? node.inputs[link.port] : undefined));
    if (ends.length !== 1) this.fault('graph.subgraph-output', where, `output "${link.port}" must come from one inner node`, { got: String(ends.length), ...about });
    return { level: inner, links: ends.slice(0, 1) };
  }

  private where(level: Level, id: string, node: GraphNode): string {
    return `Sub-graph "${level.title}${node.title ?? id}"`;
  }

  private fault(code: string, where: string, rule: string, more: Partial<ErrorData>): void {
    const told = `${code} ${more.nodeId ?? ''} ${more.port ?? ''}`;
    if (this.told.has(told)) return;
    this.told.add(told);
    this.faults.push(inputError(code, where, rule, more).data);
  }
}

/**
 * Puts the inside of every use of a sub-graph in its place. What runs then is what would run had the nodes been there all along: content keys are equal.
 * Nodes of a graph without uses are given back as they are. Bad sub-graphs (missing, holding themselves, too deep, too many nodes) are faults, never exceptions.
 */
export function flattenGraph(graph: GraphFile): FlatGraph {
  if (!Object.values(graph.nodes).some((node) => subgraphOf(node) !== undefined)) return { nodes: graph.nodes, faults: [] };
  return new Flattening(graph).run();
}
