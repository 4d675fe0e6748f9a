import { internalError } from '../../../contract/errors.ts';
import type { WindowState } from '../window-context.ts';
import { ARRANGE_COMMANDS } from './arrange-commands.ts';
import type { StudioCommand } from './command.ts';
import { EDIT_COMMANDS } from './edit-commands.ts';
import { FILE_COMMANDS } from './file-commands.tsx';
import { KEYBOARD_COMMANDS } from './keyboard-commands.ts';
import { provideCommands } from './registry.ts';
import { RUN_COMMANDS } from './run-commands.ts';
import { VIEW_COMMANDS } from './view-commands.ts';

/** Every command, one entry each. */
export const COMMANDS: readonly StudioCommand[] = unique([...RUN_COMMANDS, ...EDIT_COMMANDS, ...KEYBOARD_COMMANDS, ...ARRANGE_COMMANDS, ...VIEW_COMMANDS, ...FILE_COMMANDS]);

provideCommands(COMMANDS);

function unique(commands: readonly StudioCommand[]): readonly StudioCommand[] {
  const seen = new Set<string>();
  for (const { id } of commands) {
    if (seen.has(id)) throw internalError('studio.duplicate-command', `Command "${id}"`, 'must be listed once');
    seen.add(id);
  }
  return commands;
}

/** A command by id. */
export function commandById(id: string): StudioCommand | undefined {
  return COMMANDS.find((command) => command.id === id);
}

/** Runs a command unless it can't be run now; what it throws is told. */
export function runCommand(window: WindowState, command: StudioCommand): void {
  if (command.enabled?.(window) === false) return;
  void window.studio.notices.attempt(async () => { await command.run(window); });
}
