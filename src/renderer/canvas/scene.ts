import type { LGraphNode } from 'litegraph.js/build/litegraph.core.js';
import { boundsOf, type Box } from './geometry.ts';
import { IDLE, type NodeStatus, type ShownNode } from './shown-node.ts';
import { ViewGraph, ViewGroup, ViewLink, ViewNode } from './view-objects.ts';

/** A link of the file, as the canvas draws it. */
export interface ShownLink { readonly from: string; readonly output: string; readonly to: string; readonly input: string; readonly type: string; readonly points: readonly (readonly [number, number])[] }

/** A group's frame. */
export interface ShownGroup { readonly id: string; readonly title: string; readonly color: string | undefined; readonly box: Box }

/** All that the canvas shows of a document. Nodes that have not changed are the same objects as before. */
export interface ShownGraph {
  readonly nodes: readonly ShownNode[];
  readonly links: readonly ShownLink[];
  readonly groups: readonly ShownGroup[];
  readonly selectedNodes: ReadonlySet<string>;
  readonly selectedGroups: ReadonlySet<string>;
}

/** One end of a link on the canvas. */
export interface PortPlace { readonly node: ViewNode; readonly side: 'input' | 'output'; readonly port: string }

/** Our model as litegraph objects, keyed by id; goes one way only, model to canvas. */
export class Scene {
  readonly graph = new ViewGraph();
  readonly nodes = new Map<string, ViewNode>();
  readonly links = new Map<string, ViewLink>();
  readonly groups = new Map<string, ViewGroup>();
  /** Goes up when something looks different. */
  version = 0;
  #lastHandle = 0;
  #shown: ShownGraph | undefined;
  #statuses: ReadonlyMap<string, NodeStatus> = new Map();

  /** Brings the litegraph objects up to date. */
  sync(shown: ShownGraph): void {
    const before = this.#shown;
    this.#shown = shown;
    this.version += 1;
    if (before?.nodes !== shown.nodes) this.#syncNodes(shown.nodes);
    if (before?.links !== shown.links || before.nodes !== shown.nodes) this.#syncLinks(shown.links);
    if (before?.groups !== shown.groups) this.#syncGroups(shown.groups);
    for (const node of this.nodes.values()) node.selected = shown.selectedNodes.has(node.key);
    for (const group of this.groups.values()) group.selected = shown.selectedGroups.has(group.key);
  }

  /** Takes over news of runs; statuses that have not changed are the same objects as before. */
  tell(statuses: ReadonlyMap<string, NodeStatus>): void {
    this.#statuses = statuses;
    this.version += 1;
    for (const node of this.nodes.values()) {
      const status = statuses.get(node.key) ?? IDLE;
      if (status !== node.status) node.tell(status);
    }
  }

  /** Whether a port has a link. */
  isLinked(node: ViewNode, side: 'input' | 'output', port: string): boolean {
    return (side === 'input' ? node.linkedInputs : node.linkedOutputs)?.has(port) === true;
  }

  /** Links into an input, in the order of the file. */
  linksInto(node: string, input: string): ViewLink[] {
    return [...this.links.values()].filter((link) => link.to.key === node && link.input === input);
  }

  /** The smallest box around nodes; around all when none are named. */
  bounds(keys?: Iterable<string>): Box | undefined {
    const nodes = keys === undefined ? [...this.nodes.values()] : [...keys].flatMap((key) => this.nodes.get(key) ?? []);
    return boundsOf(nodes.map((node) => node.box));
  }

  /** Draws a node above all others. */
  raise(node: ViewNode): void {
    const list: LGraphNode[] = this.graph._nodes;
    const index = list.indexOf(node);
    if (index < 0 || index === list.length - 1) return;
    list.splice(index, 1);
    list.push(node);
  }

  #syncNodes(shown: readonly ShownNode[]): void {
    const wanted = new Set(shown.map(({ id }) => id));
    const gone = [...this.nodes.values()].filter((node) => !wanted.has(node.key));
    for (const node of gone) this.nodes.delete(node.key);
    // Another document: litegraph takes out one node at a time, searching its list for each.
    if (gone.length > 50) this.#rebuild();
    else for (const node of gone) this.graph.remove(node);
    for (const item of shown) {
      const node = this.nodes.get(item.id);
      if (!node) this.#add(item);
      else if (node.shown !== item) node.show(item);
    }
  }

  #rebuild(): void {
    this.graph.clear();
    for (const node of this.nodes.values()) this.graph.add(node, true);
    for (const group of this.groups.values()) this.graph.add(group);
    for (const link of this.links.values()) this.graph.links[link.id] = link;
  }

  #add(shown: ShownNode): void {
    const node = new ViewNode(++this.#lastHandle, shown);
    const status = this.#statuses.get(shown.id);
    if (status) node.tell(status);
    this.nodes.set(shown.id, node);
    this.graph.add(node, true);
  }

  #syncLinks(shown: readonly ShownLink[]): void {
    const old = new Map(this.links);
    this.links.clear();
    for (const node of this.nodes.values()) node.linkedInputs = node.linkedOutputs = undefined;
    for (const { from, output, to, input, type, points } of shown) {
      const [start, end] = [this.nodes.get(from), this.nodes.get(to)];
      // A link from nowhere stays in the file and among the faults; there is nothing to draw it from.
      if (!start || !end) continue;
      const key = [from, output, to, input].join('\u0000');
      const known = old.get(key);
      const link = known?.from === start && known.to === end && known.type === type ? known : new ViewLink(++this.#lastHandle, key, type, start, output, end, input);
      link.points = points;
      this.links.set(key, link);
      (start.linkedOutputs ??= new Set()).add(output);
      (end.linkedInputs ??= new Set()).add(input);
    }
    this.graph.links = Object.fromEntries([...this.links.values()].map((link) => [link.id, link]));
  }

  #syncGroups(shown: readonly ShownGroup[]): void {
    const wanted = new Set(shown.map(({ id }) => id));
    for (const group of [...this.groups.values()]) {
      if (wanted.has(group.key)) continue;
      this.groups.delete(group.key);
      this.graph.remove(group);
    }
    for (const { id, title, color, box } of shown) {
      let group = this.groups.get(id);
      if (!group) {
        group = new ViewGroup(id);
        this.groups.set(id, group);
        this.graph._groups.push(group);
      }
      group.show(title, color, box);
    }
  }
}
