import type { GraphFile, GraphNode } from '../../contract/graph-file.ts';
import { findSubgraph } from '../../contract/subgraphs.ts';

/** Nodes by id, as in a graph file. Never changed in place. */
export type GraphNodes = Readonly<Record<string, GraphNode>>;

/** Layout data of a node, a sub-graph or a whole graph; what isn't known is kept. */
export type Ui = Readonly<Record<string, unknown>>;

/** What is selected, by id, in the scope that is open. */
export interface Selection {
  readonly nodes: ReadonlySet<string>;
  readonly groups: ReadonlySet<string>;
}

/** All that the editor shows. Immutable: every change makes a new one that shares what is unchanged. */
export interface EditorState {
  readonly document: GraphFile;
  /** The sub-graph that is open for editing; undefined for the graph itself. */
  readonly scope: string | undefined;
  readonly selection: Selection;
}

/** Nodes and layout of the graph itself or of one sub-graph. */
export interface Scope {
  readonly nodes: GraphNodes;
  readonly ui: Ui;
}

/** A selection of nothing. */
export const NOTHING: Selection = { nodes: new Set(), groups: new Set() };

const NO_SCOPE: Scope = { nodes: {}, ui: {} };

/** The state of an editor that has just opened a document. */
export function openState(document: GraphFile): EditorState {
  return { document, scope: undefined, selection: NOTHING };
}

/** The nodes and layout of a scope; empty when there is no such sub-graph. */
export function scopeOf(document: GraphFile, scope: string | undefined): Scope {
  if (scope === undefined) return { nodes: document.nodes, ui: document.ui ?? {} };
  const subgraph = findSubgraph(document, scope);
  return subgraph === undefined ? NO_SCOPE : { nodes: subgraph.nodes, ui: subgraph.ui ?? {} };
}

/** The scope that is open. */
export function openScope(state: EditorState): Scope {
  return scopeOf(state.document, state.scope);
}

/** The document with other nodes or other layout in one scope. Layout that comes out empty is left out. */
export function withScope(document: GraphFile, scope: string | undefined, change: Partial<Scope>): GraphFile {
  const owner = scope === undefined ? document : findSubgraph(document, scope);
  if (owner === undefined) return document;
  const { ui: oldUi, ...rest } = owner;
  const ui = change.ui ?? oldUi;
  const changed = { ...rest, nodes: (change.nodes ?? owner.nodes), ...(isEmpty(ui) ? {} : { ui: ui as Record<string, unknown> }) };
  if (scope === undefined) return changed as GraphFile;
  return { ...document, subgraphs: { ...document.subgraphs, [scope]: changed as NonNullable<GraphFile['subgraphs']>[string] } };
}

/** The state with other nodes or layout in the open scope. */
export function changeScope(state: EditorState, change: Partial<Scope>): EditorState {
  return { ...state, document: withScope(state.document, state.scope, change) };
}

/** A node by id; ids such as `constructor` find nothing that isn't in the graph. */
export function nodeAt(nodes: GraphNodes, id: string): GraphNode | undefined {
  return Object.hasOwn(nodes, id) ? nodes[id] : undefined;
}

/** The nodes with one of them replaced or added. */
export function withNode(nodes: GraphNodes, id: string, node: GraphNode): GraphNodes {
  return { ...nodes, [id]: node };
}

/** The node with other layout fields; undefined removes a field, and layout that comes out empty is left out. */
export function withNodeUi(node: GraphNode, change: Ui): GraphNode {
  const { ui: old, ...rest } = node;
  const ui = Object.fromEntries(Object.entries({ ...old, ...change }).filter(([, value]) => value !== undefined));
  return isEmpty(ui) ? rest : { ...rest, ui };
}

/** The same nodes, each through a function; the very same object when none has changed. */
export function mapNodes(nodes: GraphNodes, change: (node: GraphNode, id: string) => GraphNode): GraphNodes {
  let changed = false;
  const entries = Object.entries(nodes).map(([id, node]) => {
    const next = change(node, id);
    changed ||= next !== node;
    return [id, next] as const;
  });
  return changed ? Object.fromEntries(entries) : nodes;
}

/** A selection of these nodes alone. */
export function selectionOf(nodes: Iterable<string>, groups: Iterable<string> = []): Selection {
  return { nodes: new Set(nodes), groups: new Set(groups) };
}

/** Makes ids that aren't taken: the stem itself, else with the first free number from 2 on. Stems that can't be an id are made into one. */
export class FreshIds {
  private readonly made = new Set<string>();
  private readonly next = new Map<string, number>();

  constructor(private readonly isTaken: (id: string) => boolean) {}

  make(stem: string): string {
    const letters = stem.replace(/[^A-Za-z0-9_-]/g, '').replace(/^[^A-Za-z]+/, '').slice(0, 48);
    const base = letters === '' ? 'node' : (letters[0] ?? '').toLowerCase() + letters.slice(1);
    const plain = base.replace(/\d+$/, '') || base;
    let id = base;
    let number = this.next.get(plain) ?? 2;
    for (; this.made.has(id) || this.isTaken(id); number += 1) id = `${plain}${number}`;
    this.next.set(plain, number);
    this.made.add(id);
    return id;
  }
}

/** One id that isn't taken; see {@link FreshIds}. */
export function freshId(stem: string, isTaken: (id: string) => boolean): string {
  return new FreshIds(isTaken).make(stem);
}

function isEmpty(ui: object | undefined): boolean {
  return ui === undefined || Object.keys(ui).length === 0;
}
