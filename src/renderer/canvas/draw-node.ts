import type { CanvasTheme } from './theme.ts';
import { LINE_HEIGHT, PADDING, ROW_HEIGHT, TITLE_HEIGHT, type Box, type ParamRow, type PortRow } from './geometry.ts';
import type { TextCache } from './text-cache.ts';
import type { ViewNode } from './view-objects.ts';

/** What drawing needs besides the node. */
export interface Brush {
  readonly context: CanvasRenderingContext2D;
  readonly theme: CanvasTheme;
  readonly text: TextCache;
  /** Pixels per graph unit on the screen, device pixel ratio left out. */
  readonly scale: number;
  portColor(type: string): string;
  categoryColor(category: string): string;
  /** While a link is dragged: whether it fits the port; undefined when nothing is dragged or the port is on the other side. */
  fits(node: ViewNode, side: 'input' | 'output', port: string): boolean | undefined;
  isLinked(node: ViewNode, side: 'input' | 'output', port: string): boolean;
}

const RADIUS = 6;
/** Below this zoom nodes are too small for any word. */
const LABEL_FROM = 0.16;
const LABEL_PIXELS = 10.5;
const PICTURE_FROM = 0.1;
const STATE_NOTES = { idle: '', queued: 'queued', running: '', done: '', cached: 'cached', failed: 'failed', skipped: 'skipped', cancelled: 'cancelled' } as const;

/** Draws a node with all its rows; the context stands at the node's top left corner. */
export function drawNodeFull(node: ViewNode, brush: Brush): void {
  const { context: c } = brush;
  const { layout, shown } = node;
  c.globalAlpha = alphaOf(node);
  drawFrame(node, brush);
  drawTitle(node, brush);
  if (!shown.collapsed) {
    c.font = brush.theme.font;
    for (const row of layout.inputs) drawPortLabel(row, 'input', node, brush);
    for (const row of layout.outputs) drawPortLabel(row, 'output', node, brush);
    for (const row of layout.params) drawParam(row, node, brush);
    if (layout.more > 0) drawMore(node, brush);
    if (layout.picture) drawPicture(node, layout.picture, brush);
  }
  drawPorts(node, brush);
  drawNote(node, brush);
  c.globalAlpha = 1;
}

/** Draws a node at half zoom: no rows, but title, ports and picture. */
export function drawNodeMedium(node: ViewNode, brush: Brush): void {
  const { context: c } = brush;
  c.globalAlpha = alphaOf(node);
  drawFrame(node, brush);
  if (node.layout.picture) drawPicture(node, node.layout.picture, brush);
  drawLabel(node, brush);
  drawProgress(node, brush);
  drawPorts(node, brush);
  c.globalAlpha = 1;
}

/**
 * Draws nodes a little away, the context at the graph's origin: as at half zoom, but all of it rectangles. A corner or a port of two pixels can't be told
 * from a square, and curves cost many times as much; one node after the other, so that what lies above hides what lies below.
 */
export function drawNodesNear(nodes: readonly ViewNode[], brush: Brush): void {
  const { context: c, theme } = brush;
  for (const node of nodes) {
    const { left, top, layout, shown } = node;
    const { width, height } = layout;
    const outline = outlineOf(node, theme);
    const rim = outline === undefined ? 1 : 3.5;
    c.globalAlpha = alphaOf(node);
    c.translate(left, top);
    c.fillStyle = outline ?? theme.line;
    c.fillRect(-rim, -rim, width + 2 * rim, height + 2 * rim);
    c.fillStyle = shown.inert ? theme.title : theme.node;
    c.fillRect(0, 0, width, height);
    c.fillStyle = theme.title;
    if (!shown.collapsed) c.fillRect(0, 0, width, TITLE_HEIGHT);
    if (layout.picture) drawPicture(node, layout.picture, brush);
    drawLabel(node, brush);
    drawProgress(node, brush);
    for (const { port, y } of layout.inputs) drawSquarePort(brush.fits(node, 'input', port.name), port.type, 0, y, brush);
    for (const { port, y } of layout.outputs) drawSquarePort(brush.fits(node, 'output', port.name), port.type, width, y, brush);
    c.translate(-left, -top);
  }
  c.globalAlpha = 1;
}

