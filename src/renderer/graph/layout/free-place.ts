import { overlaps, type Boxes } from './geometry.ts';
import type { Box } from './groups.ts';
import type { Point } from './node-ui.ts';

/** Room for ports at the sides and for what is said below a node. */
const GAP = 40;
const RINGS = 12;

/** The place nearest to a point, in rings of half a box around it, where a box of a size touches no other; the point itself when all is taken. */
export function freePlace(boxes: Boxes, at: Point, [width, height]: Point): Point {
  const taken = [...boxes.values()].map((box): Box => ({ x: box.x - GAP, y: box.y - GAP, width: box.width + 2 * GAP, height: box.height + 2 * GAP }));
  for (let ring = 0; ring <= RINGS; ring++) {
    for (const [dx, dy] of ringOf(ring)) {
      const [x, y] = [Math.round(at[0] + (dx * width) / 2), Math.round(at[1] + (dy * height) / 2)];
      if (!taken.some((box) => overlaps(box, { x, y, width, height }))) return [x, y];
    }
  }
  return at;
}

/** The steps of a ring, those straight to the right and downwards first: graphs grow that way. */
function ringOf(ring: number): readonly Point[] {
  const steps: Point[] = [];
  for (let dx = ring; dx >= -ring; dx--) {
    for (let dy = ring; dy >= -ring; dy--) if (Math.max(Math.abs(dx), Math.abs(dy)) === ring) steps.push([dx, dy]);
  }
  return steps.sort((a, b) => Math.hypot(...a) - Math.hypot(...b));
}
