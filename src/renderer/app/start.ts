import type { StudioClient } from '../api.ts';
import { TABLE_ENDING } from '../../contract/file-endings.ts';
import { startStudio, type Studio } from '../panels/studio/studio.ts';
import { leaveForNextPage, takeFromLastPage } from '../panels/studio/window-life.ts';
import { commandById, runCommand } from './commands/index.ts';
import { unlessUnsaved } from './unsaved.tsx';
import { WindowState } from './window-context.ts';

/** Starts the window: what there is to know, then the graph to begin with, then what the shell tells. */
export async function startWindow(client: StudioClient): Promise<WindowState> {
  const studio = await startStudio(client);
  const state = new WindowState(studio);
  await openFirst(studio);
  client.on('menu', ({ command }) => {
    const found = commandById(command);
    if (found) runCommand(state, found);
  });
  client.on('open-file', ({ path }) => {
    if (!showTable(studio, path)) unlessUnsaved(state, () => void studio.documents.open(path));
  });
  window.addEventListener('beforeunload', (event) => {
    void studio.preferences.flush();
    if (!studio.documents.dirty.value) return;
    void studio.documents.autosave();
    event.preventDefault();
  });
  window.addEventListener('pagehide', () => leaveForNextPage({ document: studio.documents.id, file: studio.documents.file.value }));
  return state;
}

/** Shows a concept table in its panel. @returns whether the path is one of a table. */
function showTable(studio: Studio, path: string): boolean {
  if (!path.endsWith(TABLE_ENDING)) return false;
  studio.table.value = path;
  studio.showDock('tables');
  return true;
}

/**
 * A page that was loaded anew shows what it showed. In a new window the graph on the screen is the named, the last or the shipped one; unsaved work of last time is
 * offered.
 */
async function openFirst(studio: Studio): Promise<void> {
  const { client, documents, notices, info } = studio;
  const before = takeFromLastPage();
  if (before && (await documents.resume(before))) return;
  const named = info.openFirst === null || showTable(studio, info.openFirst) ? null : info.openFirst;
  const opened = named !== null && (await documents.open(named));
  if (!opened) documents.take();
  const [left] = await documents.leftBehind();
  if (!left) return;
  notices.tell(`${left.name} has unsaved changes from ${new Date(left.savedAt).toLocaleString()}.`, {
    label: 'Open them',
    run: () => void notices.attempt(async () => {
      const graph = await client.call('autosave.read', { document: left.document });
      documents.take(graph, left.name, left);
    }),
  });
}
