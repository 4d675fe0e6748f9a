import type { CanvasTheme } from './theme.ts';
import { linkReach, type Box } from './geometry.ts';
import type { ViewLink } from './view-objects.ts';

const FAR = 0.3;
/** The most links that are drawn as curves. */
const MOST_CURVES = 4000;

/** What drawing links needs. */
export interface LinkBrush {
  readonly context: CanvasRenderingContext2D;
  readonly theme: CanvasTheme;
  readonly scale: number;
  readonly visible: Box;
  portColor(type: string): string;
}

/** Draws all links that can be seen: those of one colour in one path, links of selected nodes thicker and on top. */
export function drawLinks(links: Iterable<ViewLink>, brush: LinkBrush): void {
  const plain = new Map<string, ViewLink[]>();
  const strong: ViewLink[] = [];
  let count = 0;
  for (const link of links) {
    if (!isVisible(link, brush.visible)) continue;
    count += 1;
    if (link.selected || link.from.selected || link.to.selected) strong.push(link);
    else {
      const color = brush.portColor(link.type);
      const list = plain.get(color);
      if (list) list.push(link);
      else plain.set(color, [link]);
    }
  }
  const { context: c } = brush;
  c.lineWidth = brush.scale < FAR ? 1 / brush.scale : 2;
  c.globalAlpha = 0.62;
  const curved = brush.scale >= FAR && count <= MOST_CURVES;
  for (const [color, list] of plain) strokeAll(list, color, brush, curved);
  c.globalAlpha = 1;
  for (const link of strong) {
    c.lineWidth = link.selected ? 4 : 2.75;
    strokeAll([link], link.selected ? brush.theme.accent : brush.portColor(link.type), brush, curved);
  }
}

function strokeAll(links: readonly ViewLink[], color: string, { context: c, scale }: LinkBrush, curved: boolean): void {
  c.strokeStyle = color;
  c.beginPath();
  for (const link of links) tracePath(c, link.path, curved);
  c.stroke();
  if (scale >= FAR) drawPoints(links, color, c);
}

function tracePath(c: CanvasRenderingContext2D, path: readonly (readonly [number, number])[], curved: boolean): void {
  let from: readonly [number, number] | undefined;
  for (const to of path) {
    if (!from) c.moveTo(to[0], to[1]);
    // From far away, or in a crowd, a curve can't be told from its chord, and costs many times as much.
    else if (!curved) c.lineTo(to[0], to[1]);
    else {
      const reach = linkReach(from[0], from[1], to[0], to[1]);
      c.bezierCurveTo(from[0] + reach, from[1], to[0] - reach, to[1], to[0], to[1]);
    }
    from = to;
  }
}

function drawPoints(links: readonly ViewLink[], color: string, c: CanvasRenderingContext2D): void {
  c.fillStyle = color;
  for (const { points } of links) {
    for (const [x, y] of points) {
      c.beginPath();
      c.arc(x, y, 5, 0, Math.PI * 2);
      c.fill();
    }
  }
}

/** Draws the link that is being dragged. */
export function drawLooseLink(context: CanvasRenderingContext2D, from: readonly [number, number], to: readonly [number, number], color: string): void {
  const reach = linkReach(from[0], from[1], to[0], to[1]);
  context.lineWidth = 2.5;
  context.strokeStyle = color;
  context.beginPath();
  context.moveTo(from[0], from[1]);
  context.bezierCurveTo(from[0] + reach, from[1], to[0] - reach, to[1], to[0], to[1]);
  context.stroke();
  context.fillStyle = color;
  for (const [x, y] of [from, to]) {
    context.beginPath();
    context.arc(x, y, 4.5, 0, Math.PI * 2);
    context.fill();
  }
}

function isVisible({ from, to, points }: ViewLink, { x, y, width, height }: Box): boolean {
  // A link with way points may go anywhere; they are few.
  if (points.length > 0) return true;
  const left = Math.min(from.left + from.layout.width, to.left) - 60;
  const right = Math.max(from.left + from.layout.width, to.left) + 60;
  const top = Math.min(from.top, to.top);
  const bottom = Math.max(from.top + from.layout.height, to.top + to.layout.height);
  return left <= x + width && right >= x && top <= y + height && bottom >= y;
}
