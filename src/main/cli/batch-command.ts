import { resolve } from 'node:path';
import { Option, type Command } from 'commander';
import { sizeInBytes, sizeSchema } from '../../contract/batch-file.ts';
import type { BatchSummary } from '../../contract/batch-events.ts';
import type { BatchPlan } from '../../contract/batch-plan.ts';
import { DEVICE_CHOICES } from '../../contract/devices.ts';
import { describeError, inputError, toErrorData, type ErrorData } from '../../contract/errors.ts';
import { GraphFaults } from '../runtime/read-graph.ts';
import { planInto, rowFilesOn, type BatchGround, type BatchPlace } from '../services/batch/batch-ground.ts';
import { BatchHistory } from '../services/batch/history.ts';
import { readBatch } from '../services/batch/read-batch.ts';
import { runBatch } from '../services/batch/run-batch.ts';
import { dryRunBatch } from './batch-dry-run.ts';
import { BatchDisplay } from './batch-display.ts';
import { addPlaceOptions, openBatchPlace, type PlaceFlags } from './batch-place.ts';
import { nodeCatalogue } from './catalogue.ts';
import type { CliCommand, CommandContext } from './command.ts';
import { printErrors } from './console.ts';
import { exitCodeOf } from './exit-codes.ts';
import { openWorkspace } from './workspace.ts';

interface BatchFlags extends PlaceFlags {
  readonly set: readonly string[];
  readonly out: string;
  readonly models?: string;
  readonly dryRun?: true;
  readonly resume?: true;
  readonly retryFailed?: true;
  readonly quota?: string;
  readonly json?: true;
}

function quotaOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const size = sizeSchema.safeParse(/^\d+$/.test(text) ? Number(text) : text);
  const bytes = size.success ? sizeInBytes(size.data) : Number.NaN;
  if (!Number.isSafeInteger(bytes)) throw inputError('cli.size', '--quota', 'must be a size such as "10 GB" or "512 MiB"', { got: text });
  return bytes;
}

async function planFile(path: string, flags: BatchFlags, ground: BatchGround, place: BatchPlace, context: CommandContext): Promise<BatchPlan> {
  const { plan } = await planInto(await readBatch(path, flags.set), resolve(flags.out), ground, { place, signal: context.signal });
  for (const notice of plan.notices) context.console.err(`note: ${describeError(notice)}`);
  return plan;
}

async function runFile(path: string, flags: BatchFlags, context: CommandContext): Promise<BatchSummary> {
  const quota = quotaOf(flags.quota);
  const workspace = await openWorkspace(flags.models);
  const history = await BatchHistory.open(workspace.settings.cacheFolder);
  const display = new BatchDisplay(context.console);
  const ground: BatchGround = { catalogue: nodeCatalogue(), roots: workspace.roots, hashes: workspace.hashes, history };
  const filesFor = rowFilesOn(ground);
  const place = await openBatchPlace(flags, workspace, filesFor, context);
  try {
    const plan = flags.resume === true ? undefined : await planFile(path, flags, ground, place, context);
    return await runBatch({
      ...(plan === undefined ? {} : { plan }), outputFolder: resolve(flags.out), runner: place.runner, signal: context.signal, filesFor,
      // How fast a fleet is says nothing of one machine.
      ...(place.runRow === undefined ? { history } : { runRow: place.runRow }), ...(place.rowsAtOnce === undefined ? {} : { rowsAtOnce: place.rowsAtOnce }),
      onEvent: (event) => { display.show(event); },
      ...(flags.retryFailed === true ? { retryFailed: true } : {}), ...(quota === undefined ? {} : { quota }),
    });
  } finally {
    display.close();
    await place.close();
  }
}

/** The errors that a summary comes to: what stopped it, else what its rows failed of. */
function errorsOf({ status, error, rows }: BatchSummary): readonly ErrorData[] {
  if (status === 'cancelled') return [{ code: 'run.cancelled', kind: 'cancelled', where: 'Batch', rule: 'the batch was stopped', hint: 'The same command goes on with it' }];
  if (error !== undefined) return [{ ...error, kind: 'run' }];
  return rows.flatMap((row) => (row.state === 'failed' && row.error !== undefined ? [{ ...row.error, kind: 'run' as const }] : []));
}

function answerJson(summary: BatchSummary): string {
  const { status, counts, recovery, reports, error } = summary;
  const failed = summary.rows.filter((row) => row.state === 'failed').map(({ row, error: why, attempts }) => ({ row: row.index + 1, output: row.output, attempts, error: why }));
  return JSON.stringify({ status, counts, recovery, reports, failed, ...(error === undefined ? {} : { error }) });
}

function printSummary(summary: BatchSummary, context: CommandContext): void {
  const { status, counts, rows, reports, error } = summary;
  for (const file of reports) context.console.out(file);
  const failed = rows.filter((row) => row.state === 'failed');
  for (const { row, error: why } of failed) if (why !== undefined) context.console.err(`failed: row ${row.index + 1} (${row.output}): ${describeError(why)} [${why.code}]`);
  context.console.err(`${status}: ${counts.done} of ${counts.total} rows are done${failed.length === 0 ? '' : `, ${failed.length} failed; --retry-failed runs those again`}`);
  if (error !== undefined) printErrors(context.console, [error]);
  if (status === 'cancelled' || status === 'paused') context.console.err('The same command goes on where this one stopped.');
}

async function carryOut(path: string, flags: BatchFlags, context: CommandContext): Promise<void> {
  try {
    if (flags.dryRun === true) return await dryRunBatch(path, flags, context.console);
    const summary = await runFile(path, flags, context);
    if (flags.json === true) context.console.out(answerJson(summary));
    else printSummary(summary, context);
    context.exit(exitCodeOf(errorsOf(summary)));
  } catch (thrown) {
    const errors: readonly ErrorData[] = context.signal.aborted && !(thrown instanceof GraphFaults)
      ? [{ ...toErrorData(thrown), kind: 'cancelled' }] : thrown instanceof GraphFaults ? thrown.faults : [toErrorData(thrown)];
    if (flags.json === true) context.console.out(JSON.stringify({ status: 'refused', errors }));
    printErrors(context.console, errors);
    context.exit(exitCodeOf(errors));
  }
}

/** Options that say what is run; the other forms of the command take them too. */
function addOptions(command: Command): Command {
  return addPlaceOptions(command)
    .option('--set <node.param=value...>', 'change params for all rows', (value: string, all: readonly string[]) => [...all, value], [] as readonly string[])
    .option('--out <dir>', 'folder for outputs; one batch each', 'out')
    .option('--models <dir>', 'the folder that models: stands for')
    .addOption(new Option('--device <device>', 'where to compute').choices(DEVICE_CHOICES))
    .option('--dry-run', 'say what the batch comes to, and start nothing')
    .option('--resume', 'go on with the plan in the output folder as it is, whatever has become of the batch file since')
    .option('--retry-failed', 'run the rows again that failed')
    .option('--quota <size>', 'stop before outputs take more than this, for example "10 GB"; wins over the batch file')
    .option('--json', 'print the outcome as JSON');
}

export const batchCommand: CliCommand = {
  register(program, context) {
    addOptions(program.command('batch')
      .description('render all rows of a batch file; the same command again goes on where the last one stopped, whatever stopped it')
      .argument('<file>', 'the .batch.json file'))
      .action((path: string, flags: BatchFlags) => carryOut(path, flags, context));
  },
};
