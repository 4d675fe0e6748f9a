import { SaveDialog } from './dialogs/save-dialog.tsx';
import { UnsavedDialog } from './dialogs/unsaved-dialog.tsx';
import type { WindowState } from './window-context.ts';

/** Does something that replaces the open graph, once it is clear that no work is lost by it. */
export function unlessUnsaved(window: WindowState, go: () => void): void {
  const { documents } = window.studio;
  if (!documents.dirty.value) return go();
  window.dialog.value = (close) => <UnsavedDialog name={documents.file.value.name} onClose={close} onDiscard={() => { close(); void documents.giveUpUnsaved(); go(); }} onSave={() => { close(); void saveFile(window).then((saved) => { if (saved) go(); }); }} />;
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

/** Asks for a place to save at. */
export function saveFileAs(window: WindowState): void {
  window.dialog.value = (close) => <SaveDialog onClose={close} />;
}
