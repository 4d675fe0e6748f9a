import { Minimap } from './minimap.ts';
import { Pointer, type PointerHabits } from './pointer.ts';
import type { CanvasIntents, PointerPlace } from './gestures/gesture.ts';
import type { Box } from './geometry.ts';
import { Scene, type ShownGraph } from './scene.ts';
import type { NodeStatus } from './shown-node.ts';
import { StudioCanvas } from './studio-canvas.ts';
import { readTheme } from './theme.ts';

const FIT_MARGIN = 48;
const FIT_LARGEST = 1.1;

/** Where the canvas looks: scale, and the graph point in its top left corner. */
export interface CanvasPlace { readonly x: number; readonly y: number; readonly scale: number }

/** The canvas as the window uses it: show a graph, show a run, look somewhere. litegraph stays inside. */
export class GraphCanvas {
  readonly #scene = new Scene();
  readonly #canvas: StudioCanvas;
  readonly #pointer: Pointer;
  readonly #element: HTMLCanvasElement;
  readonly #sizes: ResizeObserver;
  #minimap: Minimap | undefined;
  #portColors: ReadonlyMap<string, string>;

  /** @param portColors `#rrggbb` by port type. */
  constructor(element: HTMLCanvasElement, intents: CanvasIntents, portColors: ReadonlyMap<string, string>) {
    this.#element = element;
    this.#portColors = portColors;
    this.#canvas = new StudioCanvas(element, this.#scene, readTheme(element));
    this.#canvas.setTheme(readTheme(element), portColors);
    this.#pointer = new Pointer({ scene: this.#scene, canvas: this.#canvas, intents }, element);
    this.#canvas.onDrawn = () => this.#minimap?.draw();
    this.#sizes = new ResizeObserver(() => this.#fitElement());
    this.#sizes.observe(element);
    this.#fitElement();
  }

  /** Milliseconds that each of the last draws took. */
  get drawTimes(): readonly number[] {
    return this.#canvas.drawTimes;
  }

  /** Where the pointer was last. */
  get pointerAt(): PointerPlace {
    return this.#pointer.last;
  }

  set habits(habits: PointerHabits) {
    this.#pointer.habits = habits;
  }

  /** Draws the whole graph small, on another canvas. */
  attachMinimap(element: HTMLCanvasElement | null): void {
    this.#minimap?.dispose();
    this.#minimap = element ? new Minimap(this.#scene, this.#canvas, element, readTheme(this.#element)) : undefined;
    this.#minimap?.draw();
  }

  /** Shows a graph; what has not changed since the last call costs nothing. */
  show(shown: ShownGraph): void {
    this.#scene.sync(shown);
    this.#canvas.requestDraw();
  }

  /** Shows how nodes fare in a run. */
  tell(statuses: ReadonlyMap<string, NodeStatus>): void {
    this.#scene.tell(statuses);
    this.#canvas.requestDraw();
  }

  /** Reads colours and fonts anew, after the theme has changed. */
  retheme(): void {
    const theme = readTheme(this.#element);
    this.#canvas.setTheme(theme, this.#portColors);
    if (this.#minimap) this.#minimap.theme = theme;
    this.#fitElement();
  }

  /** Where nodes stand and how large they are, in graph units, for alignment and layout; of all when none are named. */
  boxes(keys?: Iterable<string>): Map<string, Box> {
    const nodes = keys === undefined ? [...this.#scene.nodes.values()] : [...keys].flatMap((key) => this.#scene.nodes.get(key) ?? []);
    return new Map(nodes.map((node) => [node.key, node.box]));
  }

  /** Looks at all nodes, or at some. */
  fit(keys?: Iterable<string>): void {
    const bounds = this.#scene.bounds(keys);
    if (bounds) this.#look(bounds, FIT_LARGEST);
  }

  /** Brings a node into view and leaves the zoom, unless it is too small to read. */
  focusNode(key: string): void {
    const bounds = this.#scene.bounds([key]);
    if (bounds) this.#centre(bounds.x + bounds.width / 2, bounds.y + bounds.height / 2, Math.max(0.7, this.#canvas.ds.scale));
  }

  /** Zooms by a factor around the middle. */
  zoomBy(factor: number): void {
    this.#canvas.ds.changeScale(this.#canvas.ds.scale * factor);
    this.#canvas.requestDraw();
  }

  get place(): CanvasPlace {
    const { offset, scale } = this.#canvas.ds;
    return { x: -(offset[0] ?? 0), y: -(offset[1] ?? 0), scale };
  }

  set place({ x, y, scale }: CanvasPlace) {
    this.#canvas.ds.scale = scale;
    this.#canvas.ds.offset.set([-x, -y]);
    this.#canvas.requestDraw();
  }

  /** The graph point in the middle of the view. */
  middle(): readonly [number, number] {
    const { x, y, scale } = this.place;
    return [x + this.#element.clientWidth / scale / 2, y + this.#element.clientHeight / scale / 2];
  }

  /** A place on the canvas in graph units, from a point of the window. */
  graphPoint(clientX: number, clientY: number): readonly [number, number] {
    const bounds = this.#element.getBoundingClientRect();
    return this.#canvas.ds.convertCanvasToOffset([clientX - bounds.left, clientY - bounds.top]);
  }

  /** Where something stands in the window, in CSS pixels: for menus opened by key, and for tests. */
  windowPoint(x: number, y: number): readonly [number, number] {
    const bounds = this.#element.getBoundingClientRect();
    const [left, top] = this.#canvas.ds.convertOffsetToCanvas([x, y]);
    return [bounds.left + left, bounds.top + top];
  }

  /** Ends the gesture that lasts, if one does. @returns whether one did. */
  cancelGesture(): boolean {
    return this.#pointer.cancel();
  }

  /** Ends everything. */
  dispose(): void {
    this.#sizes.disconnect();
    this.#pointer.dispose();
    this.#minimap?.dispose();
    this.#canvas.stopRendering();
  }

  #fitElement(): void {
    const { clientWidth, clientHeight } = this.#element;
    if (clientWidth > 0 && clientHeight > 0) this.#canvas.fitElement(clientWidth, clientHeight, window.devicePixelRatio);
  }

  #look({ x, y, width, height }: Box, largest: number): void {
    const [across, down] = [this.#element.clientWidth - 2 * FIT_MARGIN, this.#element.clientHeight - 2 * FIT_MARGIN];
    const scale = Math.max(0.04, Math.min(largest, across / Math.max(1, width), down / Math.max(1, height)));
    this.#centre(x + width / 2, y + height / 2, scale);
  }

  #centre(x: number, y: number, scale: number): void {
    this.place = { x: x - this.#element.clientWidth / scale / 2, y: y - this.#element.clientHeight / scale / 2, scale };
  }
}
