import type { StudioClient } from '../api.ts';
import { startStudio, type Studio } from '../panels/studio/studio.ts';
import { commandById, runCommand } from './commands/index.ts';
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
  client.on('open-file', ({ path }) => void studio.documents.open(path));
  window.addEventListener('beforeunload', (event) => {
    void studio.preferences.flush();
    if (!studio.documents.dirty.value) return;
    void studio.documents.autosave();
    event.preventDefault();
  });
  return state;
}

/** Unsaved work of last time is offered; the graph on the screen is the named, the last or the shipped one. */
async function openFirst(studio: Studio): Promise<void> {
  const { client, documents, notices, info } = studio;
  const opened = info.openFirst !== null && (await documents.open(info.openFirst));
  if (!opened) documents.take();
  const [left] = await client.call('autosave.list', {}).catch(() => []);
  if (!left) return;
  notices.tell(`${left.name} has unsaved changes from ${new Date(left.savedAt).toLocaleString()}.`, {
    label: 'Open them',
    run: () => void notices.attempt(async () => {
      const graph = await client.call('autosave.read', { document: left.document });
      documents.take(graph, left.name, left);
    }),
  });
}
