import type { StudioCommand } from './command.ts';

/** Commands that put nodes in order. */
export const ARRANGE_COMMANDS: readonly StudioCommand[] = [];
