import { FilePlus2, FolderOpen, History, Save, SaveAll, Settings } from 'lucide';
import { OpenDialog } from '../dialogs/open-dialog.tsx';
import { SaveDialog } from '../dialogs/save-dialog.tsx';
import { SettingsDialog } from '../dialogs/settings-dialog.tsx';
import { UnsavedDialog } from '../dialogs/unsaved-dialog.tsx';
import type { WindowState } from '../window-context.ts';
import type { StudioCommand } from './command.ts';

/** Does something that replaces the open graph, once it is clear that no work is lost by it. */
export function unlessUnsaved(window: WindowState, go: () => void): void {
  const { documents } = window.studio;
  if (!documents.dirty.value) return go();
  window.dialog.value = (close) => <UnsavedDialog name={documents.file.value.name} onClose={close} onDiscard={() => { close(); go(); }} onSave={() => { close(); void saveFile(window).then((saved) => { if (saved) go(); }); }} />;
}

/** Saves where the graph lies, else asks for a place. @returns whether it is saved now. */
export async function saveFile(window: WindowState): Promise<boolean> {
  const { documents, notices } = window.studio;
  if (!(await documents.save())) {
    saveFileAs(window);
    return false;
  }
  if (!documents.dirty.value) notices.tell(`Saved ${documents.file.value.name}`);
  return !documents.dirty.value;
}

function saveFileAs(window: WindowState): void {
  window.dialog.value = (close) => <SaveDialog onClose={close} />;
}

/** Commands about files and the program. */
export const FILE_COMMANDS: readonly StudioCommand[] = [
  { id: 'file.new', title: 'New graph', icon: FilePlus2, keys: ['Alt+N'], inFields: true, run: (window) => unlessUnsaved(window, () => window.studio.documents.take()) },
  { id: 'file.open', title: 'Open graph…', icon: FolderOpen, keys: ['Mod+O'], inFields: true, run: (window) => { window.dialog.value = (close) => <OpenDialog onClose={close} />; } },
  { id: 'file.save', title: 'Save', icon: Save, keys: ['Mod+S'], inFields: true, run: saveFile },
  { id: 'file.saveAs', title: 'Save as…', icon: SaveAll, keys: ['Mod+Shift+S'], inFields: true, run: saveFileAs },
  { id: 'file.history', title: 'Show version history', icon: History, run: ({ studio }) => studio.showDock('history') },
  { id: 'studio.settings', title: 'Settings…', icon: Settings, keys: ['Mod+,'], inFields: true, run: (window) => { window.dialog.value = (close) => <SettingsDialog onClose={close} />; } },
];
