import { LGraphCanvas, LiteGraph, type LGraphNode } from 'litegraph.js/build/litegraph.core.js';
import { drawLinks, drawLooseLink } from './draw-links.ts';
import { drawNodeFull, drawNodeMedium, drawNodesFar, drawNodesNear, type Brush } from './draw-node.ts';
import type { Box } from './geometry.ts';
import type { PortPlace, Scene } from './scene.ts';
import { TextCache } from './text-cache.ts';
import { mixColors, type CanvasTheme } from './theme.ts';
import { ViewNode } from './view-objects.ts';

const FULL_FROM = 0.58;
const MEDIUM_FROM = 0.4;
const NEAR_FROM = 0.26;
/** Graph units from dot to dot, and pattern pixels per graph unit. */
const GRID = 24;
const GRID_SHARPNESS = 2;
const MAX_SAMPLES = 600;
/** The most nodes that are drawn with all their parts, and the most with title and ports. */
const MOST_ROUND = 600;
const MOST_LABELLED = 3000;
/** How far ports and outlines reach out of a node, and the lines of text below it; graph units. */
const AROUND = 8;
const BELOW = 56;

/** litegraph's pan and zoom in CSS pixels, on a canvas that has device pixels. */
class ScaledDragAndScale extends LiteGraph.DragAndScale {
  ratio = 1;

  override toCanvasContext(context: CanvasRenderingContext2D): void {
    context.scale(this.scale * this.ratio, this.scale * this.ratio);
    context.translate(this.offset[0] ?? 0, this.offset[1] ?? 0);
  }

  override computeVisibleArea(): void {
    if (!this.element) return;
    const [x = 0, y = 0] = this.offset;
    this.visible_area.set([-x, -y, this.element.width / this.ratio / this.scale, this.element.height / this.ratio / this.scale]);
  }
}

/** What a gesture shows while it lasts. */
export interface GestureView {
  /** The loose link: its fixed end and where the pointer is; graph units. */
  loose?: { readonly from: PortPlace; readonly at: readonly [number, number] } | undefined;
  /** The selection frame, graph units. */
  marquee?: Box | undefined;
  /** Whether the loose link fits a port; undefined for ports on its own side. */
  fits?: ((node: ViewNode, side: 'input' | 'output', port: string) => boolean | undefined) | undefined;
}

/** litegraph's canvas with our drawing: levels of detail, cached texts, one bitmap, redrawn only when something changed. */
export class StudioCanvas extends LGraphCanvas {
  gesture: GestureView = {};
  /** Milliseconds that the last draws took, newest last. */
  readonly drawTimes: number[] = [];
  onDrawn: (() => void) | undefined;
  readonly #scene: Scene;
  #theme: CanvasTheme;
  #portColors: ReadonlyMap<string, string> = new Map();
  #frame = 0;
  #grid: CanvasPattern | null = null;
  #lastBrush: Brush | undefined;
  readonly #text: TextCache;
  readonly #zoom = new ScaledDragAndScale();