function drawSquarePort(fits: boolean | undefined, type: string, x: number, y: number, brush: Brush): void {
  const { context: c, theme } = brush;
  const radius = fits === true ? 6 : 4.5;
  c.fillStyle = fits === false ? theme.line : brush.portColor(type);
  c.fillRect(x - radius, y - radius, 2 * radius, 2 * radius);
}

/** The most nodes that are named when they are drawn far away: more can't be read, whatever the zoom. */
const MOST_NAMED = 5000;

/** Draws nodes far away, the context at the graph's origin: blocks with a strip of their category's colour, one colour after the other. */
export function drawNodesFar(nodes: readonly ViewNode[], brush: Brush): void {
  const { context: c, theme, scale } = brush;
  const rim = 2.5 / scale;
  const strips = new Map<string, ViewNode[]>();
  for (const node of nodes) {
    const outline = outlineOf(node, theme);
    if (outline !== undefined) {
      c.fillStyle = outline;
      c.fillRect(node.left - rim, node.top - rim, node.layout.width + 2 * rim, node.layout.height + 2 * rim);
    }
    const color = brush.categoryColor(node.shown.category);
    const strip = strips.get(color);
    if (strip) strip.push(node);
    else strips.set(color, [node]);
  }
  c.fillStyle = theme.node;
  for (const node of nodes) c.fillRect(node.left, node.top, node.layout.width, node.layout.height);
  for (const [color, strip] of strips) {
    c.fillStyle = color;
    for (const node of strip) c.fillRect(node.left, node.top, node.layout.width, TITLE_HEIGHT * 0.8);
  }
  if (scale < PICTURE_FROM || nodes.length > MOST_NAMED) return;
  for (const node of nodes) {
    if (!node.layout.picture && scale < LABEL_FROM) continue;
    c.translate(node.left, node.top);
    if (node.layout.picture) drawPicture(node, node.layout.picture, brush);
    if (scale >= LABEL_FROM) drawLabel(node, brush);
    c.translate(-node.left, -node.top);
  }
}

/** The title at a size that can be read at any zoom, over two lines if it must. */
function drawLabel(node: ViewNode, { context: c, theme, text, scale }: Brush): void {
  // In steps, so that zooming doesn't measure every title anew at every zoom.
  const size = Math.min(48, Math.ceil(LABEL_PIXELS / scale / 6) * 6);
  const font = labelFont(size, theme);
  c.fillStyle = theme.text;
  c.font = font;
  c.textAlign = 'left';
  c.textBaseline = 'middle';
  const top = node.shown.collapsed ? 0 : TITLE_HEIGHT;
  const room = Math.max(1, Math.min(2, Math.floor((node.layout.height - top) / size)));
  let y = top + PADDING / 2 + 0.5 * size * 1.15;
  for (const line of text.wrap(node.shown.title, font, node.layout.width - 2 * PADDING, room)) {
    c.fillText(line, PADDING, y);
    y += size * 1.15;
  }
}

const LABEL_FONTS = new Map<string, string>();

/** Made once for each size: the same text, not merely an equal one, is what the canvas sees at a glance to be the font it has. */
function labelFont(size: number, theme: CanvasTheme): string {
  const key = `${size} ${theme.font}`;
  const known = LABEL_FONTS.get(key) ?? `600 ${size}px ${theme.font.slice(theme.font.indexOf(' ') + 1)}`;
  LABEL_FONTS.set(key, known);
  return known;
}

function alphaOf(node: ViewNode): number {
  if (node.dimmed) return 0.35;
  return node.shown.mode === 'active' ? 1 : 0.5;
}

function outlineOf(node: ViewNode, theme: CanvasTheme): string | undefined {
  if (node.selected) return theme.accent;
  if (node.status.fault === 'error') return theme.error;
  if (node.status.state === 'running') return theme.accent;
  if (node.status.fault === 'warning') return theme.warning;
  return undefined;
}

