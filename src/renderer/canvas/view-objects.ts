import { LGraph, LGraphGroup, LGraphNode, LiteGraph, type LGraphCanvas } from 'litegraph.js/build/litegraph.core.js';
import { layoutNode, TITLE_HEIGHT, type Box, type NodeLayout } from './geometry.ts';
import { IDLE, type NodeStatus, type ShownNode } from './shown-node.ts';

LiteGraph.NODE_TITLE_HEIGHT = TITLE_HEIGHT;
LiteGraph.MAX_NUMBER_OF_NODES = Infinity;

/** litegraph's graph as a mere container: its own execution order is never asked for, and would be computed anew with every node. */
export class ViewGraph extends LGraph {
  override updateExecutionOrder(): void {}

  /** litegraph takes its very own canvas class only, no subclass. */
  override attachCanvas(canvas: LGraphCanvas): void {
    canvas.graph = this;
    this.list_of_graphcanvas = [canvas];
  }
}

/** A node on the canvas. litegraph's ids are handles of our own making, so that no text from a file is ever a key of its plain objects. */
export class ViewNode extends LGraphNode {
  readonly key: string;
  shown: ShownNode;
  layout: NodeLayout;
  status: NodeStatus = IDLE;
  selected = false;
  /** Has no port that the dragged link fits. */
  dimmed = false;
  /** Top left corner in graph units, title included. */
  left = 0;
  top = 0;
  /** Goes up when the node or its ports stand elsewhere. */
  placed = 0;
  /** Ports with a link; none of a node without links, of which a graph may have very many. */
  linkedInputs: Set<string> | undefined;
  linkedOutputs: Set<string> | undefined;
  /** Where the node stands while it is dragged; undefined when it stands where the file says. */
  #dragged: readonly [number, number] | undefined;
  #draggedSize: readonly [number, number] | undefined;

  constructor(handle: number, shown: ShownNode) {
    super(shown.title);
    this.id = handle;
    this.key = shown.id;
    this.shown = shown;
    this.layout = layoutNode(shown, false);
    this.#place();
  }

  /** Takes over a changed node of the file. */
  show(shown: ShownNode): void {
    this.shown = shown;
    this.title = shown.title;
    this.relayout();
  }

  /** Takes over news of a run. */
  tell(status: NodeStatus): void {
    const hadPicture = this.status.picture !== undefined;
    this.status = status;
    if (hadPicture !== (status.picture !== undefined)) this.relayout();
  }

  /** Shows the node elsewhere, or larger, until the gesture ends. */
  drag(position: readonly [number, number] | undefined, size?: readonly [number, number]): void {
    this.#dragged = position;
    this.#draggedSize = size;
    this.relayout();
  }

  /** Lays the node out anew. */
  relayout(): void {
    const shown = this.#draggedSize ? { ...this.shown, size: this.#draggedSize } : this.shown;
    this.layout = layoutNode(shown, this.status.picture !== undefined);
    this.#place();
  }

  /** Outline in graph units, title included. */
  get box(): Box {
    return { x: this.left, y: this.top, width: this.layout.width, height: this.layout.height };
  }

  /** Centre of a port, in graph units; the middle of the node's side for a port that it doesn't have. */
  portPosition(side: 'input' | 'output', port: string): [number, number] {
    const rows = side === 'input' ? this.layout.inputs : this.layout.outputs;
    const y = rows.find((row) => row.port.name === port)?.y ?? TITLE_HEIGHT / 2;
    return [side === 'input' ? this.left : this.left + this.layout.width, this.top + y];
  }

  #place(): void {
    const { layout } = this;
    [this.left, this.top] = this.#dragged ?? this.shown.position;
    this.placed += 1;
    this.flags.collapsed = this.shown.collapsed;
    this._collapsed_width = layout.width;
    this.pos = [this.left, this.top + TITLE_HEIGHT];
    this.size = [layout.width, layout.height - TITLE_HEIGHT];
  }
}

/** A link on the canvas. */
export class ViewLink extends LiteGraph.LLink {
  readonly key: string;
  readonly from: ViewNode;
  readonly to: ViewNode;
  readonly output: string;
  readonly input: string;
  selected = false;
  /** Way points, from the output on. */
  points: readonly (readonly [number, number])[] = [];
  #path: readonly (readonly [number, number])[] = [];
  /** What the path was made of: a draw asks for all paths, and few have changed since the last. */
  #pathOf: { readonly from: number; readonly to: number; readonly points: ViewLink['points'] } | undefined;

  constructor(handle: number, key: string, type: string, from: ViewNode, output: string, to: ViewNode, input: string) {
    super(handle, type, from.id, 0, to.id, 0);
    this.key = key;
    this.from = from;
    this.to = to;
    this.output = output;
    this.input = input;
  }

  /** Everything that the link goes through: output, way points, input. */
  get path(): readonly (readonly [number, number])[] {
    const { from, to, points } = this;
    if (this.#pathOf?.from !== from.placed || this.#pathOf.to !== to.placed || this.#pathOf.points !== points) {
      this.#path = [from.portPosition('output', this.output), ...points, to.portPosition('input', this.input)];
      this.#pathOf = { from: from.placed, to: to.placed, points };
    }
    return this.#path;
  }
}

/** A group's frame on the canvas. */
export class ViewGroup extends LGraphGroup {
  readonly key: string;
  selected = false;

  constructor(key: string) {
    super('');
    this.key = key;
  }

  /** Takes over a frame of the file, or where it is dragged to. */
  show(title: string, color: string | undefined, box: Box): void {
    this.title = title;
    this.color = color ?? '';
    this._bounding.set([box.x, box.y, box.width, box.height]);
  }

  get box(): Box {
    const [x = 0, y = 0, width = 0, height = 0] = this._bounding;
    return { x, y, width, height };
  }
}
