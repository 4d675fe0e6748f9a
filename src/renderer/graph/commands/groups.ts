import { insideGroup, readGroups, withGroup, type Group } from '../layout/groups.ts';
import { changeScope, freshId, openScope, selectionOf, type EditorState } from '../state.ts';
import { requireColor } from './node-look.ts';
import { refusal } from '../refusal.ts';
import { counted, defineCommand, requireFinite } from './command.ts';
import { moved } from './move.ts';

const MAX_TITLE = 200;

function checkGroup(group: Partial<Group>, where: string): void {
  requireFinite([...group.position ?? [], ...group.size ?? []], where, 'position and size');
  if (group.size !== undefined && !group.size.every((extent) => extent > 0)) throw refusal('size', where, 'a size must be above 0', { got: group.size.join(' x ') });
  if ((group.title ?? '').length > MAX_TITLE) throw refusal('title', where, `a title must have at most ${MAX_TITLE} characters`, { got: String(group.title?.length) });
  requireColor(group.color);
}

function requireGroup(state: EditorState, id: string): Group {
  const group = readGroups(openScope(state).ui).get(id);
  if (group === undefined) throw refusal('missing-group', `Group "${id}"`, 'must be in the graph');
  return group;
}

/** Puts a frame on the canvas and selects it. To frame nodes, see `frameAround`. */
export interface AddGroup {
  readonly type: 'add-group';
  readonly title: string;
  readonly position: readonly [number, number];
  readonly size: readonly [number, number];
  readonly color?: string;
}

export const addGroup = defineCommand<AddGroup>({
  type: 'add-group',
  name: () => 'Add a group',
  apply(command, state) {
    const { title, position, size, color } = command;
    checkGroup(command, 'Group');
    const { ui } = openScope(state);
    const groups = readGroups(ui);
    const id = freshId('group', (name) => groups.has(name));
    const group: Group = { title, position: [...position], size: [...size], ...(color === undefined ? {} : { color }) };
    return { state: { ...changeScope(state, { ui: withGroup(ui, id, group) }), selection: selectionOf([], [id]) }, created: [id] };
  },
});

/** Changes the title, colour, place or size of a frame, without moving what is in it. An empty colour takes it away. */
export interface SetGroup {
  readonly type: 'set-group';
  readonly group: string;
  readonly change: { readonly title?: string; readonly position?: readonly [number, number]; readonly size?: readonly [number, number]; readonly color?: string };
}

export const setGroup = defineCommand<SetGroup>({
  type: 'set-group',
  name: () => 'Change a group',
  apply(command, state) {
    const { group: id, change } = command;
    const old = requireGroup(state, id);
    const color = change.color === '' ? undefined : change.color;
    const { color: _color, ...rest } = change;
    checkGroup({ ...rest, ...(color === undefined ? {} : { color }) }, `Group "${old.title}"`);
    const next = { ...old, ...rest, ...('color' in change ? { color } : {}) };
    if (JSON.stringify(next) === JSON.stringify(old)) return { state };
    return { state: changeScope(state, { ui: withGroup(openScope(state).ui, id, next) }) };
  },
});

/** Takes frames away; what is in them stays. */
export interface RemoveGroups {
  readonly type: 'remove-groups';
  readonly groups: readonly string[];
}

export const removeGroups = defineCommand<RemoveGroups>({
  type: 'remove-groups',
  name: (command) => `Delete ${counted(command.groups.length, 'group')}`,
  apply(command, state) {
    const { ui } = openScope(state);
    const groups = readGroups(ui);
    const gone = command.groups.filter((id) => groups.has(id));
    if (gone.length === 0) return { state };
    const next = gone.reduce((left, id) => withGroup(left, id, undefined), ui);
    return { state: { ...changeScope(state, { ui: next }), selection: selectionOf(state.selection.nodes, [...state.selection.groups].filter((id) => !gone.includes(id))) } };
  },
});

/** Moves frames with the nodes and frames that lie in them. */
export interface MoveGroups {
  readonly type: 'move-groups';
  readonly groups: readonly string[];
  readonly by: readonly [number, number];
  /** Nodes that go along; those whose corner lies in the frames when left out. The canvas, which knows sizes, names them. */
  readonly nodes?: readonly string[];
}

export const moveGroups = defineCommand<MoveGroups>({
  type: 'move-groups',
  name: (command) => `Move ${counted(command.groups.length, 'group')}`,
  apply(command, state) {
    const [dx, dy] = command.by;
    requireFinite(command.by, 'Move', 'the offset');
    if (dx === 0 && dy === 0) return { state };
    const { ui, nodes } = openScope(state);
    const groups = readGroups(ui);
    const inside = command.groups.map((id) => insideGroup(ui, nodes, id));
    const moving = new Set([...command.groups, ...inside.flatMap((each) => each.groups)].filter((id) => groups.has(id)));
    const along = new Set(command.nodes ?? inside.flatMap((each) => each.nodes));
    let next = ui;
    for (const id of moving) {
      const [x, y] = (groups.get(id) as Group).position;
      next = withGroup(next, id, { position: [x + dx, y + dy] });
    }
    return { state: changeScope(state, { ui: next, nodes: moved(nodes, along, command.by) }) };
  },
});