function drawFrame(node: ViewNode, { context: c, theme }: Brush): void {
  const { width, height } = node.layout;
  const outline = outlineOf(node, theme);
  c.beginPath();
  c.roundRect(0, 0, width, height, RADIUS);
  c.fillStyle = node.shown.inert ? theme.title : theme.node;
  c.fill();
  c.lineWidth = node.selected ? 2 : outline === undefined ? 1 : 1.5;
  c.strokeStyle = outline ?? theme.line;
  if (!node.shown.known) c.setLineDash([5, 4]);
  c.stroke();
  if (!node.shown.known) c.setLineDash([]);
  if (node.shown.collapsed) return;
  c.fillStyle = theme.title;
  c.beginPath();
  c.roundRect(1, 1, width - 2, TITLE_HEIGHT - 1, [RADIUS - 1, RADIUS - 1, 0, 0]);
  c.fill();
}

function drawTitle(node: ViewNode, brush: Brush): void {
  const { context: c, theme } = brush;
  const { width } = node.layout;
  const middle = TITLE_HEIGHT / 2;
  c.fillStyle = node.shown.color ?? brush.categoryColor(node.shown.category);
  c.beginPath();
  if (node.shown.collapsed) {
    c.moveTo(PADDING, middle - 5);
    c.lineTo(PADDING + 8, middle);
    c.lineTo(PADDING, middle + 5);
  } else c.roundRect(PADDING, middle - 4, 8, 8, 2);
  c.fill();
  c.textBaseline = 'middle';
  c.textAlign = 'right';
  c.font = theme.smallFont;
  const badge = badgeOf(node);
  const badgeText = brush.text.fit(badge, theme.smallFont, width * 0.5);
  const badgeWidth = badge === '' ? 0 : c.measureText(badgeText).width + PADDING;
  if (badge !== '') {
    c.fillStyle = node.status.state === 'failed' ? theme.error : node.status.state === 'running' ? theme.text2 : theme.text3;
    c.fillText(badgeText, width - PADDING, middle + 0.5);
  }
  c.textAlign = 'left';
  c.font = theme.titleFont;
  c.fillStyle = theme.text;
  c.fillText(brush.text.fit(node.shown.title, theme.titleFont, width - 3.2 * PADDING - badgeWidth), PADDING + 15, middle + 0.5);
  drawProgress(node, brush);
}

function badgeOf({ status, shown }: ViewNode): string {
  if (shown.mode === 'mute') return 'muted';
  if (shown.mode === 'bypass') return 'bypassed';
  if (!shown.known) return 'unknown type';
  return status.state === 'running' || status.state === 'done' ? status.note : STATE_NOTES[status.state];
}

function drawProgress(node: ViewNode, { context: c, theme }: Brush): void {
  if (node.status.state !== 'running') return;
  const y = TITLE_HEIGHT - 2.5;
  c.fillStyle = theme.line;
  c.fillRect(1, y, node.layout.width - 2, 2.5);
  c.fillStyle = theme.accent;
  // Without figures a quarter stands for "working".
  c.fillRect(1, y, (node.layout.width - 2) * (node.status.progress ?? 0.25), 2.5);
}

function drawPortLabel({ port, y }: PortRow, side: 'input' | 'output', node: ViewNode, brush: Brush): void {
  const { context: c, theme } = brush;
  const { width } = node.layout;
  c.fillStyle = port.optional && !brush.isLinked(node, side, port.name) ? theme.text3 : theme.text2;
  c.textAlign = side === 'input' ? 'left' : 'right';
  const room = node.layout.inputs.length > 0 && node.layout.outputs.length > 0 ? width / 2 - 2 * PADDING : width - 3 * PADDING;
  c.fillText(brush.text.fit(port.label, theme.font, room), side === 'input' ? PADDING + 2 : width - PADDING - 2, y + 0.5);
}

function drawPorts(node: ViewNode, brush: Brush): void {
  for (const row of node.layout.inputs) drawPort(row, 0, 'input', node, brush);
  for (const row of node.layout.outputs) drawPort(row, node.layout.width, 'output', node, brush);
}

