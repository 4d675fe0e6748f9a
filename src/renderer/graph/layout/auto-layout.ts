import * as dagre from '@dagrejs/dagre';
import { inputError, type ErrorData } from '../../../contract/errors.ts';
import { boundsOf, type Boxes } from './geometry.ts';
import type { Point } from './node-ui.ts';
import type { GraphView } from '../view.ts';

/** Largest number of nodes that are laid out at once: beyond it the answer would take longer than a person waits. */
export const MAX_LAYOUT_NODES = 1000;

/** From this many nodes on, columns are found by the quick rule: the better one takes seconds there. */
const QUICK_FROM = 200;

/** Gaps in canvas pixels. */
const COLUMN_GAP = 80;
const ROW_GAP = 40;

/** What we use of dagre, whose own declarations are written for bundlers and don't resolve in Node's way. */
interface LayoutLibrary {
  readonly Graph: new () => {
    setGraph(label: { rankdir: 'LR'; ranksep: number; nodesep: number; ranker: 'network-simplex' | 'longest-path' }): unknown;
    setNode(id: string, label: { width: number; height: number }): unknown;
    setEdge(from: string, to: string, label: object): unknown;
    /** With the middle of the node, after a layout. */
    node(id: string): { readonly x: number; readonly y: number };
  };
  readonly layout: (graph: InstanceType<LayoutLibrary['Graph']>) => unknown;
}

const { Graph, layout } = dagre as unknown as LayoutLibrary;

/**
 * New places for nodes in columns from left to right, along their links, for a `place-nodes` command. The top left corner of all stays where it is.
 * @param boxes The nodes to lay out (the selection, or all) as they are drawn.
 */
export function autoLayout(view: GraphView, boxes: Boxes): { readonly positions: Readonly<Record<string, Point>> } | { readonly error: ErrorData } {
  if (boxes.size > MAX_LAYOUT_NODES) {
    return { error: inputError('edit.layout-size', 'Automatic layout', `takes at most ${MAX_LAYOUT_NODES} nodes at once`, { got: String(boxes.size), hint: 'Select a part of the graph.' }).data };
  }
  const bounds = boundsOf(boxes.values());
  if (bounds === undefined) return { positions: {} };
  const graph = new Graph();
  graph.setGraph({ rankdir: 'LR', ranksep: COLUMN_GAP, nodesep: ROW_GAP, ranker: boxes.size < QUICK_FROM ? 'network-simplex' : 'longest-path' });
  for (const [id, box] of boxes) graph.setNode(id, { width: box.width, height: box.height });
  for (const { from, to } of view.links) if (boxes.has(from.node) && boxes.has(to.node) && from.node !== to.node) graph.setEdge(from.node, to.node, {});
  layout(graph);
  const placed = new Map([...boxes].map(([id, box]) => {
    const { x, y } = graph.node(id);
    return [id, { ...box, x: x - box.width / 2, y: y - box.height / 2 }] as const;
  }));
  const now = boundsOf(placed.values()) ?? bounds;
  return { positions: Object.fromEntries([...placed].map(([id, box]) => [id, [Math.round(bounds.x + box.x - now.x) + 0, Math.round(bounds.y + box.y - now.y) + 0]])) };
}
