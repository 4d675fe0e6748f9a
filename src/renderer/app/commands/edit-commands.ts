import { BoxSelect, CircleOff, Redo2, Route, Trash2, Undo2, Unlink } from 'lucide';
import { downstreamOf, isCollapsed, upstreamOf } from '../../graph/index.ts';
import type { WindowState } from '../window-context.ts';
import type { StudioCommand } from './command.ts';

const NUDGE = 8;

function selected({ studio }: WindowState): string[] {
  return [...studio.documents.state.value.selection.nodes];
}

function hasSelection(window: WindowState): boolean {
  const { nodes, groups } = window.studio.documents.state.value.selection;
  return nodes.size + groups.size > 0;
}

/** Deletes what is selected; with `reconnect`, what came in goes on to where it went. */
function remove({ studio: { documents } }: WindowState, reconnect: boolean): void {
  const { nodes, groups } = documents.state.value.selection;
  documents.editor.transaction('Delete', () => {
    if (nodes.size > 0) documents.dispatch({ type: 'remove-nodes', nodes: [...nodes], reconnect });
    if (groups.size > 0) documents.dispatch({ type: 'remove-groups', groups: [...groups] });
  });
}

/** Sets a mode, or takes it away when all selected nodes have it. */
function toggleMode(window: WindowState, mode: 'mute' | 'bypass'): void {
  const { documents } = window.studio;
  const nodes = selected(window);
  const all = nodes.every((id) => documents.view.value.node(id)?.mode === mode);
  documents.dispatch({ type: 'set-mode', nodes, mode: all ? undefined : mode });
}

function collapse(window: WindowState): void {
  const { documents } = window.studio;
  const nodes = selected(window);
  const open = nodes.some((id) => {
    const node = documents.view.value.node(id);
    return node !== undefined && !isCollapsed(node);
  });
  documents.dispatch({ type: 'collapse-nodes', nodes, collapsed: open });
}

function nudge(key: string, dx: number, dy: number): StudioCommand {
  return {
    id: `edit.nudge${key}`, title: `Move the selection: ${key.toLowerCase()}`, keys: [`Arrow${key}`], onCanvas: true, hidden: true, enabled: (window) => selected(window).length > 0,
    run: (window) => void window.studio.documents.dispatch({ type: 'move-nodes', nodes: selected(window), by: [dx * NUDGE, dy * NUDGE] }),
  };
}

/** Commands that change the graph or what is selected in it. */
export const EDIT_COMMANDS: readonly StudioCommand[] = [
  { id: 'edit.undo', title: 'Undo', icon: Undo2, keys: ['Mod+Z'], inFields: true, enabled: ({ studio }) => studio.documents.editor.undoName !== undefined, run: ({ studio }) => void studio.documents.editor.undo() },
  { id: 'edit.redo', title: 'Redo', icon: Redo2, keys: ['Mod+Shift+Z', 'Mod+Y'], inFields: true, enabled: ({ studio }) => studio.documents.editor.redoName !== undefined, run: ({ studio }) => void studio.documents.editor.redo() },
  { id: 'edit.selectAll', title: 'Select all nodes', icon: BoxSelect, keys: ['Mod+A'], onCanvas: true, run: ({ studio: { documents } }) => documents.editor.select({ nodes: Object.keys(documents.view.value.nodes) }) },
  { id: 'edit.selectNone', title: 'Select nothing', keys: ['Escape'], onCanvas: true, hidden: true, run: ({ studio }) => studio.documents.editor.select({}) },
  { id: 'edit.selectUpstream', title: 'Select everything upstream', keys: ['Mod+['], onCanvas: true, enabled: hasSelection, run: (window) => window.studio.documents.editor.select({ nodes: upstreamOf(window.studio.documents.view.value, selected(window)) }) },
  { id: 'edit.selectDownstream', title: 'Select everything downstream', keys: ['Mod+]'], onCanvas: true, enabled: hasSelection, run: (window) => window.studio.documents.editor.select({ nodes: downstreamOf(window.studio.documents.view.value, selected(window)) }) },
  { id: 'edit.delete', title: 'Delete', icon: Trash2, keys: ['Delete', 'Backspace'], onCanvas: true, enabled: hasSelection, run: (window) => remove(window, false) },
  { id: 'edit.deleteReconnect', title: 'Delete and reconnect', icon: Unlink, keys: ['Mod+Delete', 'Mod+Backspace'], onCanvas: true, enabled: hasSelection, run: (window) => remove(window, true) },
  { id: 'edit.mute', title: 'Mute or unmute', icon: CircleOff, keys: ['M'], onCanvas: true, enabled: hasSelection, run: (window) => toggleMode(window, 'mute') },
  { id: 'edit.bypass', title: 'Bypass or use', icon: Route, keys: ['B'], onCanvas: true, enabled: hasSelection, run: (window) => toggleMode(window, 'bypass') },
  { id: 'edit.collapse', title: 'Collapse or expand', keys: ['C'], onCanvas: true, enabled: hasSelection, run: collapse },
  nudge('Left', -1, 0), nudge('Right', 1, 0), nudge('Up', 0, -1), nudge('Down', 0, 1),
];
