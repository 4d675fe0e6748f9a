import type { Box } from './groups.ts';
import type { Point } from './node-ui.ts';

/** Boxes by node id, as the canvas draws them. */
export type Boxes = ReadonlyMap<string, Box>;

/** How canvas coordinates come to the screen: `screen = (canvas + offset) * scale`. */
export interface Viewport {
  readonly scale: number;
  readonly offset: Point;
}

/** The smallest box around boxes; undefined for none. */
export function boundsOf(boxes: Iterable<Box>): Box | undefined {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const box of boxes) {
    left = Math.min(left, box.x);
    top = Math.min(top, box.y);
    right = Math.max(right, box.x + box.width);
    bottom = Math.max(bottom, box.y + box.height);
  }
  return left > right ? undefined : { x: left, y: top, width: right - left, height: bottom - top };
}

/** The viewport that shows a box whole and centred in a window of some size (screen pixels), with a margin, no larger than `maxScale`. */
export function fitViewport(box: Box, window: Point, options: { readonly margin?: number; readonly maxScale?: number; readonly minScale?: number } = {}): Viewport {
  const { margin = 40, maxScale = 1, minScale = 0.05 } = options;
  const [width, height] = window.map((extent) => Math.max(1, extent - 2 * margin)) as [number, number];
  const scale = Math.max(minScale, Math.min(maxScale, width / Math.max(1, box.width), height / Math.max(1, box.height)));
  return { scale, offset: [window[0] / 2 / scale - (box.x + box.width / 2), window[1] / 2 / scale - (box.y + box.height / 2)] };
}

/** The part of the canvas that a viewport shows in a window of some size (screen pixels). */
export function visibleBox(viewport: Viewport, window: Point): Box {
  return { x: -viewport.offset[0], y: -viewport.offset[1], width: window[0] / viewport.scale, height: window[1] / viewport.scale };
}

/** Whether two boxes share a point. */
export function overlaps(a: Box, b: Box): boolean {
  return a.x <= b.x + b.width && b.x <= a.x + a.width && a.y <= b.y + b.height && b.y <= a.y + a.height;
}

/** Ids of the boxes that a rubber band touches. */
export function boxesIn(boxes: Boxes, band: Box): string[] {
  return [...boxes].filter(([, box]) => overlaps(box, band)).map(([id]) => id);
}

/** The frame of a group around boxes, with room for its title; undefined for none. */
export function frameAround(boxes: Iterable<Box>, padding = 24, titleHeight = 32): Box | undefined {
  const bounds = boundsOf(boxes);
  return bounds === undefined ? undefined : { x: bounds.x - padding, y: bounds.y - padding - titleHeight, width: bounds.width + 2 * padding, height: bounds.height + 2 * padding + titleHeight };
}

/** What a minimap of some size (screen pixels) shows: the graph and the window, whichever reaches farther. See {@link canvasPoint} for the way back. */
export function minimapViewport(graph: Box | undefined, window: Box, size: Point): Viewport {
  const whole = boundsOf([window, ...(graph === undefined ? [] : [graph])]) ?? window;
  return fitViewport(whole, size, { margin: 4, maxScale: 1, minScale: 0 });
}

/** The canvas point under a point of a minimap, or of any window with this viewport. */
export function canvasPoint(viewport: Viewport, screen: Point): Point {
  return [screen[0] / viewport.scale - viewport.offset[0], screen[1] / viewport.scale - viewport.offset[1]];
}

/** Where a canvas point comes to lie on screen. */
export function screenPoint(viewport: Viewport, point: Point): Point {
  return [(point[0] + viewport.offset[0]) * viewport.scale, (point[1] + viewport.offset[1]) * viewport.scale];
}
