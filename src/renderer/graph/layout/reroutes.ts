import { linksOf, type GraphNode } from '../../../contract/graph-file.ts';
import { withNodeUi } from '../state.ts';
import type { PortEnd } from '../view.ts';
import { readPoint, type Point } from './node-ui.ts';

/** Way points of links are kept in the layout of the node that they lead to: `ui.reroutes[input]["source.port"]`, so that runs never see them. */
type Saved = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

function savedReroutes(node: GraphNode): Saved {
  const saved = node.ui?.['reroutes'];
  return typeof saved === 'object' && saved !== null && !Array.isArray(saved) ? saved as Saved : {};
}

function keyOf(from: PortEnd): string {
  return `${from.node}.${from.port}`;
}

/** The way points of a link, from its output on. */
export function readReroutes(node: GraphNode, input: string, from: PortEnd): readonly Point[] {
  const saved = savedReroutes(node);
  const ofInput = Object.hasOwn(saved, input) ? saved[input] : undefined;
  const points = typeof ofInput === 'object' && ofInput !== null && Object.hasOwn(ofInput, keyOf(from)) ? ofInput[keyOf(from)] : undefined;
  return Array.isArray(points) ? (points as unknown[]).flatMap((point) => { const read = readPoint(point); return read === undefined ? [] : [read]; }) : [];
}

/** The node with other way points on the link into an input; none take the field away. */
export function withReroutes(node: GraphNode, input: string, from: PortEnd, points: readonly Point[]): GraphNode {
  const saved = savedReroutes(node);
  const ofInput = Object.entries(Object.hasOwn(saved, input) ? saved[input] ?? {} : {}).filter(([key]) => key !== keyOf(from));
  if (points.length > 0) ofInput.push([keyOf(from), points.map((point) => [...point])]);
  const inputs = Object.entries(saved).filter(([name]) => name !== input);
  if (ofInput.length > 0) inputs.push([input, Object.fromEntries(ofInput)]);
  return withNodeUi(node, { reroutes: inputs.length === 0 ? undefined : Object.fromEntries(inputs) });
}

/** The node with way points for the links that it has alone, their sources renamed and their points moved. */
export function keepReroutes(node: GraphNode, change: { readonly rename?: (node: string) => string; readonly by?: (from: string) => Point | undefined } = {}): GraphNode {
  if (node.ui?.['reroutes'] === undefined) return node;
  let next = withNodeUi(node, { reroutes: undefined });
  for (const [input, saved] of Object.entries(savedReroutes(node))) {
    const linked = new Set(linksOf(Object.hasOwn(node.inputs, input) ? node.inputs[input] : undefined).map(keyOf));
    for (const key of typeof saved === 'object' && saved !== null ? Object.keys(saved) : []) {
      const dot = key.indexOf('.');
      const from = { node: key.slice(0, dot), port: key.slice(dot + 1) };
      const target = { ...from, node: change.rename?.(from.node) ?? from.node };
      const by = change.by?.(from.node) ?? [0, 0];
      if (linked.has(keyOf(target))) next = withReroutes(next, input, target, readReroutes(node, input, from).map(([x, y]) => [x + by[0], y + by[1]]));
    }
  }
  return next;
}
