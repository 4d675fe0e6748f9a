import type { GraphNode } from '../../../contract/graph-file.ts';

/** A point or a size in canvas pixels at zoom 1. */
export type Point = readonly [number, number];

/** Coordinates beyond this come from hostile or broken files; they are taken as this. */
const FARTHEST = 1e7;

/** Two finite numbers of a layout field, whatever a file says there. */
export function readPoint(value: unknown): Point | undefined {
  if (!Array.isArray(value) || value.length !== 2) return undefined;
  const [x, y] = value as unknown[];
  return typeof x === 'number' && typeof y === 'number' && Number.isFinite(x) && Number.isFinite(y) ? [clamp(x), clamp(y)] : undefined;
}

function clamp(value: number): number {
  return Math.min(FARTHEST, Math.max(-FARTHEST, value));
}

/** Top left corner of a node; the origin when the file doesn't say. */
export function readPosition(node: GraphNode): Point {
  return readPoint(node.ui?.['position']) ?? [0, 0];
}

/** Size that the user gave a node; undefined when it is to fit what is in it. */
export function readSize(node: GraphNode): Point | undefined {
  const size = readPoint(node.ui?.['size']);
  return size !== undefined && size[0] > 0 && size[1] > 0 ? size : undefined;
}

/** Whether only the title bar is shown. */
export function isCollapsed(node: GraphNode): boolean {
  return node.ui?.['collapsed'] === true;
}

const COLOR = /^#[0-9a-f]{6}$/;

/** A colour `#rrggbb` of a layout field; anything else is none. */
export function readColor(ui: Readonly<Record<string, unknown>> | undefined): string | undefined {
  const color = ui?.['color'];
  return typeof color === 'string' && COLOR.test(color) ? color : undefined;
}
