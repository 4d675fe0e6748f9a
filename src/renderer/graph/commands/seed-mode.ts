import { changeScope, openScope, withNode, withNodeUi } from '../state.ts';
import { defineCommand, requireNode } from './command.ts';

/** Says what becomes of a seed when a run is started: kept with the layout, since results depend on the seed alone. */
export interface SetSeedMode {
  readonly type: 'set-seed-mode';
  readonly node: string;
  readonly param: string;
  /** Undefined keeps the seed as it is. */
  readonly mode: 'increment' | 'random' | undefined;
}

export const setSeedMode = defineCommand<SetSeedMode>({
  type: 'set-seed-mode',
  name: (command, { view }) => `Set what becomes of ${command.param} of ${view.where(command.node)}`,
  apply(command, state, context) {
    const node = requireNode(context, command.node);
    const saved: unknown = node.ui?.['seedModes'];
    const old = typeof saved === 'object' && saved !== null ? Object.entries(saved) : [];
    if (old.find(([param]) => param === command.param)?.[1] === command.mode) return { state };
    const modes = [...old.filter(([param]) => param !== command.param), ...(command.mode === undefined ? [] : [[command.param, command.mode] as const])];
    const ui = { seedModes: modes.length === 0 ? undefined : Object.fromEntries(modes) };
    return { state: changeScope(state, { nodes: withNode(openScope(state).nodes, command.node, withNodeUi(node, ui)) }) };
  },
});
