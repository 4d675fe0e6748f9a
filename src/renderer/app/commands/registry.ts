import type { StudioCommand } from './command.ts';

let commands: readonly StudioCommand[] = [];

/** Lays the list of all commands down for dialogs that commands themselves open, and that so can't import the list. */
export function provideCommands(list: readonly StudioCommand[]): void {
  commands = list;
}

/** Every command. */
export function allCommands(): readonly StudioCommand[] {
  return commands;
}
