import { FilePlus2, FolderOpen, History, Save, SaveAll, Settings } from 'lucide';
import { OpenDialog } from '../dialogs/open-dialog.tsx';
import { SettingsDialog } from '../dialogs/settings-dialog.tsx';
import { saveFile, saveFileAs, unlessUnsaved } from '../unsaved.tsx';
import type { StudioCommand } from './command.ts';

/** Commands about files and the program. */
export const FILE_COMMANDS: readonly StudioCommand[] = [
  { id: 'file.new', title: 'New graph', icon: FilePlus2, keys: ['Alt+N'], inFields: true, run: (window) => unlessUnsaved(window, () => window.studio.documents.take()) },
  { id: 'file.open', title: 'Open graph…', icon: FolderOpen, keys: ['Mod+O'], inFields: true, run: (window) => { window.dialog.value = (close) => <OpenDialog onClose={close} />; } },
  { id: 'file.save', title: 'Save', icon: Save, keys: ['Mod+S'], inFields: true, run: saveFile },
  { id: 'file.saveAs', title: 'Save as…', icon: SaveAll, keys: ['Mod+Shift+S'], inFields: true, run: saveFileAs },
  { id: 'file.history', title: 'Show version history', icon: History, run: ({ studio }) => studio.showDock('history') },
  { id: 'studio.settings', title: 'Settings…', icon: Settings, keys: ['Mod+,'], inFields: true, run: (window) => { window.dialog.value = (close) => <SettingsDialog onClose={close} />; } },
];
