import type { Box } from './groups.ts';

/** Boxes by node id, as the canvas draws them. */
export type Boxes = ReadonlyMap<string, Box>;

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

/** Whether two boxes share a point. */
export function overlaps(a: Box, b: Box): boolean {
  return a.x <= b.x + b.width && b.x <= a.x + a.width && a.y <= b.y + b.height && b.y <= a.y + a.height;
}

/** The frame of a group around boxes, with room for its title; undefined for none. */
export function frameAround(boxes: Iterable<Box>, padding = 24, titleHeight = 32): Box | undefined {
  const bounds = boundsOf(boxes);
  return bounds === undefined ? undefined : { x: bounds.x - padding, y: bounds.y - padding - titleHeight, width: bounds.width + 2 * padding, height: bounds.height + 2 * padding + titleHeight };
}
