import type { Command } from 'commander';
import type { Console } from './console.ts';

/** What every command gets. */
export interface CommandContext {
  readonly console: Console;
  /** Aborted by the first Ctrl-C. */
  readonly signal: AbortSignal;
  /** Sets the process's exit code. */
  exit(code: number): void;
}

/** One command of the program: one file and one entry of the list. */
export interface CliCommand {
  register(program: Command, context: CommandContext): void;
}
