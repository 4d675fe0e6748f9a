import { distanceToLink, ROW_HEIGHT, TITLE_HEIGHT, type Box } from './geometry.ts';
import type { PortPlace, Scene } from './scene.ts';
import { ViewNode, type ViewGroup, type ViewLink } from './view-objects.ts';

/** What lies under a point of the canvas. */
export type Hit =
  | { readonly kind: 'port'; readonly place: PortPlace }
  | { readonly kind: 'node'; readonly node: ViewNode; readonly part: 'chip' | 'title' | 'body' | 'corner' | 'picture' }
  | { readonly kind: 'param'; readonly node: ViewNode; readonly param: string }
  | { readonly kind: 'link'; readonly link: ViewLink }
  | { readonly kind: 'point'; readonly link: ViewLink; readonly index: number }
  | { readonly kind: 'group'; readonly group: ViewGroup; readonly part: 'title' | 'corner' }
  | { readonly kind: 'none' };

const CORNER = 12;
const GROUP_TITLE = 30;

/** Finds what lies under a point, in graph units; `scale` makes small things as easy to hit when zoomed out. */
export function hitTest(scene: Scene, x: number, y: number, scale: number): Hit {
  const reach = Math.min(16, Math.max(9, 9 / scale));
  const near = scene.graph.getNodeOnPos(x, y, undefined, reach);
  const port = near instanceof ViewNode ? portNear(near, x, y, reach) : undefined;
  if (port) return { kind: 'port', place: port };
  const node = scene.graph.getNodeOnPos(x, y);
  if (node instanceof ViewNode) return hitNode(node, x, y);
  const point = pointNear(scene, x, y, reach);
  if (point) return point;
  const link = linkNear(scene, x, y, 7 / scale);
  if (link) return { kind: 'link', link };
  return hitGroup(scene, x, y);
}

function hitNode(node: ViewNode, x: number, y: number): Hit {
  const { layout } = node;
  const [dx, dy] = [x - node.left, y - node.top];
  if (!node.shown.collapsed && dx > layout.width - CORNER && dy > layout.height - CORNER) return { kind: 'node', node, part: 'corner' };
  if (dy < TITLE_HEIGHT) return { kind: 'node', node, part: dx < 26 ? 'chip' : 'title' };
  if (layout.picture && inside(layout.picture, dx, dy)) return { kind: 'node', node, part: 'picture' };
  const row = layout.params.find((item) => dy >= item.y && dy < item.y + item.height);
  if (row) return { kind: 'param', node, param: row.param.name };
  return { kind: 'node', node, part: 'body' };
}

function portNear(node: ViewNode, x: number, y: number, reach: number): PortPlace | undefined {
  for (const side of ['output', 'input'] as const) {
    const rows = side === 'input' ? node.layout.inputs : node.layout.outputs;
    const portX = side === 'input' ? node.left : node.left + node.layout.width;
    for (const { port, y: portY } of rows) {
      // A row is as tall as its text, so that the label's start counts as the port too.
      if (Math.abs(x - portX) <= reach && Math.abs(y - node.top - portY) <= Math.max(ROW_HEIGHT / 2, reach * 0.6)) return { node, side, port: port.name };
    }
  }
  return undefined;
}

function linkNear(scene: Scene, x: number, y: number, reach: number): ViewLink | undefined {
  let best: ViewLink | undefined;
  let nearest = reach;
  for (const link of scene.links.values()) {
    const distance = distanceToPath(x, y, link.path, nearest);
    if (distance >= nearest) continue;
    nearest = distance;
    best = link;
  }
  return best;
}

function distanceToPath(x: number, y: number, path: ViewLink['path'], reach: number): number {
  let nearest = Infinity;
  path.forEach((to, index) => {
    const from = path[index - 1];
    // The curve may leave the box around its ends sideways by its reach, never upwards or downwards.
    if (!from || y < Math.min(from[1], to[1]) - reach || y > Math.max(from[1], to[1]) + reach) return;
    nearest = Math.min(nearest, distanceToLink(x, y, from, to));
  });
  return nearest;
}

function pointNear(scene: Scene, x: number, y: number, reach: number): Hit | undefined {
  for (const link of scene.links.values()) {
    const index = link.points.findIndex((point) => Math.hypot(point[0] - x, point[1] - y) <= reach);
    if (index >= 0) return { kind: 'point', link, index };
  }
  return undefined;
}

function hitGroup(scene: Scene, x: number, y: number): Hit {
  for (const group of [...scene.groups.values()].reverse()) {
    const { box } = group;
    if (!inside(box, x, y)) continue;
    if (x > box.x + box.width - CORNER && y > box.y + box.height - CORNER) return { kind: 'group', group, part: 'corner' };
    if (y < box.y + GROUP_TITLE) return { kind: 'group', group, part: 'title' };
  }
  return { kind: 'none' };
}

function inside({ x, y, width, height }: Box, px: number, py: number): boolean {
  return px >= x && px <= x + width && py >= y && py <= y + height;
}
