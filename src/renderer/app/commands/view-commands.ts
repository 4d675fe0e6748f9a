import { Command, Images, Info, Layers, ListOrdered, Map as MapIcon, Maximize, PanelRight, Plus, ScanSearch, Server, ZoomIn, ZoomOut } from 'lucide';
import { freePlace } from '../../graph/index.ts';
import type { StudioCommand } from './command.ts';
import type { WindowState } from '../window-context.ts';

const ZOOM_STEP = 1.25;

/** Width and height that a node of a type yet to be chosen is taken to have. */
const NEW_NODE = [232, 160] as const;

/** Opens the node palette in the middle of the canvas; the node comes to stand where none is in its way. */
export function openPaletteByKey(window: WindowState): void {
  const { canvas } = window;
  if (!canvas) return;
  const [x, y] = canvas.middle();
  const [clientX, clientY] = canvas.windowPoint(x, y);
  window.palette.value = { clientX: clientX - 280, clientY: clientY - 200, at: freePlace(canvas.boxes(), [x - NEW_NODE[0] / 2, y - NEW_NODE[1] / 2], NEW_NODE) };
}

/** Commands about what is seen. */
export const VIEW_COMMANDS: readonly StudioCommand[] = [
  { id: 'view.commands', title: 'Command palette', icon: Command, keys: ['Mod+K', 'F1'], inFields: true, hidden: true, run: (window) => { window.commandPalette.value = true; } },
  { id: 'view.palette', title: 'Add a node…', icon: Plus, keys: ['Tab', 'Shift+A'], onCanvas: true, run: openPaletteByKey },
  { id: 'view.fit', title: 'Fit the graph', icon: Maximize, keys: ['.', 'Home'], onCanvas: true, run: ({ canvas }) => canvas?.fit() },
  {
    id: 'view.fitSelection', title: 'Fit the selection', icon: ScanSearch, keys: ['F'], onCanvas: true,
    enabled: ({ studio }) => studio.documents.state.value.selection.nodes.size > 0,
    run: ({ canvas, studio }) => canvas?.fit(studio.documents.state.value.selection.nodes),
  },
  { id: 'view.zoomIn', title: 'Zoom in', icon: ZoomIn, keys: ['Mod+=', 'Mod++'], run: ({ canvas }) => canvas?.zoomBy(ZOOM_STEP) },
  { id: 'view.zoomOut', title: 'Zoom out', icon: ZoomOut, keys: ['Mod+-'], run: ({ canvas }) => canvas?.zoomBy(1 / ZOOM_STEP) },
  { id: 'view.minimap', title: 'Show or hide the minimap', icon: MapIcon, run: ({ studio: { preferences } }) => preferences.set('minimap', !preferences.values.minimap.value) },
  { id: 'view.inspector', title: 'Show or hide the inspector', icon: PanelRight, keys: ['Mod+I'], run: ({ studio: { preferences } }) => preferences.set('inspector', !preferences.values.inspector.value) },
  { id: 'view.gallery', title: 'Show results', icon: Images, keys: ['Mod+Shift+G'], run: ({ studio }) => studio.toggleDock('gallery') },
  { id: 'view.queue', title: 'Show the queue', icon: ListOrdered, keys: ['Mod+Shift+Q'], run: ({ studio }) => studio.toggleDock('queue') },
  { id: 'view.batch', title: 'Show batches', icon: Layers, keys: ['Mod+Shift+B'], run: ({ studio }) => studio.toggleDock('batch') },
  { id: 'view.fleet', title: 'Show the fleet', icon: Server, run: ({ studio }) => studio.toggleDock('fleet') },
  { id: 'view.faults', title: 'Show faults', icon: Info, keys: ['Mod+Shift+M'], run: ({ studio }) => studio.toggleDock('faults') },
  {
    id: 'view.rename', title: 'Rename the selected node', keys: ['F2'], onCanvas: true,
    enabled: ({ studio }) => studio.documents.state.value.selection.nodes.size === 1,
    run: ({ studio }) => renameSelected(studio.preferences),
  },
];

function renameSelected(preferences: WindowState['studio']['preferences']): void {
  if (!preferences.values.inspector.value) preferences.set('inspector', true);
  requestAnimationFrame(() => {
    const field = document.querySelector<HTMLInputElement>('#node-title');
    field?.focus();
    field?.select();
  });
}
