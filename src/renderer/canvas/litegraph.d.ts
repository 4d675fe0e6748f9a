/**
 * The part of litegraph.js 0.7.18 that the canvas uses. The package's own types describe 0.7.0, miss members and are full of `any`;
 * its core build has none.
 */
declare module 'litegraph.js/build/litegraph.core.js' {
  type Vector = Float32Array | number[];

  /** The build exports neither this class nor DragAndScale by name: they are members of LiteGraph. */
  interface LLink {
    id: number;
    type: string;
    origin_id: number;
    origin_slot: number;
    target_id: number;
    target_slot: number;
  }

  export class LGraphNode {
    constructor(title?: string);
    id: number;
    title: string;
    pos: Vector;
    size: [number, number];
    flags: { collapsed?: boolean };
    graph: LGraph | null;
    _collapsed_width?: number;
    getBounding(out?: Float32Array, outer?: boolean): Float32Array;
    getConnectionPos(isInput: boolean, slot: number, out?: Vector): Vector;
    isPointInside(x: number, y: number, margin?: number, skipTitle?: boolean): boolean;
  }

  export class LGraphGroup {
    constructor(title?: string);
    title: string;
    color: string;
    pos: Vector;
    size: Vector;
    _bounding: Float32Array;
  }

  export class LGraph {
    _nodes: LGraphNode[];
    _groups: LGraphGroup[];
    links: Record<number, LLink>;
    add(item: LGraphNode | LGraphGroup, skipOrder?: boolean): void;
    remove(item: LGraphNode | LGraphGroup): void;
    clear(): void;
    list_of_graphcanvas: LGraphCanvas[] | null;
    attachCanvas(canvas: LGraphCanvas): void;
    updateExecutionOrder(): void;
    getNodeById(id: number): LGraphNode | null;
    getNodeOnPos(x: number, y: number, nodes?: LGraphNode[], margin?: number): LGraphNode | null;
    getGroupOnPos(x: number, y: number): LGraphGroup | null;
  }

  interface DragAndScale {
    offset: Float32Array;
    scale: number;
    min_scale: number;
    max_scale: number;
    visible_area: Float32Array;
    element: HTMLCanvasElement | null;
    toCanvasContext(context: CanvasRenderingContext2D): void;
    computeVisibleArea(viewport?: Vector | null): void;
    convertOffsetToCanvas(position: Vector): [number, number];
    convertCanvasToOffset(position: Vector, out?: [number, number]): [number, number];
    mouseDrag(x: number, y: number): void;
    changeScale(value: number, centre?: Vector): void;
  }

  export interface CanvasOptions { skip_events?: boolean; skip_render?: boolean; autoresize?: boolean }

  export class LGraphCanvas {
    constructor(canvas: HTMLCanvasElement, graph: LGraph, options?: CanvasOptions);
    ds: DragAndScale;
    graph: LGraph;
    canvas: HTMLCanvasElement;
    bgcanvas: HTMLCanvasElement;
    ctx: CanvasRenderingContext2D;
    visible_area: Float32Array;
    visible_nodes: LGraphNode[];
    background_image: string | null;
    clear_background: boolean;
    clear_background_color: string;
    show_info: boolean;
    render_canvas_border: boolean;
    render_link_tooltip: boolean;
    dirty_canvas: boolean;
    dirty_bgcanvas: boolean;
    onDrawForeground: ((context: CanvasRenderingContext2D) => void) | null;
    onDrawBackground: ((context: CanvasRenderingContext2D) => void) | null;
    setDirty(foreground: boolean, background?: boolean): void;
    draw(forceForeground?: boolean, forceBackground?: boolean): void;
    startRendering(): void;
    stopRendering(): void;
    computeVisibleNodes(nodes?: LGraphNode[] | null, out?: LGraphNode[]): LGraphNode[];
    drawFrontCanvas(): void;
    drawBackCanvas(): void;
    drawNode(node: LGraphNode, context: CanvasRenderingContext2D): void;
    drawConnections(context: CanvasRenderingContext2D): void;
    drawGroups(canvas: HTMLCanvasElement, context: CanvasRenderingContext2D): void;
    setCanvas(canvas: HTMLCanvasElement | null, skipEvents?: boolean): void;
  }

  export const LiteGraph: {
    NODE_TITLE_HEIGHT: number;
    NODE_SLOT_HEIGHT: number;
    MAX_NUMBER_OF_NODES: number;
    LLink: new (id: number, type: string, originId: number, originSlot: number, targetId: number, targetSlot: number) => LLink;
    DragAndScale: new (element?: HTMLElement | null, skipEvents?: boolean) => DragAndScale;
  };
}
