import { Command, CommanderError } from 'commander';
import { toErrorData } from '../contract/errors.ts';
import { PROGRAM_VERSION } from '../contract/version.ts';
import { GraphFaults } from './runtime/read-graph.ts';
import type { CommandContext } from './cli/command.ts';
import { commands } from './cli/commands.ts';
import { printErrors, processConsole } from './cli/console.ts';
import { exitCodeOf } from './cli/exit-codes.ts';

/** Under npm one Ctrl-C comes twice: from the terminal, and handed on by npm. A person is slower. */
const SAME_PRESS_MS = 400;

/** Ends the process with 130 at the second Ctrl-C; the first one asks the run to stop within its step. */
function abortOnSignals(controller: AbortController): void {
  let first = 0;
  const stop = (): void => {
    if (controller.signal.aborted) {
      if (performance.now() - first > SAME_PRESS_MS) process.exit(130);
      return;
    }
    first = performance.now();
    // Keeps the process up for the second coming: a signal while Node is ending would count as a kill.
    setTimeout(() => undefined, SAME_PRESS_MS);
    process.stderr.write('\nStopping after this step; once more to stop at once.\n');
    controller.abort();
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
}

/** Runs the command line. */
async function main(argv: readonly string[]): Promise<void> {
  const controller = new AbortController();
  abortOnSignals(controller);
  const console = processConsole();
  const context: CommandContext = { console, signal: controller.signal, exit: (code) => { process.exitCode = code; } };
  const program = new Command('engram')
    .description('Binds a trigger phrase to a visual identity inside a frozen image generator, and renders with it.')
    .version(PROGRAM_VERSION)
    .exitOverride()
    .showHelpAfterError('(--help lists what there is)');
  for (const command of commands) command.register(program, context);
  try {
    await program.parseAsync([...argv], { from: 'user' });
  } catch (thrown) {
    if (thrown instanceof CommanderError) {
      process.exitCode = thrown.exitCode === 0 ? 0 : 2;
      return;
    }
    const errors = thrown instanceof GraphFaults ? thrown.faults : [toErrorData(thrown)];
    printErrors(console, errors);
    if (process.env['ENGRAM_DEBUG'] !== undefined && thrown instanceof Error) console.err(thrown.stack ?? '');
    process.exitCode = exitCodeOf(errors);
  }
}

await main(process.argv.slice(2));
