import { CircleAlert, CircleCheck } from 'lucide';
import type { VNode } from 'preact';
import { Icon } from '../../panels/kit/icon.tsx';
import { useWindow } from '../window-context.ts';

/** The line at the bottom: faults, the graph, the queue, the connection. */
export function StatusBar(): VNode {
  const { studio } = useWindow();
  const { documents, runs } = studio;
  const faults = documents.faults.value.length;
  const view = documents.view.value;
  const selected = documents.state.value.selection.nodes.size;
  const waiting = runs.waiting.value;
  return (
    <footer class="status">
      <button type="button" class={faults > 0 ? 'error-text' : ''} onClick={() => studio.toggleDock('faults')}>
        <Icon icon={faults > 0 ? CircleAlert : CircleCheck} size={12} />{faults === 0 ? 'No faults' : `${faults} fault${faults === 1 ? '' : 's'}`}
      </button>
      <span class="numeric">{Object.keys(view.nodes).length} nodes, {view.links.length} links{selected > 0 ? `, ${selected} selected` : ''}</span>
      <span class="right" />
      {runs.queuePaused.value !== null && <span class="warning-text">queue paused</span>}
      {waiting > 0 && <button type="button" onClick={() => studio.toggleDock('queue')}>{waiting} waiting</button>}
      <span class={runs.engine.value === 'died' ? 'error-text' : ''}>engine {runs.engine.value}</span>
      {studio.connection.value !== 'open' && <span class="error-text" role="alert">connection lost</span>}
      <span>{studio.info.version}</span>
    </footer>
  );
}
