import { AlignCenterHorizontal, AlignCenterVertical, AlignEndHorizontal, AlignEndVertical, AlignHorizontalDistributeCenter, AlignStartHorizontal, AlignStartVertical, AlignVerticalDistributeCenter, Group, Workflow, type IconNode } from 'lucide';
import { alignBoxes, autoLayout, distributeBoxes, frameAround, type Edge } from '../../graph/index.ts';
import type { WindowState } from '../window-context.ts';
import type { StudioCommand } from './command.ts';

function selected({ studio }: WindowState): ReadonlySet<string> {
  return studio.documents.state.value.selection.nodes;
}

function align(edge: Edge, icon: IconNode): StudioCommand {
  return {
    id: `arrange.${edge}`, title: `Align: ${edge}`, icon, enabled: (window) => selected(window).size > 1,
    run: (window) => void window.studio.documents.dispatch({ type: 'place-nodes', positions: alignBoxes(window.canvas?.boxes(selected(window)) ?? new Map(), edge), name: 'Align' }),
  };
}

function distribute(axis: 'horizontal' | 'vertical', icon: IconNode): StudioCommand {
  return {
    id: `arrange.distribute-${axis}`, title: `Distribute: ${axis}`, icon, enabled: (window) => selected(window).size > 2,
    run: (window) => void window.studio.documents.dispatch({ type: 'place-nodes', positions: distributeBoxes(window.canvas?.boxes(selected(window)) ?? new Map(), axis), name: 'Distribute' }),
  };
}

/** Lays the selected nodes out, or all of them when fewer than two are selected. */
function layOut(window: WindowState): void {
  const { documents, notices } = window.studio;
  const nodes = selected(window);
  const boxes = window.canvas?.boxes(nodes.size > 1 ? nodes : undefined) ?? new Map();
  const laid = autoLayout(documents.view.value, boxes);
  if ('error' in laid) return notices.fail(laid.error);
  documents.dispatch({ type: 'place-nodes', positions: laid.positions, name: 'Lay out' });
  if (nodes.size < 2) window.canvas?.fit();
}

function group(window: WindowState): void {
  const frame = frameAround((window.canvas?.boxes(selected(window)) ?? new Map()).values());
  if (frame) window.studio.documents.dispatch({ type: 'add-group', title: 'Group', position: [frame.x, frame.y], size: [frame.width, frame.height] });
}

/** Commands that put nodes in order. */
export const ARRANGE_COMMANDS: readonly StudioCommand[] = [
  { id: 'arrange.layout', title: 'Lay out automatically', icon: Workflow, keys: ['Mod+Shift+L'], run: layOut },
  { id: 'arrange.group', title: 'Group the selection', icon: Group, keys: ['Mod+G'], onCanvas: true, enabled: (window) => selected(window).size > 0, run: group },
  align('left', AlignStartVertical), align('center', AlignCenterVertical), align('right', AlignEndVertical),
  align('top', AlignStartHorizontal), align('middle', AlignCenterHorizontal), align('bottom', AlignEndHorizontal),
  distribute('horizontal', AlignHorizontalDistributeCenter), distribute('vertical', AlignVerticalDistributeCenter),
];