  constructor(element: HTMLCanvasElement, scene: Scene, theme: CanvasTheme) {
    // Events, prompts and menus of litegraph stay off: gestures are ours, and its number prompt evaluates what is typed.
    super(element, scene.graph, { skip_events: true, skip_render: true });
    this.#scene = scene;
    this.#theme = theme;
    this.#zoom.min_scale = 0.04;
    this.#zoom.max_scale = 4;
    this.#zoom.element = element;
    this.ds = this.#zoom;
    this.visible_area = this.#zoom.visible_area;
    this.bgcanvas = element;
    this.background_image = null;
    this.clear_background = false;
    this.show_info = false;
    this.render_canvas_border = false;
    this.onDrawForeground = () => this.#drawGesture();
    this.#text = new TextCache((text, font) => {
      if (this.ctx.font !== font) this.ctx.font = font;
      return this.ctx.measureText(text).width;
    });
  }

  /** Sets colours, and the colour of every port type as `#rrggbb`. */
  setTheme(theme: CanvasTheme, portColors: ReadonlyMap<string, string>): void {
    this.#theme = theme;
    const ink = /^#[0-9a-f]{6}$/i.test(theme.text) ? theme.text : '#000000';
    this.#portColors = new Map([...portColors].map(([type, color]) => [type, mixColors(color, ink, theme.portMix)]));
    this.#grid = null;
    this.#text.clear();
    this.requestDraw();
  }

  /** Fits the bitmap to the element's size in CSS pixels. */
  fitElement(width: number, height: number, ratio: number): void {
    this.#zoom.ratio = ratio;
    this.canvas.width = Math.max(1, Math.round(width * ratio));
    this.canvas.height = Math.max(1, Math.round(height * ratio));
    // At once: a canvas that was resized is blank until it is drawn.
    this.#drawNow();
  }

  /** Draws with the next frame. */
  requestDraw(): void {
    if (this.#frame !== 0) return;
    this.#frame = requestAnimationFrame(() => this.#drawNow());
  }

  /** litegraph asks for a redraw. */
  override setDirty(): void {
    // litegraph's constructor calls this before our fields are there.
    if (this.#zoomReady()) this.requestDraw();
  }

  /** Colour of a port type in the present theme. */
  portColor(type: string): string {
    return this.#portColors.get(type) ?? this.#theme.text3;
  }

  override drawBackCanvas(): void {
    const { ctx: c } = this;
    c.setTransform(1, 0, 0, 1, 0, 0);
    c.fillStyle = this.#theme.background;
    c.fillRect(0, 0, this.canvas.width, this.canvas.height);
    c.save();
    this.ds.toCanvasContext(c);
    this.#drawGrid();
    this.drawGroups(this.canvas, c);
    this.drawConnections(c);
    c.restore();
  }

  override drawConnections(context: CanvasRenderingContext2D): void {
    const [x = 0, y = 0, width = 0, height = 0] = this.visible_area;
    drawLinks(this.#scene.links.values(), { context, theme: this.#theme, scale: this.ds.scale, visible: { x, y, width, height }, portColor: (type) => this.portColor(type) });
  }

  override drawGroups(_canvas: HTMLCanvasElement, c: CanvasRenderingContext2D): void {
    for (const group of this.#scene.groups.values()) {
      const { x, y, width, height } = group.box;
      const color = group.color === '' ? this.#theme.text3 : group.color;
      c.globalAlpha = 0.1;
      c.fillStyle = color;
      c.fillRect(x, y, width, height);
      c.globalAlpha = group.selected ? 1 : 0.5;
      c.lineWidth = group.selected ? 2 : 1;
      c.strokeStyle = group.selected ? this.#theme.accent : color;
      c.strokeRect(x, y, width, height);
      c.globalAlpha = 1;
      c.fillStyle = this.#theme.text2;
      c.font = this.#theme.titleFont.replace('12.5px', '15px');
      c.textAlign = 'left';
      c.textBaseline = 'middle';
      c.fillText(this.#text.fit(group.title, c.font, width - 20), x + 10, y + 16);
    }
  }

  override drawNode(node: LGraphNode, context: CanvasRenderingContext2D): void {
    if (!(node instanceof ViewNode)) return;
    const { scale } = this.ds;
    const top = node.top - (node.pos[1] ?? 0);
    context.translate(0, top);
    const brush = this.#brush(context, scale);
    if (scale >= FULL_FROM) drawNodeFull(node, brush);
    else drawNodeMedium(node, brush);
  }

  /** Away from the graph there are many nodes and little to draw of each: they are drawn here, and none is left for litegraph's loop. */
  override computeVisibleNodes(_nodes?: LGraphNode[] | null, out: LGraphNode[] = []): LGraphNode[] {
    const [x = 0, y = 0, width = 0, height = 0] = this.visible_area;
    const visible: ViewNode[] = [];
    for (const node of this.graph._nodes) {
      if (!(node instanceof ViewNode) || node.left > x + width + AROUND || node.top > y + height + AROUND) continue;
      if (node.left + node.layout.width >= x - AROUND && node.top + node.layout.height >= y - BELOW) visible.push(node);
    }
    out.length = 0;
    const { scale } = this.ds;
    // Nodes in one heap are many however near one looks.
    if (scale >= MEDIUM_FROM && visible.length <= MOST_ROUND) for (const node of visible) out.push(node);
    else if (scale >= NEAR_FROM && visible.length <= MOST_LABELLED) drawNodesNear(visible, this.#brush(this.ctx, scale));
    else drawNodesFar(visible, this.#brush(this.ctx, scale));
    return out;
  }

  #drawNow(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    const started = performance.now();
    this.dirty_canvas = true;
    this.dirty_bgcanvas = false;
    this.draw(true, false);
    this.onDrawn?.();
    this.drawTimes.push(performance.now() - started);
    if (this.drawTimes.length > MAX_SAMPLES) this.drawTimes.shift();
  }

  #zoomReady(): boolean {
    return #zoom in this;
  }

  #brush(context: CanvasRenderingContext2D, scale: number): Brush {
    const known = this.#lastBrush;
    if (known?.context === context && known.scale === scale && known.theme === this.#theme) return known;
    const scene = this.#scene;
    this.#lastBrush = {
      context, scale, theme: this.#theme, text: this.#text,
      portColor: (type) => this.portColor(type),
      categoryColor,
      fits: (node, side, port) => this.gesture.fits?.(node, side, port),
      isLinked: (node, side, port) => scene.isLinked(node, side, port),
    };
    return this.#lastBrush;
  }

  #drawGrid(): void {
    const { ctx: c } = this;
    const { scale } = this.ds;
    if (scale < 0.45) return;
    this.#grid ??= gridPattern(c, this.#theme.grid);
    if (!this.#grid) return;
    const [x = 0, y = 0, width = 0, height = 0] = this.visible_area;
    c.fillStyle = this.#grid;
    c.fillRect(x, y, width, height);
  }

  #drawGesture(): void {
    const { loose, marquee } = this.gesture;
    const { ctx: c } = this;
    if (loose) {
      const fixed = loose.from.node.portPosition(loose.from.side, loose.from.port);
      const rows = loose.from.side === 'input' ? loose.from.node.layout.inputs : loose.from.node.layout.outputs;
      const color = this.portColor(rows.find((row) => row.port.name === loose.from.port)?.port.type ?? '');
      const [start, end] = loose.from.side === 'output' ? [fixed, loose.at] : [loose.at, fixed];
      drawLooseLink(c, start, end, color);
    }
    if (marquee) {
      c.fillStyle = this.#theme.accent;
      c.globalAlpha = 0.1;
      c.fillRect(marquee.x, marquee.y, marquee.width, marquee.height);
      c.globalAlpha = 1;
      c.strokeStyle = this.#theme.accent;
      c.lineWidth = 1 / this.ds.scale;
      c.strokeRect(marquee.x, marquee.y, marquee.width, marquee.height);
    }
  }
}

function gridPattern(context: CanvasRenderingContext2D, color: string): CanvasPattern | null {
  const tile = document.createElement('canvas');
  tile.width = tile.height = GRID * GRID_SHARPNESS;
  const c = tile.getContext('2d');
  if (!c) return null;
  c.fillStyle = color;
  c.fillRect(0, 0, GRID_SHARPNESS, GRID_SHARPNESS);
  const pattern = context.createPattern(tile, 'repeat');
  pattern?.setTransform(new DOMMatrix().scale(1 / GRID_SHARPNESS));
  return pattern;
}

/** A steady colour for a category, from its name alone: saturation and lightness are fixed, so that no category shouts. */
export function categoryColor(category: string): string {
  const known = CATEGORY_COLORS.get(category);
  if (known !== undefined) return known;
  let hash = 7;
  for (const letter of category) hash = (hash * 31 + (letter.codePointAt(0) ?? 0)) % 3600;
  const color = `hsl(${hash % 360}, 38%, 58%)`;
  // Categories come from the catalogue, never from files.
  CATEGORY_COLORS.set(category, color);
  return color;
}

const CATEGORY_COLORS = new Map<string, string>();
