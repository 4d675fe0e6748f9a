import { boundsOf, type Boxes } from './geometry.ts';
import type { Box } from './groups.ts';
import type { Point } from './node-ui.ts';

/** Where nodes are lined up. */
export type Edge = 'left' | 'center' | 'right' | 'top' | 'middle' | 'bottom';

const LINED_UP: Readonly<Record<Edge, (box: Box, bounds: Box) => Point>> = {
  left: (box, bounds) => [bounds.x, box.y],
  center: (box, bounds) => [bounds.x + (bounds.width - box.width) / 2, box.y],
  right: (box, bounds) => [bounds.x + bounds.width - box.width, box.y],
  top: (box, bounds) => [box.x, bounds.y],
  middle: (box, bounds) => [box.x, bounds.y + (bounds.height - box.height) / 2],
  bottom: (box, bounds) => [box.x, bounds.y + bounds.height - box.height],
};

/** New places of nodes lined up at one edge of the box around all of them, for a `place-nodes` command. */
export function alignBoxes(boxes: Boxes, edge: Edge): Record<string, Point> {
  const bounds = boundsOf(boxes.values());
  return bounds === undefined ? {} : Object.fromEntries([...boxes].map(([id, box]) => [id, LINED_UP[edge](box, bounds)]));
}

/** New places of nodes with equal gaps between them, the outermost staying where they are. Fewer than three stay. */
export function distributeBoxes(boxes: Boxes, axis: 'horizontal' | 'vertical'): Record<string, Point> {
  const [at, extent] = axis === 'horizontal' ? ['x', 'width'] as const : ['y', 'height'] as const;
  const sorted = [...boxes].sort(([, a], [, b]) => a[at] + a[extent] / 2 - (b[at] + b[extent] / 2));
  const [first, last] = [sorted[0]?.[1], sorted.at(-1)?.[1]];
  if (first === undefined || last === undefined || sorted.length < 3) return {};
  const taken = sorted.reduce((sum, [, box]) => sum + box[extent], 0);
  const gap = (last[at] + last[extent] - first[at] - taken) / (sorted.length - 1);
  let next = first[at];
  return Object.fromEntries(sorted.map(([id, box]) => {
    const place: Point = axis === 'horizontal' ? [next, box.y] : [box.x, next];
    next += box[extent] + gap;
    return [id, place];
  }));
}
