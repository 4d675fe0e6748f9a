import type { RecentFile } from '../../contract/studio-api.ts';
import type { MenuEntry } from './platform.ts';

export interface MenuActions {
  /** Hands a command to the window that has the focus. */
  readonly command: (name: string) => void;
  readonly open: (path: string) => void;
  readonly newWindow: () => void;
  readonly quit: () => void;
}

const SEPARATOR: MenuEntry = { type: 'separator' };

/** An entry whose keys the window listens to: they can be changed there, so the menu only shows them. */
function entry(label: string, accelerator: string | undefined, click: () => void): MenuEntry {
  return { label, click, ...(accelerator === undefined ? {} : { accelerator, registerAccelerator: false }) };
}

/** The program's menus. Every entry is a command that windows know; the system's own entries are roles. */
export function menuEntries(system: NodeJS.Platform, recent: readonly RecentFile[], { command, open, newWindow, quit }: MenuActions): MenuEntry[] {
  const send = (label: string, name: string, accelerator?: string): MenuEntry => entry(label, accelerator, () => { command(name); });
  const recentEntries = recent.filter(({ exists }) => exists).slice(0, 10).map(({ name, path }): MenuEntry => ({ label: name.replaceAll('&', '&&'), click: () => { open(path); } }));
  const file: MenuEntry = {
    label: '&File', submenu: [
      send('New graph', 'file.new', 'Alt+N'), entry('New window', 'CmdOrCtrl+Shift+N', newWindow), send('Open graph…', 'file.open', 'CmdOrCtrl+O'),
      { label: 'Open recent', submenu: recentEntries.length > 0 ? recentEntries : [{ label: 'Nothing yet' }] }, SEPARATOR,
      send('Save', 'file.save', 'CmdOrCtrl+S'), send('Save as…', 'file.saveAs', 'CmdOrCtrl+Shift+S'), send('Version history', 'file.history'), SEPARATOR,
      send('Settings…', 'studio.settings', 'CmdOrCtrl+,'), SEPARATOR, { role: 'close' }, ...(system === 'darwin' ? [] : [{ label: 'Quit', click: quit, accelerator: 'CmdOrCtrl+Q' }]),
    ],
  };
  const edit: MenuEntry = {
    label: '&Edit', submenu: [
      send('Undo', 'edit.undo', 'CmdOrCtrl+Z'), send('Redo', 'edit.redo', 'CmdOrCtrl+Shift+Z'), SEPARATOR,
      // Text fields need these from the system; the canvas listens to the same keys.
      { role: 'cut' }, { role: 'copy' }, { role: 'paste' }, SEPARATOR, send('Select all nodes', 'edit.selectAll'), send('Delete', 'edit.delete'),
    ],
  };
  const view: MenuEntry = {
    label: '&View', submenu: [
      send('Command palette', 'view.commands', 'CmdOrCtrl+K'), send('Add a node…', 'view.palette', 'Tab'), send('Fit the graph', 'view.fit', 'Home'), SEPARATOR,
      send('Results', 'view.gallery'), send('Queue', 'view.queue'), send('Batches', 'view.batch'), SEPARATOR, { role: 'togglefullscreen' },
    ],
  };
  const run: MenuEntry = {
    label: '&Run', submenu: [
      send('Run', 'run.start', 'CmdOrCtrl+Enter'), send('Pause or go on', 'run.pause'), send('Cancel the run', 'run.cancel', 'CmdOrCtrl+.'), SEPARATOR, send('What a run would do', 'run.plan'),
    ],
  };
  const program: MenuEntry[] = system === 'darwin' ? [{ role: 'appMenu' }] : [];
  return [...program, file, edit, view, run, { role: 'windowMenu' }];
}
