import { linksOf, type GraphFile, type GraphNode } from '../../contract/graph-file.ts';
import type { NodeSchema } from '../../contract/node.ts';
import { subgraphOf } from '../../contract/subgraphs.ts';
import type { Catalogue } from './catalogue.ts';
import type { Point } from './layout/node-ui.ts';
import { readReroutes } from './layout/reroutes.ts';
import { nodeAt, scopeOf, type GraphNodes, type Ui } from './state.ts';

/** One side of a link: a port of a node. */
export interface PortEnd {
  readonly node: string;
  readonly port: string;
}

/** A link as it is drawn: from an output to the place `index` of an input. */
export interface ViewLink {
  readonly from: PortEnd;
  readonly to: PortEnd;
  readonly index: number;
}

/** A scope of a document with indexes for questions. Made once per document and scope; every index is made when it is first asked for. */
export class GraphView {
  readonly nodes: GraphNodes;
  readonly ui: Ui;
  private linkList: readonly ViewLink[] | undefined;
  private incoming: Map<string, ViewLink[]> | undefined;
  private outgoing: Map<string, ViewLink[]> | undefined;
  private readonly schemas = new Map<string, NodeSchema | undefined>();

  constructor(readonly document: GraphFile, readonly scope: string | undefined, readonly catalogue: Catalogue) {
    ({ nodes: this.nodes, ui: this.ui } = scopeOf(document, scope));
  }

  /** A node by id. */
  node(id: string): GraphNode | undefined {
    return nodeAt(this.nodes, id);
  }

  /** The schema of a node of this scope; undefined when the node isn't there or its type isn't installed. */
  schema(id: string): NodeSchema | undefined {
    const node = this.node(id);
    if (node === undefined) return undefined;
    if (!this.schemas.has(node.type)) this.schemas.set(node.type, this.catalogue.schemaOf(node, this.document, this.scope));
    return this.schemas.get(node.type);
  }

  /** What a node is called on the canvas: its own title, else that of its type. */
  titleOf(id: string): string {
    const node = this.node(id);
    return node?.title ?? this.schema(id)?.title ?? node?.type ?? id;
  }

  /** What the user calls a node: `Sample "portrait"`. */
  where(id: string): string {
    const node = this.node(id);
    if (node === undefined) return `Node "${id}"`;
    const use = subgraphOf(node);
    return `${use === undefined ? node.type : this.schema(id)?.title ?? use} "${node.title ?? id}"`;
  }

  /** Every link of the scope, those from nodes that aren't there included. */
  get links(): readonly ViewLink[] {
    this.linkList ??= Object.entries(this.nodes).flatMap(([id, node]) => nodeLinks(id, node));
    return this.linkList;
  }

  /** The way points of a link, from its output on. */
  reroutes(link: ViewLink): readonly Point[] {
    const node = this.node(link.to.node);
    return node === undefined ? [] : readReroutes(node, link.to.port, link.from);
  }

  /** Links into a node. */
  into(id: string): readonly ViewLink[] {
    this.incoming ??= indexBy(this.links, (link) => link.to.node);
    return this.incoming.get(id) ?? [];
  }

  /** Links out of a node. */
  outOf(id: string): readonly ViewLink[] {
    this.outgoing ??= indexBy(this.links, (link) => link.from.node);
    return this.outgoing.get(id) ?? [];
  }
}

/** The links into one node, in the order of the file. */
export function nodeLinks(id: string, node: GraphNode): ViewLink[] {
  return Object.entries(node.inputs).flatMap(([port, input]) => linksOf(input).map((link, index) => ({ from: { node: link.node, port: link.port }, to: { node: id, port }, index })));
}

function indexBy(links: readonly ViewLink[], key: (link: ViewLink) => string): Map<string, ViewLink[]> {
  const index = new Map<string, ViewLink[]>();
  for (const link of links) {
    const list = index.get(key(link));
    if (list === undefined) index.set(key(link), [link]);
    else list.push(link);
  }
  return index;
}
