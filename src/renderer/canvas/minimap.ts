import { around, type Box } from './geometry.ts';
import type { Scene } from './scene.ts';
import { categoryColor, type StudioCanvas } from './studio-canvas.ts';
import type { CanvasTheme } from './theme.ts';

/** The whole graph in a corner; a press or drag on it moves the view there. */
export class Minimap {
  readonly #scene: Scene;
  readonly #canvas: StudioCanvas;
  readonly #element: HTMLCanvasElement;
  readonly #stop = new AbortController();
  #theme: CanvasTheme;
  #view = { x: 0, y: 0, scale: 1 };

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

  /** Draws it; cheap enough for every frame, but nothing is drawn while it is hidden. */
  draw(): void {
    const c = this.#element.offsetParent === null ? null : this.#element.getContext('2d');
    if (!c) return;
    const ratio = window.devicePixelRatio;
    const [width, height] = [this.#element.clientWidth, this.#element.clientHeight];
    if (this.#element.width !== Math.round(width * ratio)) this.#element.width = Math.round(width * ratio);
    if (this.#element.height !== Math.round(height * ratio)) this.#element.height = Math.round(height * ratio);
    c.setTransform(ratio, 0, 0, ratio, 0, 0);
    c.fillStyle = this.#theme.well;
    c.fillRect(0, 0, width, height);
    const [left = 0, top = 0, across = 0, down = 0] = this.#canvas.visible_area;
    const seen: Box = { x: left, y: top, width: across, height: down };
    const all = around([this.#scene.bounds() ?? seen, seen]) ?? seen;
    const scale = Math.min((width - 8) / Math.max(1, all.width), (height - 8) / Math.max(1, all.height));
    this.#view = { scale, x: (width - all.width * scale) / 2 - all.x * scale, y: (height - all.height * scale) / 2 - all.y * scale };
    this.#drawNodes(c);
    c.strokeStyle = this.#theme.accent;
    c.lineWidth = 1.5;
    c.strokeRect(seen.x * scale + this.#view.x, seen.y * scale + this.#view.y, seen.width * scale, seen.height * scale);
  }

  /** Ends listening. */
  dispose(): void {
    this.#stop.abort();
  }

  #drawNodes(c: CanvasRenderingContext2D): void {
    const { x, y, scale } = this.#view;
    for (const node of this.#scene.nodes.values()) {
      const { status } = node;
      c.fillStyle = status.fault === 'error' ? this.#theme.error : node.selected || status.state === 'running' ? this.#theme.accent : categoryColor(node.shown.category);
      c.fillRect(node.left * scale + x, node.top * scale + y, Math.max(2, node.layout.width * scale), Math.max(2, node.layout.height * scale));
    }
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
