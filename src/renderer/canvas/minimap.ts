import type { Scene } from './scene.ts';
import { categoryColor, type StudioCanvas } from './studio-canvas.ts';
import type { CanvasTheme } from './theme.ts';

const REDRAW_AFTER_MS = 200;
/** After a redraw that took long the next one waits so many times as long: with very many nodes the map must not take the time of the canvas. */
const REDRAW_SHARE = 8;

/** The whole graph in a corner; a press or drag on it moves the view there. */
export class Minimap {
  readonly #scene: Scene;
  readonly #canvas: StudioCanvas;
  readonly #element: HTMLCanvasElement;
  readonly #stop = new AbortController();
  #theme: CanvasTheme;
  #view = { x: 0, y: 0, scale: 1 };
  readonly #nodes = document.createElement('canvas');
  #drawn: { readonly version: number; readonly at: number; readonly took: number; readonly theme: CanvasTheme | undefined } = { version: -1, at: -Infinity, took: 0, theme: undefined };
  /** A redraw that has been put off. */
  #later: ReturnType<typeof setTimeout> | undefined;

  constructor(scene: Scene, canvas: StudioCanvas, element: HTMLCanvasElement, theme: CanvasTheme) {
    this.#scene = scene;
    this.#canvas = canvas;
    this.#element = element;
    this.#theme = theme;
    const { signal } = this.#stop;
    element.addEventListener('pointerdown', (event) => {
      element.setPointerCapture(event.pointerId);
      this.#go(event);
    }, { signal });
    element.addEventListener('pointermove', (event) => { if (event.buttons === 1) this.#go(event); }, { signal });
  }

  set theme(theme: CanvasTheme) {
    this.#theme = theme;
    this.draw();
  }

  /** Draws it. The nodes are drawn anew only when they have changed, and not with every frame of a gesture; what is seen, always. */
  draw(): void {
    const c = this.#element.offsetParent === null ? null : this.#element.getContext('2d');
    if (!c) return;
    const ratio = window.devicePixelRatio;
    const [width, height] = [this.#element.clientWidth, this.#element.clientHeight];
    if (this.#element.width !== Math.round(width * ratio)) this.#element.width = Math.round(width * ratio);
    if (this.#element.height !== Math.round(height * ratio)) this.#element.height = Math.round(height * ratio);
    this.#drawNodes(width, height, ratio);
    c.setTransform(ratio, 0, 0, ratio, 0, 0);
    c.drawImage(this.#nodes, 0, 0, width, height);
    const { x, y, scale } = this.#view;
    const [left = 0, top = 0, across = 0, down = 0] = this.#canvas.visible_area;
    c.strokeStyle = this.#theme.accent;
    c.lineWidth = 1.5;
    const [boxLeft, boxTop] = [Math.max(1, left * scale + x), Math.max(1, top * scale + y)];
    c.strokeRect(boxLeft, boxTop, Math.max(2, Math.min(width - 1, (left + across) * scale + x) - boxLeft), Math.max(2, Math.min(height - 1, (top + down) * scale + y) - boxTop));
  }

  /** Ends listening. */
  dispose(): void {
    clearTimeout(this.#later);
    this.#stop.abort();
  }

  #drawNodes(width: number, height: number, ratio: number): void {
    const now = performance.now();
    const same = this.#nodes.width === Math.round(width * ratio) && this.#nodes.height === Math.round(height * ratio) && this.#drawn.theme === this.#theme;
    if (same && this.#drawn.version === this.#scene.version) return;
    const wait = this.#drawn.at + Math.max(REDRAW_AFTER_MS, REDRAW_SHARE * this.#drawn.took) - now;
    if (same && wait > 0) {
      this.#later ??= setTimeout(() => {
        this.#later = undefined;
        this.draw();
      }, wait);
      return;
    }
    this.#nodes.width = Math.round(width * ratio);
    this.#nodes.height = Math.round(height * ratio);
    const c = this.#nodes.getContext('2d');
    if (!c) return;
    const all = this.#scene.bounds() ?? { x: 0, y: 0, width: 1, height: 1 };
    const scale = Math.min((width - 16) / Math.max(1, all.width), (height - 16) / Math.max(1, all.height));
    this.#view = { scale, x: (width - all.width * scale) / 2 - all.x * scale, y: (height - all.height * scale) / 2 - all.y * scale };
    c.setTransform(ratio, 0, 0, ratio, 0, 0);
    c.fillStyle = this.#theme.well;
    c.fillRect(0, 0, width, height);
    for (const node of this.#scene.nodes.values()) {
      const { status } = node;
      c.fillStyle = status.fault === 'error' ? this.#theme.error : node.selected || status.state === 'running' ? this.#theme.accent : categoryColor(node.shown.category);
      c.fillRect(node.left * scale + this.#view.x, node.top * scale + this.#view.y, Math.max(2, node.layout.width * scale), Math.max(2, node.layout.height * scale));
    }
    this.#drawn = { version: this.#scene.version, at: now, took: performance.now() - now, theme: this.#theme };
  }

  #go(event: PointerEvent): void {
    const bounds = this.#element.getBoundingClientRect();
    const { ds } = this.#canvas;
    const target = [(event.clientX - bounds.left - this.#view.x) / this.#view.scale, (event.clientY - bounds.top - this.#view.y) / this.#view.scale] as const;
    const [, , across = 0, down = 0] = this.#canvas.visible_area;
    ds.offset.set([across / 2 - target[0], down / 2 - target[1]]);
    this.#canvas.requestDraw();
  }
}
