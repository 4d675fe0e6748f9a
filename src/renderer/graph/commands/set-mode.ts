import { canBypass, isBoundary } from '../queries/pass-through.ts';
import { changeScope, mapNodes, openScope } from '../state.ts';
import { refusal } from '../refusal.ts';
import { counted, defineCommand, requireNode } from './command.ts';

/** Mutes or bypasses nodes, or with undefined puts them to use again. */
export interface SetMode {
  readonly type: 'set-mode';
  readonly nodes: readonly string[];
  readonly mode: 'mute' | 'bypass' | undefined;
}

const NAMES = { mute: 'Mute', bypass: 'Bypass', use: 'Use' } as const;

export const setMode = defineCommand<SetMode>({
  type: 'set-mode',
  name: (command) => `${NAMES[command.mode ?? 'use']} ${counted(command.nodes.length, 'node')}`,
  apply(command, state, context) {
    const { mode } = command;
    for (const id of command.nodes) {
      const node = requireNode(context, id);
      const schema = context.view.schema(id);
      if (isBoundary(node)) throw refusal('boundary', context.view.where(id), 'must stay in use: it stands for the ports of the sub-graph', { nodeId: id });
      if (mode === 'bypass' && (schema === undefined || !canBypass(schema))) {
        throw refusal('no-pass-through', context.view.where(id), 'can\'t be bypassed: none of its inputs can stand in for an output', { nodeId: id, hint: 'Mute it instead.' });
      }
    }
    const wanted = new Set(command.nodes);
    const nodes = mapNodes(openScope(state).nodes, (node, id) => {
      if (!wanted.has(id) || node.mode === mode) return node;
      const { mode: _old, ...rest } = node;
      return (mode === undefined ? rest : { ...rest, mode });
    });
    return { state: changeScope(state, { nodes }) };
  },
});
