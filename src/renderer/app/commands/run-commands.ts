import { Eraser, ListPlus, Pause, Play, SkipForward, Square, Timer } from 'lucide';
import type { StudioCommand } from './command.ts';
import { startRun } from './start-run.ts';

/** Commands about running. */
export const RUN_COMMANDS: readonly StudioCommand[] = [
  { id: 'run.start', title: 'Run', icon: Play, keys: ['Mod+Enter'], inFields: true, run: ({ studio }) => startRun(studio) },
  {
    id: 'run.toHere', title: 'Run to the selected nodes', icon: SkipForward, keys: ['Mod+Shift+Enter'], inFields: true,
    enabled: ({ studio }) => studio.documents.state.value.selection.nodes.size > 0,
    run: ({ studio }) => startRun(studio, [...studio.documents.state.value.selection.nodes]),
  },
  { id: 'run.next', title: 'Run before what waits in the queue', icon: ListPlus, run: ({ studio }) => startRun(studio, undefined, true) },
  { id: 'run.cancel', title: 'Cancel the run', icon: Square, keys: ['Mod+.'], inFields: true, enabled: ({ studio }) => studio.runs.active.value, run: ({ studio }) => studio.runs.cancel() },
  { id: 'run.pause', title: 'Pause or go on', icon: Pause, keys: ['Mod+Shift+.'], inFields: true, enabled: ({ studio }) => studio.runs.active.value, run: ({ studio }) => studio.runs.togglePause() },
  { id: 'run.plan', title: 'Show what a run would do', icon: Timer, keys: ['Mod+Shift+D'], run: ({ studio }) => studio.showDock('plan') },
  { id: 'run.clear', title: 'Clear run marks from the nodes', icon: Eraser, run: ({ studio }) => { studio.runs.run.value = undefined; } },
];
