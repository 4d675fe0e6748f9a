import { COMMANDS, runCommand } from './commands/index.ts';
import { combinationOf, commandFor } from './keys.ts';
import type { WindowState } from './window-context.ts';

/** Runs commands by their keys. @returns what ends listening. */
export function listenToKeys(state: WindowState): () => void {
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || event.isComposing || state.covered) return;
    if (event.key === 'Escape' && state.canvas?.cancelGesture() === true) return;
    const command = commandFor(combinationOf(event), COMMANDS, state.studio.preferences.values.keys.value, focusOf(event.target));
    // The clipboard's own keys come as clipboard events, which need no permission.
    if (!command || (command.native === true && command.keys?.includes(combinationOf(event)) === true)) return;
    event.preventDefault();
    runCommand(state, command);
  };
  window.addEventListener('keydown', onKeyDown);
  return () => window.removeEventListener('keydown', onKeyDown);
}

function focusOf(target: EventTarget | null): 'canvas' | 'field' | 'other' {
  if (!(target instanceof Element) || target === document.body || target.id === 'graph-canvas') return 'canvas';
  const typed = target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement || (target instanceof HTMLInputElement && !['checkbox', 'range', 'button'].includes(target.type));
  return typed ? 'field' : 'other';
}
