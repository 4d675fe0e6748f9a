import { Cable, SlidersHorizontal } from 'lucide';
import type { WindowState } from '../window-context.ts';
import type { StudioCommand } from './command.ts';

/** The one node that is selected. */
function onlySelected({ studio }: WindowState): string | undefined {
  const { nodes } = studio.documents.state.value.selection;
  return nodes.size === 1 ? [...nodes][0] : undefined;
}

/** Selects the node that comes so many places after the selected one in the file, around its ends. */
function selectNeighbour(window: WindowState, step: 1 | -1): void {
  const ids = Object.keys(window.studio.documents.view.value.nodes);
  const now = ids.indexOf(onlySelected(window) ?? '');
  const next = ids[now < 0 ? (step === 1 ? 0 : ids.length - 1) : (now + step + ids.length) % ids.length];
  if (next !== undefined) window.studio.focusNode(next);
}

function editParams(window: WindowState): void {
  const { studio } = window;
  const id = onlySelected(window);
  const [param] = id === undefined ? [] : Object.keys(studio.documents.view.value.schema(id)?.params ?? {});
  if (id !== undefined && param !== undefined) studio.focusParam(id, param);
}

/** What the mouse does on the canvas, for the keyboard. */
export const KEYBOARD_COMMANDS: readonly StudioCommand[] = [
  { id: 'edit.selectNext', title: 'Select the next node', keys: ['N'], onCanvas: true, run: (window) => selectNeighbour(window, 1) },
  { id: 'edit.selectPrevious', title: 'Select the previous node', keys: ['P'], onCanvas: true, run: (window) => selectNeighbour(window, -1) },
  { id: 'edit.params', title: 'Edit the params of this node', icon: SlidersHorizontal, keys: ['E'], onCanvas: true, enabled: (window) => onlySelected(window) !== undefined, run: editParams },
  {
    id: 'edit.link', title: 'Link a port of this node to…', icon: Cable, keys: ['L'], onCanvas: true, enabled: (window) => onlySelected(window) !== undefined,
    run: (window) => {
      const node = onlySelected(window);
      if (node !== undefined) window.linking.value = { node };
    },
  },
];
