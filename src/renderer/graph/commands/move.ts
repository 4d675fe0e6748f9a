import { readPosition, type Point } from '../layout/node-ui.ts';
import { keepReroutes } from '../layout/reroutes.ts';
import { changeScope, mapNodes, openScope, withNodeUi, type GraphNodes } from '../state.ts';
import { counted, defineCommand, requireFinite } from './command.ts';

/** Moves nodes by an offset. Ids that aren't there are passed over. */
export interface MoveNodes {
  readonly type: 'move-nodes';
  readonly nodes: readonly string[];
  readonly by: readonly [number, number];
}

export const moveNodes = defineCommand<MoveNodes>({
  type: 'move-nodes',
  name: (command) => `Move ${counted(command.nodes.length, 'node')}`,
  apply(command, state) {
    const [dx, dy] = command.by;
    requireFinite(command.by, 'Move', 'the offset');
    const moving = new Set(command.nodes);
    if (dx === 0 && dy === 0) return { state };
    return { state: changeScope(state, { nodes: moved(openScope(state).nodes, moving, command.by) }) };
  },
});

/** The nodes with some of them at another place; way points between two of these go along. */
export function moved(nodes: GraphNodes, moving: ReadonlySet<string>, by: Point): GraphNodes {
  return mapNodes(nodes, (node, id) => {
    if (!moving.has(id)) return node;
    const [x, y] = readPosition(node);
    return withNodeUi(keepReroutes(node, { by: (from) => (moving.has(from) ? by : undefined) }), { position: [x + by[0], y + by[1]] });
  });
}

/** Puts nodes at places: what a drag ends with, an alignment or a layout comes to. */
export interface PlaceNodes {
  readonly type: 'place-nodes';
  readonly positions: Readonly<Record<string, readonly [number, number]>>;
  /** For the menus; "Move" when left out. */
  readonly name?: string;
}

export const placeNodes = defineCommand<PlaceNodes>({
  type: 'place-nodes',
  name: (command) => `${command.name ?? 'Move'} ${counted(Object.keys(command.positions).length, 'node')}`,
  apply(command, state) {
    const { positions } = command;
    for (const [id, position] of Object.entries(positions)) requireFinite(position, `Node "${id}"`, 'the position');
    const nodes = mapNodes(openScope(state).nodes, (node, id) => {
      const to = Object.hasOwn(positions, id) ? positions[id] : undefined;
      const [x, y] = readPosition(node);
      return to === undefined || (x === to[0] && y === to[1]) ? node : withNodeUi(node, { position: [...to] });
    });
    return { state: changeScope(state, { nodes }) };
  },
});
