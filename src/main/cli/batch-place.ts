import { InvalidArgumentError, Option, type Command } from 'commander';
import type { BatchPlan, PlannedGraph } from '../../contract/batch-plan.ts';
import { describeError, inputError } from '../../contract/errors.ts';
import { PROGRAM_VERSION } from '../../contract/version.ts';
import type { DeviceChoice } from '../../contract/devices.ts';
import type { RunFiles } from '../runtime/plan-graph.ts';
import type { BatchPlace } from '../services/batch/batch-ground.ts';
import { nodeCatalogue } from './catalogue.ts';
import type { CommandContext } from './command.ts';
import { startEngine } from './engine.ts';
import { addFleetOptions, connectFleet, type FleetFlags } from './fleet-options.ts';
import type { Workspace } from './workspace.ts';

/**
 * Memory for values that no row holds any more, beside the disk cache that has most of them too: what rows share is used by each and stays,
 * pictures of finished rows are never asked for again. A thousand rows must take no more memory than ten.
 */
const BATCH_VALUE_BYTES = 4 * 1024 * 1024;

/** Flags of `engram batch` that say where its rows run. */
export interface PlaceFlags extends FleetFlags {
  readonly device?: DeviceChoice;
  readonly store?: string;
  readonly rowsPerJob?: number;
  readonly priority?: number;
  readonly shareModels?: true;
  readonly retryFailed?: true;
}

type FilesFor = (plan: BatchPlan, graph: PlannedGraph) => RunFiles;

function localPlace(flags: PlaceFlags, workspace: Workspace, { console }: CommandContext): BatchPlace {
  const engine = startEngine(workspace, flags.device, (text) => {
    if (process.env['ENGRAM_DEBUG'] !== undefined) console.err(text.trimEnd());
  }, { valueMemory: Math.min(workspace.settings.valueMemory, BATCH_VALUE_BYTES) });
  return { runner: engine, close: () => engine.dispose() };
}

async function fleetPlace(flags: PlaceFlags, filesFor: FilesFor, context: CommandContext): Promise<BatchPlace> {
  const { console } = context;
  if (flags.store === undefined) throw inputError('cli.store', '--queue', 'must come with --store: the folder that all machines of the fleet share');
  const { fleet, redis } = await connectFleet(flags, context);
  return fleet.openFleetPlace(redis, flags.store, {
    catalogue: nodeCatalogue(), filesFor, program: PROGRAM_VERSION, shareModels: flags.shareModels === true, retryFailed: flags.retryFailed === true,
    ...(flags.rowsPerJob === undefined ? {} : { chunk: flags.rowsPerJob }), ...(flags.priority === undefined ? {} : { priority: flags.priority }),
    onSubmitted: ({ id, jobs, doneBefore }) => console.err(`Submitted as ${id}: ${jobs.length} jobs, ${doneBefore} rows are done already. Stopping this command leaves the fleet at work; \`engram fleet --cancel ${id}\` stops it.`),
    onTrouble: (error) => console.err(`note: ${describeError(error)} [${error.code}]`),
  });
}

/** Opens the place where rows run: a fleet with `--queue`, this machine without. @throws AppError `fleet.*`, `store.*`, `cli.store`. */
export async function openBatchPlace(flags: PlaceFlags, workspace: Workspace, filesFor: FilesFor, context: CommandContext): Promise<BatchPlace> {
  return flags.queue === undefined ? localPlace(flags, workspace, context) : fleetPlace(flags, filesFor, context);
}

function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < min || value > max) throw new InvalidArgumentError(`must be a whole number in ${min}..${max}`);
    return value;
  };
}

/** Adds the flags that send a batch to a fleet. */
export function addPlaceOptions(command: Command): Command {
  return addFleetOptions(command, false)
    .option('--store <dir>', 'with --queue: the folder that all machines of the fleet share')
    .addOption(new Option('--rows-per-job <n>', 'with --queue: rows that a worker takes at once; the batch\'s width when left out. More share runs of the model, and more are lost with a worker').argParser(wholeNumber(1, 64)))
    .addOption(new Option('--priority <n>', 'with --queue: batches of higher priority go first').argParser(wholeNumber(-1000, 1000)))
    .option('--share-models', 'with --queue: put models into the store, for workers with --fetch-models: gigabytes');
}
