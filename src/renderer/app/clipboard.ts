import { clip, clippingText, readClipping } from '../graph/index.ts';
import type { WindowState } from './window-context.ts';

/** What is selected as the clipboard's text; undefined for nothing. */
export function selectionText({ studio: { documents } }: WindowState): string | undefined {
  const { selection } = documents.state.value;
  if (selection.nodes.size + selection.groups.size === 0) return undefined;
  return clippingText(clip(documents.view.value, selection));
}

/** Pastes the clipboard's text; with a place, its top left corner comes there. */
export function pasteText({ studio: { documents, notices } }: WindowState, text: string, at?: readonly [number, number]): void {
  const read = readClipping(text);
  if ('error' in read) return notices.fail(read.error);
  documents.dispatch({ type: 'paste', clipping: read.clipping, ...(at ? { at } : {}) });
}

/** Deletes what is selected, as cutting does. */
export function removeSelection({ studio: { documents } }: WindowState, reconnect = false, name = 'Delete'): void {
  const { nodes, groups } = documents.state.value.selection;
  documents.editor.transaction(name, () => {
    if (nodes.size > 0) documents.dispatch({ type: 'remove-nodes', nodes: [...nodes], reconnect });
    if (groups.size > 0) documents.dispatch({ type: 'remove-groups', groups: [...groups] });
  });
}

/** Takes part in the system's copy, cut and paste while no text field has the focus. No permission is needed this way. @returns what ends it. */
export function listenToClipboard(state: WindowState): () => void {
  const stop = new AbortController();
  const ours = (event: ClipboardEvent): boolean => !state.covered && !(event.target instanceof HTMLInputElement || event.target instanceof HTMLTextAreaElement) && (window.getSelection()?.toString() ?? '') === '';
  const copy = (event: ClipboardEvent): boolean => {
    const text = ours(event) ? selectionText(state) : undefined;
    if (text === undefined) return false;
    event.clipboardData?.setData('text/plain', text);
    event.preventDefault();
    return true;
  };
  document.addEventListener('copy', (event) => void copy(event), { signal: stop.signal });
  document.addEventListener('cut', (event) => { if (copy(event)) removeSelection(state, false, 'Cut'); }, { signal: stop.signal });
  document.addEventListener('paste', (event) => {
    const text = event.clipboardData?.getData('text/plain') ?? '';
    if (!ours(event) || text === '') return;
    event.preventDefault();
    pasteText(state, text);
  }, { signal: stop.signal });
  return () => stop.abort();
}

/** Copies by menu: writing needs no permission after a press. */
export async function copyByMenu(state: WindowState): Promise<void> {
  const text = selectionText(state);
  if (text !== undefined) await navigator.clipboard.writeText(text);
}

/** Pastes by menu; where the browser won't let us read the clipboard, it says so. */
export async function pasteByMenu(state: WindowState, at?: readonly [number, number]): Promise<void> {
  const text = await navigator.clipboard.readText().catch(() => undefined);
  if (text === undefined) state.studio.notices.tell('The browser keeps the clipboard to itself: paste with the keyboard.');
  else pasteText(state, text, at);
}
