import type { Box } from '../graph/index.ts';
import type { ShownNode, ShownParam, ShownPort } from './shown-node.ts';

export { boundsOf, overlaps, type Box } from '../graph/index.ts';

/** Sizes in graph units: CSS pixels at scale 1. */
export const TITLE_HEIGHT = 28;
export const ROW_HEIGHT = 20;
export const LINE_HEIGHT = 16;
export const PADDING = 10;
export const DEFAULT_WIDTH = 232;
export const MIN_WIDTH = 140;
export const PICTURE_HEIGHT = 132;
const COLLAPSED_WIDTH = 168;
const MOST_PARAMS = 7;
const BLOCK_LINES = 3;
const GAP = 6;

/** A port's row; `y` is its centre, from the node's top. */
export interface PortRow { readonly port: ShownPort; readonly y: number }

/** A param's row; `y` is its top, from the node's top. */
export interface ParamRow { readonly param: ShownParam; readonly y: number; readonly height: number; readonly lines: number }

/** Where everything of a node stands, relative to its top left corner. */
export interface NodeLayout {
  readonly width: number;
  readonly height: number;
  /** Smallest height that shows everything. */
  readonly content: number;
  readonly inputs: readonly PortRow[];
  readonly outputs: readonly PortRow[];
  readonly params: readonly ParamRow[];
  /** How many params have no row. */
  readonly more: number;
  readonly picture: Box | undefined;
}

/** Lays a node out; `picture` says whether there is one to show. */
export function layoutNode(node: ShownNode, picture: boolean): NodeLayout {
  if (node.collapsed) return layoutCollapsed(node);
  const width = Math.max(MIN_WIDTH, node.size?.[0] ?? DEFAULT_WIDTH);
  let y = TITLE_HEIGHT + GAP;
  const row = (port: ShownPort, index: number): PortRow => ({ port, y: y + (index + 0.5) * ROW_HEIGHT });
  const inputs = node.inputs.map(row);
  const outputs = node.outputs.map(row);
  const rows = Math.max(inputs.length, outputs.length);
  if (rows > 0) y += rows * ROW_HEIGHT + GAP;
  const wanted = node.size?.[1] ?? 0;
  const shown = node.inert ? node.params : node.params.slice(0, MOST_PARAMS);
  const params: ParamRow[] = [];
  for (const param of shown) {
    const lines = param.block ? blockLines(param, node, wanted - y) : 0;
    const height = ROW_HEIGHT + (param.block ? lines * LINE_HEIGHT + GAP : 0) - (param.block && node.inert ? ROW_HEIGHT : 0);
    params.push({ param, y, height, lines });
    y += height;
  }
  const more = node.params.length - shown.length;
  if (more > 0) y += ROW_HEIGHT;
  if (shown.length > 0) y += GAP;
  const place: Box | undefined = picture ? { x: PADDING, y, width: width - 2 * PADDING, height: Math.max(PICTURE_HEIGHT, wanted - y - PADDING) } : undefined;
  if (place) y += place.height + PADDING;
  return { width, height: Math.max(y, wanted), content: y, inputs, outputs, params, more, picture: place };
}

function layoutCollapsed(node: ShownNode): NodeLayout {
  const middle = TITLE_HEIGHT / 2;
  const row = (port: ShownPort): PortRow => ({ port, y: middle });
  return {
    width: COLLAPSED_WIDTH, height: TITLE_HEIGHT, content: TITLE_HEIGHT, inputs: node.inputs.map(row), outputs: node.outputs.map(row), params: [], more: 0, picture: undefined,
  };
}

function blockLines(param: ShownParam, node: ShownNode, room: number): number {
  if (node.inert) return Math.max(2, Math.floor((room - GAP) / LINE_HEIGHT), Math.min(8, estimateLines(param.text, (node.size?.[0] ?? DEFAULT_WIDTH) - 2 * PADDING)));
  return Math.max(1, Math.min(BLOCK_LINES, estimateLines(param.text, DEFAULT_WIDTH - 4 * PADDING)));
}

/** Lines that text takes at about 6.2 units a character: layout must not depend on fonts, else files would open differently on other machines. */
function estimateLines(text: string, width: number): number {
  const perLine = Math.max(8, Math.floor(width / 6.2));
  let lines = 0;
  for (const line of text.slice(0, 4000).split('\n')) {
    lines += Math.max(1, Math.ceil(line.length / perLine));
    if (lines > 40) break;
  }
  return lines;
}

/** The box with two opposite corners. */
export function boxOf(a: readonly [number, number], b: readonly [number, number]): Box {
  return { x: Math.min(a[0], b[0]), y: Math.min(a[1], b[1]), width: Math.abs(a[0] - b[0]), height: Math.abs(a[1] - b[1]) };
}

/** Control points of a link's curve, in x: how far it leaves its ports sideways. */
export function linkReach(fromX: number, fromY: number, toX: number, toY: number): number {
  const distance = Math.hypot(toX - fromX, toY - fromY);
  return Math.min(160, Math.max(24, distance * 0.4));
}

/** Distance of a point from a link's curve (cubic, level at both ends), by 24 samples. */
export function distanceToLink(x: number, y: number, from: readonly [number, number], to: readonly [number, number]): number {
  const reach = linkReach(from[0], from[1], to[0], to[1]);
  let nearest = Infinity;
  let [previousX, previousY] = from;
  for (let step = 1; step <= 24; step++) {
    const t = step / 24;
    const u = 1 - t;
    const curveX = u * u * u * from[0] + 3 * u * u * t * (from[0] + reach) + 3 * u * t * t * (to[0] - reach) + t * t * t * to[0];
    const curveY = u * u * (u + 3 * t) * from[1] + t * t * (3 * u + t) * to[1];
    nearest = Math.min(nearest, distanceToSegment(x, y, previousX, previousY, curveX, curveY));
    previousX = curveX;
    previousY = curveY;
  }
  return nearest;
}

function distanceToSegment(x: number, y: number, ax: number, ay: number, bx: number, by: number): number {
  const dx = bx - ax;
  const dy = by - ay;
  const length = dx * dx + dy * dy;
  const t = length === 0 ? 0 : Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / length));
  return Math.hypot(x - ax - t * dx, y - ay - t * dy);
}
