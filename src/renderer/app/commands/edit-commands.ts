import { BoxSelect, CircleOff, ClipboardPaste, Copy, CopyPlus, Package, PackageOpen, Redo2, Route, Scissors, Trash2, Undo2, Unlink } from 'lucide';
import { subgraphOf } from '../../../contract/subgraphs.ts';
import { downstreamOf, isCollapsed, unusedSubgraphs, upstreamOf } from '../../graph/index.ts';
import { copyByMenu, pasteByMenu, removeSelection } from '../clipboard.ts';
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

/** The one selected node when it is a use of a sub-graph. */
function selectedUse(window: WindowState): { readonly node: string; readonly subgraph: string } | undefined {
  const [id, ...others] = selected(window);
  const node = id === undefined || others.length > 0 ? undefined : window.studio.documents.view.value.node(id);
  const subgraph = node && subgraphOf(node);
  return id === undefined || subgraph === undefined ? undefined : { node: id, subgraph };
}

function removeUnusedSubgraphs({ studio: { documents } }: WindowState): void {
  documents.editor.transaction('Delete sub-graphs without uses', (dispatch) => {
    // One that is gone may have held the last use of another.
    for (let unused = unusedSubgraphs(documents.editor.state); unused.length > 0; unused = unusedSubgraphs(documents.editor.state)) {
      for (const subgraph of unused) dispatch({ type: 'remove-subgraph', subgraph });
    }
  });
}

const CLIPBOARD_COMMANDS: readonly StudioCommand[] = [
  { id: 'edit.copy', title: 'Copy', icon: Copy, keys: ['Mod+C'], native: true, onCanvas: true, enabled: hasSelection, run: copyByMenu },
  {
    id: 'edit.cut', title: 'Cut', icon: Scissors, keys: ['Mod+X'], native: true, onCanvas: true, enabled: hasSelection,
    run: async (window) => {
      await copyByMenu(window);
      removeSelection(window, false, 'Cut');
    },
  },
  { id: 'edit.paste', title: 'Paste', icon: ClipboardPaste, keys: ['Mod+V'], native: true, onCanvas: true, run: (window) => pasteByMenu(window) },
  {
    id: 'edit.duplicate', title: 'Duplicate', icon: CopyPlus, keys: ['Mod+D'], onCanvas: true, enabled: hasSelection,
    run: ({ studio: { documents } }) => {
      const { nodes, groups } = documents.state.value.selection;
      documents.dispatch({ type: 'duplicate', nodes: [...nodes], groups: [...groups] });
    },
  },
];

const SUBGRAPH_COMMANDS: readonly StudioCommand[] = [
  { id: 'subgraph.make', title: 'Make a sub-graph of the selection', icon: Package, keys: ['Mod+Shift+E'], onCanvas: true, enabled: (window) => selected(window).length > 0, run: (window) => void window.studio.documents.dispatch({ type: 'make-subgraph', nodes: selected(window) }) },
  {
    id: 'subgraph.unpack', title: 'Unpack the sub-graph', icon: PackageOpen, onCanvas: true, enabled: (window) => selectedUse(window) !== undefined,
    run: (window) => {
      const use = selectedUse(window);
      if (use) window.studio.documents.dispatch({ type: 'unpack-subgraph', node: use.node });
    },
  },
  {
    id: 'subgraph.open', title: 'Open the sub-graph', keys: ['Enter'], onCanvas: true, enabled: (window) => selectedUse(window) !== undefined,
    run: (window) => void window.studio.documents.editor.openScope(selectedUse(window)?.subgraph),
  },
  {
    id: 'subgraph.detach', title: 'Make this use its own sub-graph', onCanvas: true, enabled: (window) => selectedUse(window) !== undefined,
    run: (window) => {
      const use = selectedUse(window);
      if (use) window.studio.documents.dispatch({ type: 'detach-subgraph', node: use.node });
    },
  },
  { id: 'subgraph.removeUnused', title: 'Delete sub-graphs without uses', enabled: ({ studio }) => unusedSubgraphs(studio.documents.state.value).length > 0, run: removeUnusedSubgraphs },
  { id: 'subgraph.leave', title: 'Back to the whole graph', keys: ['Mod+ArrowUp'], enabled: ({ studio }) => studio.documents.state.value.scope !== undefined, run: ({ studio }) => void studio.documents.editor.openScope(undefined) },
];

/** Commands that change the graph or what is selected in it. */
export const EDIT_COMMANDS: readonly StudioCommand[] = [
  { id: 'edit.undo', title: 'Undo', icon: Undo2, keys: ['Mod+Z'], inFields: true, enabled: ({ studio }) => studio.documents.editor.undoName !== undefined, run: ({ studio }) => void studio.documents.editor.undo() },
  { id: 'edit.redo', title: 'Redo', icon: Redo2, keys: ['Mod+Shift+Z', 'Mod+Y'], inFields: true, enabled: ({ studio }) => studio.documents.editor.redoName !== undefined, run: ({ studio }) => void studio.documents.editor.redo() },
  { id: 'edit.selectAll', title: 'Select all nodes', icon: BoxSelect, keys: ['Mod+A'], onCanvas: true, run: ({ studio: { documents } }) => documents.editor.select({ nodes: Object.keys(documents.view.value.nodes) }) },
  { id: 'edit.selectNone', title: 'Select nothing', keys: ['Escape'], onCanvas: true, hidden: true, run: ({ studio }) => studio.documents.editor.select({}) },
  { id: 'edit.selectUpstream', title: 'Select everything upstream', keys: ['Mod+['], onCanvas: true, enabled: hasSelection, run: (window) => window.studio.documents.editor.select({ nodes: upstreamOf(window.studio.documents.view.value, selected(window)) }) },
  { id: 'edit.selectDownstream', title: 'Select everything downstream', keys: ['Mod+]'], onCanvas: true, enabled: hasSelection, run: (window) => window.studio.documents.editor.select({ nodes: downstreamOf(window.studio.documents.view.value, selected(window)) }) },
  { id: 'edit.delete', title: 'Delete', icon: Trash2, keys: ['Delete', 'Backspace'], onCanvas: true, enabled: hasSelection, run: (window) => removeSelection(window) },
  { id: 'edit.deleteReconnect', title: 'Delete and reconnect', icon: Unlink, keys: ['Mod+Delete', 'Mod+Backspace'], onCanvas: true, enabled: hasSelection, run: (window) => removeSelection(window, true, 'Delete and reconnect') },
  { id: 'edit.mute', title: 'Mute or unmute', icon: CircleOff, keys: ['M'], onCanvas: true, enabled: hasSelection, run: (window) => toggleMode(window, 'mute') },
  { id: 'edit.bypass', title: 'Bypass or use', icon: Route, keys: ['B'], onCanvas: true, enabled: hasSelection, run: (window) => toggleMode(window, 'bypass') },
  { id: 'edit.collapse', title: 'Collapse or expand', keys: ['C'], onCanvas: true, enabled: hasSelection, run: collapse },
  ...CLIPBOARD_COMMANDS, ...SUBGRAPH_COMMANDS,
  nudge('Left', -1, 0), nudge('Right', 1, 0), nudge('Up', 0, -1), nudge('Down', 0, 1),
];
