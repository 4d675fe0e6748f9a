import { readColor, readPoint, readPosition, type Point } from './node-ui.ts';
import type { GraphNodes, Ui } from '../state.ts';

/** A frame around nodes. What lies in it, by its middle, belongs to it. */
export interface Group {
  readonly title: string;
  readonly position: Point;
  readonly size: Point;
  /** `#rrggbb` */
  readonly color?: string;
}

/** A rectangle in canvas pixels at zoom 1. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The groups of a scope by id. Entries that aren't groups are passed over: a file may say anything there. */
export function readGroups(ui: Ui): ReadonlyMap<string, Group> {
  const groups = new Map<string, Group>();
  for (const [id, saved] of Object.entries(savedGroups(ui))) {
    if (typeof saved !== 'object' || saved === null) continue;
    const { title, position, size } = saved as Record<string, unknown>;
    const [at, extent, color] = [readPoint(position), readPoint(size), readColor(saved as Record<string, unknown>)];
    if (at === undefined || extent === undefined || extent[0] <= 0 || extent[1] <= 0) continue;
    groups.set(id, { title: typeof title === 'string' ? title : '', position: at, size: extent, ...(color === undefined ? {} : { color }) });
  }
  return groups;
}

/** The field of a layout that holds groups, as it stands in the file. */
export function savedGroups(ui: Ui): Readonly<Record<string, unknown>> {
  const saved = ui['groups'];
  return typeof saved === 'object' && saved !== null && !Array.isArray(saved) ? saved as Record<string, unknown> : {};
}

/** The layout with one group changed, field by field, or taken away with undefined. Fields that aren't ours are kept. */
export function withGroup(ui: Ui, id: string, change: Partial<Group> | undefined): Ui {
  const { groups: _groups, ...rest } = ui;
  const saved = savedGroups(ui);
  const old = Object.hasOwn(saved, id) ? saved[id] as Record<string, unknown> : {};
  const entries = change === undefined ? Object.entries(saved).filter(([other]) => other !== id) : Object.entries({ ...saved, [id]: cleaned({ ...old, ...change }) });
  return entries.length === 0 ? rest : { ...ui, groups: Object.fromEntries(entries) };
}

function cleaned(group: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(group).filter(([, value]) => value !== undefined));
}

/** A group as a rectangle. */
export function groupBox(group: Group): Box {
  return { x: group.position[0], y: group.position[1], width: group.size[0], height: group.size[1] };
}

/**
 * The nodes and groups that lie in a group: by their middle.
 * @param boxOf Where a node is drawn; by its corner alone when left out.
 */
export function insideGroup(ui: Ui, nodes: GraphNodes, id: string, boxOf?: (id: string) => Box | undefined): { readonly nodes: readonly string[]; readonly groups: readonly string[] } {
  const groups = readGroups(ui);
  const frame = groups.get(id);
  if (frame === undefined) return { nodes: [], groups: [] };
  const own = groupBox(frame);
  const cornerOf = (node: string): Box => ({ x: readPosition(nodes[node] as GraphNodes[string])[0], y: readPosition(nodes[node] as GraphNodes[string])[1], width: 0, height: 0 });
  return {
    nodes: Object.keys(nodes).filter((node) => holdsMiddle(own, boxOf?.(node) ?? cornerOf(node))),
    groups: [...groups].filter(([other, group]) => other !== id && holdsMiddle(own, groupBox(group)) && area(groupBox(group)) < area(own)).map(([other]) => other),
  };
}

function holdsMiddle(frame: Box, box: Box): boolean {
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  return x >= frame.x && x <= frame.x + frame.width && y >= frame.y && y <= frame.y + frame.height;
}

function area(box: Box): number {
  return box.width * box.height;
}