function drawPort({ port, y }: PortRow, x: number, side: 'input' | 'output', node: ViewNode, brush: Brush): void {
  const { context: c, theme } = brush;
  const fits = brush.fits(node, side, port.name);
  const color = fits === false ? theme.text3 : brush.portColor(port.type);
  const radius = fits === true ? 6 : 4.5;
  const before = c.globalAlpha;
  if (fits === false) c.globalAlpha = before * 0.4;
  c.beginPath();
  // Squares take many links, round ports one.
  if (port.many) c.roundRect(x - radius, y - radius, 2 * radius, 2 * radius, 1.5);
  else c.arc(x, y, radius, 0, Math.PI * 2);
  c.fillStyle = side === 'output' || brush.isLinked(node, side, port.name) ? color : theme.node;
  c.fill();
  c.lineWidth = 1.5;
  c.strokeStyle = color;
  c.stroke();
  c.globalAlpha = before;
}

function drawParam({ param, y, height, lines }: ParamRow, node: ViewNode, brush: Brush): void {
  const { context: c, theme } = brush;
  const { width } = node.layout;
  const ink = param.wrong ? theme.error : theme.text;
  c.textAlign = 'left';
  if (param.block) {
    const top = node.shown.inert ? y : y + ROW_HEIGHT;
    if (!node.shown.inert) {
      c.fillStyle = theme.text3;
      c.fillText(param.label, PADDING, y + ROW_HEIGHT / 2 + 0.5);
      c.fillStyle = theme.well;
      c.beginPath();
      c.roundRect(PADDING - 2, top, width - 2 * PADDING + 4, height - ROW_HEIGHT - 4, 4);
      c.fill();
    }
    c.fillStyle = param.text === '' ? theme.text3 : ink;
    const shown = brush.text.wrap(param.text === '' ? 'empty' : param.text, theme.font, width - 2 * PADDING - 8, lines);
    shown.forEach((line, index) => c.fillText(line, PADDING + 4, top + (index + 0.5) * LINE_HEIGHT + 1));
    return;
  }
  const middle = y + ROW_HEIGHT / 2 + 0.5;
  c.fillStyle = theme.text3;
  c.fillText(brush.text.fit(param.label, theme.font, width * 0.5), PADDING, middle);
  c.fillStyle = ink;
  c.textAlign = 'right';
  c.fillText(brush.text.fit(param.text, theme.font, width * 0.5 - PADDING), width - PADDING, middle);
}

function drawMore(node: ViewNode, { context: c, theme }: Brush): void {
  const last = node.layout.params.at(-1);
  c.fillStyle = theme.text3;
  c.textAlign = 'left';
  c.fillText(`${node.layout.more} more`, PADDING, (last ? last.y + last.height : TITLE_HEIGHT) + ROW_HEIGHT / 2);
}

function drawPicture(node: ViewNode, box: Box, { context: c, theme }: Brush): void {
  const { picture, live } = node.status;
  if (!picture) return;
  const scale = Math.min(box.width / picture.width, box.height / picture.height);
  const width = picture.width * scale;
  const height = picture.height * scale;
  c.fillStyle = theme.well;
  c.fillRect(box.x, box.y, box.width, box.height);
  c.imageSmoothingEnabled = live || scale < 2;
  c.drawImage(picture, box.x + (box.width - width) / 2, box.y + (box.height - height) / 2, width, height);
}

function drawNote(node: ViewNode, { context: c, theme, text }: Brush): void {
  const { status, layout } = node;
  const note = status.faultText !== '' ? status.faultText : status.why;
  if (note === '' || node.shown.mode !== 'active') return;
  c.fillStyle = status.fault === 'error' ? theme.error : status.fault === 'warning' ? theme.warning : theme.text3;
  c.font = theme.smallFont;
  c.textAlign = 'left';
  text.wrap(note, theme.smallFont, layout.width, status.fault === undefined ? 1 : 3)
    .forEach((line, index) => c.fillText(line, 1, layout.height + 11 + index * 14));
}
