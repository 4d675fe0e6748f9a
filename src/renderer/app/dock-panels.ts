import { Box, ChartSpline, CircleAlert, History, Images, Layers, ListOrdered, ListTree, Server, Table2, Timer, type IconNode } from 'lucide';
import type { FunctionComponent } from 'preact';
import { BatchPanel } from '../panels/batch/batch-panel.tsx';
import { FaultsPanel } from '../panels/faults/faults-panel.tsx';
import { FleetPanel } from '../panels/fleet/fleet-panel.tsx';
import { GalleryPanel } from '../panels/gallery/gallery-panel.tsx';
import { HistoryPanel } from '../panels/history/history-panel.tsx';
import { ModelsPanel } from '../panels/models/models-panel.tsx';
import { OutlinePanel } from '../panels/outline/outline-panel.tsx';
import { PlanPanel } from '../panels/plan/plan-panel.tsx';
import { QueuePanel } from '../panels/queue/queue-panel.tsx';
import type { Studio } from '../panels/studio/studio.ts';
import { TablesPanel } from '../panels/tables/tables-panel.tsx';
import { TrainingPanel } from '../panels/training/training-panel.tsx';

/** A panel that opens on the left. */
export interface DockPanel {
  readonly id: string;
  readonly title: string;
  readonly icon: IconNode;
  readonly view: FunctionComponent;
  /** A count on the icon. */
  readonly badge?: (studio: Studio) => { readonly count: number; readonly text: string; readonly bad?: boolean } | undefined;
}

/** Every panel on the left, one entry each. */
export const DOCK_PANELS: readonly DockPanel[] = [
  { id: 'gallery', title: 'Results', icon: Images, view: GalleryPanel },
  {
    id: 'queue', title: 'Queue', icon: ListOrdered, view: QueuePanel,
    badge: ({ runs }) => (runs.waiting.value + runs.running.value === 0 ? undefined : { count: runs.waiting.value + runs.running.value, text: `${runs.waiting.value + runs.running.value} runs` }),
  },
  {
    id: 'batch', title: 'Batch', icon: Layers, view: BatchPanel,
    badge: ({ batches }) => (batches.goingOn.value === 0 ? undefined : { count: batches.goingOn.value, text: `${batches.goingOn.value} going on` }),
  },
  { id: 'fleet', title: 'Fleet', icon: Server, view: FleetPanel },
  { id: 'training', title: 'Training', icon: ChartSpline, view: TrainingPanel },
  { id: 'tables', title: 'Concept tables', icon: Table2, view: TablesPanel },
  { id: 'models', title: 'Models', icon: Box, view: ModelsPanel },
  {
    id: 'faults', title: 'Faults', icon: CircleAlert, view: FaultsPanel,
    badge: ({ documents }) => (documents.faults.value.length === 0 ? undefined : { count: documents.faults.value.length, text: `${documents.faults.value.length} faults`, bad: true }),
  },
  { id: 'plan', title: 'What a run would do', icon: Timer, view: PlanPanel },
  { id: 'outline', title: 'Outline', icon: ListTree, view: OutlinePanel },
  { id: 'history', title: 'Version history', icon: History, view: HistoryPanel },
];

/** A panel by id. */
export function dockPanel(id: string): DockPanel | undefined {
  return DOCK_PANELS.find((panel) => panel.id === id);
}
