import type { StudioCommand } from './commands/command.ts';

const MAC = /mac/i.test(globalThis.navigator?.platform ?? '');
const NAMES: Readonly<Record<string, string>> = { ' ': 'Space', Esc: 'Escape', Del: 'Delete' };
const SIGNS: Readonly<Record<string, string>> = { Mod: MAC ? '⌘' : 'Ctrl', Shift: MAC ? '⇧' : 'Shift', Alt: MAC ? '⌥' : 'Alt', ArrowUp: '↑', ArrowDown: '↓', ArrowLeft: '←', ArrowRight: '→' };

/** The combination of a key press: `Mod+Shift+Z`; letters as on the keyboard, whatever Shift makes of them. */
export function combinationOf(event: Pick<KeyboardEvent, 'key' | 'code' | 'ctrlKey' | 'metaKey' | 'shiftKey' | 'altKey'>, mac = MAC): string {
  const main = mac ? event.metaKey : event.ctrlKey;
  const other = mac ? event.ctrlKey : event.metaKey;
  const digit = /^Digit(\d)$/.exec(event.code)?.[1];
  const letter = /^Key([A-Z])$/.exec(event.code)?.[1];
  const plain = event.key.length === 1 && /[a-z]/i.test(event.key) ? event.key.toUpperCase() : NAMES[event.key] ?? event.key;
  // Alt and Shift change what a key writes; the binding is to the key.
  const key = event.altKey || (event.shiftKey && digit !== undefined) ? letter ?? digit ?? plain : plain;
  return [main ? 'Mod' : '', other ? 'Meta' : '', event.altKey ? 'Alt' : '', event.shiftKey ? 'Shift' : '', key].filter((part) => part !== '').join('+');
}

/** A combination as it is shown: `Ctrl+Shift+Z`, `⌘⇧Z`. */
export function showCombination(combination: string): string {
  return combination.split('+').map((part) => SIGNS[part] ?? part).join(MAC ? '' : '+');
}

/** The combinations of a command: the person's own, else the ones it comes with. */
export function keysOf(command: StudioCommand, own: Readonly<Record<string, readonly string[]>>): readonly string[] {
  return Object.hasOwn(own, command.id) ? own[command.id] ?? [] : command.keys ?? [];
}

/** The command that a combination runs, given where the focus is. */
export function commandFor(combination: string, commands: readonly StudioCommand[], own: Readonly<Record<string, readonly string[]>>, focus: 'canvas' | 'field' | 'other'): StudioCommand | undefined {
  return commands.find((command) => {
    if (!keysOf(command, own).includes(combination)) return false;
    if (focus === 'field') return command.inFields === true;
    return command.onCanvas !== true || focus === 'canvas';
  });
}

/** Combinations that several commands share. */
export function conflicts(commands: readonly StudioCommand[], own: Readonly<Record<string, readonly string[]>>): ReadonlyMap<string, readonly StudioCommand[]> {
  const byKeys = new Map<string, StudioCommand[]>();
  for (const command of commands) for (const keys of keysOf(command, own)) byKeys.set(keys, [...byKeys.get(keys) ?? [], command]);
  return new Map([...byKeys].filter(([, list]) => list.length > 1));
}
