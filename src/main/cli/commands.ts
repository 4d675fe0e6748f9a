import { batchCommand } from './batch-command.ts';
import { benchmarkCommand } from './benchmark-command.ts';
import type { CliCommand } from './command.ts';
import { doctorCommand } from './doctor-command.ts';
import { fleetCommand } from './fleet-command.ts';
import { inspectCommand } from './inspect-command.ts';
import { nodesCommand } from './nodes-command.ts';
import { queueCommand } from './queue-command.ts';
import { runCommand } from './run-command.ts';
import { serveCommand } from './serve-command.ts';
import { stripCommand } from './strip-command.ts';
import { testCommand } from './test-command.ts';
import { tokensCommand } from './tokens-command.ts';
import { validateCommand } from './validate-command.ts';
import { workerCommand } from './worker-command.ts';
import { verifyCommand } from './verify-command.ts';

/** Every command, in the order of the help text. */
export const commands: readonly CliCommand[] = [runCommand, serveCommand, batchCommand, queueCommand, verifyCommand, testCommand, benchmarkCommand, stripCommand, validateCommand, nodesCommand, tokensCommand, inspectCommand, doctorCommand, workerCommand, fleetCommand];
