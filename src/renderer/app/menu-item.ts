import { internalError } from '../../contract/errors.ts';
import type { MenuItem } from '../panels/kit/menu.tsx';
import { commandById, runCommand } from './commands/index.ts';
import { keysOf, showCombination } from './keys.ts';
import type { WindowState } from './window-context.ts';

/** A command as a line of a menu, with its keys. */
export function menuItem(window: WindowState, id: string, change: Partial<MenuItem> = {}): MenuItem {
  const command = commandById(id);
  if (!command) throw internalError('studio.unknown-command', `Command "${id}"`, 'must be listed');
  const keys = keysOf(command, window.studio.preferences.values.keys.value)[0];
  return {
    label: command.title,
    ...(command.icon ? { icon: command.icon } : {}),
    ...(keys === undefined ? {} : { keys: showCombination(keys) }),
    disabled: command.enabled?.(window) === false,
    run: () => runCommand(window, command),
    ...change,
  };
}
