import { hostname, totalmem } from 'node:os';
import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { InvalidArgumentError, Option } from 'commander';
import { DEVICE_CHOICES, DEVICE_IDS, type DeviceChoice, type DeviceId } from '../../contract/devices.ts';
import { describeError, inputError } from '../../contract/errors.ts';
import { PROGRAM_VERSION } from '../../contract/version.ts';
import type { WorkerEvent } from '../services/fleet/index.ts';
import type { CliCommand, CommandContext } from './command.ts';
import { startEngine } from './engine.ts';
import { addFleetOptions, connectFleet, type FleetFlags } from './fleet-options.ts';
import { openWorkspace } from './workspace.ts';

interface WorkerFlags extends FleetFlags {
  readonly store: string;
  readonly models?: string;
  readonly device?: DeviceChoice;
  readonly name?: string;
  readonly fetchModels?: true;
  readonly once?: true;
  readonly lease: number;
  readonly grace: number;
  readonly json?: true;
}

function seconds(text: string): number {
  const value = Number(text);
  if (!(value >= 1 && value <= 86_400)) throw new InvalidArgumentError('must be a number of seconds in 1..86400');
  return value;
}

function printEvent(event: WorkerEvent): string {
  switch (event.type) {
    case 'row-start': return `${event.batch}: row ${event.row + 1} (${event.output})${event.failures === 0 ? '' : `, has failed ${event.failures} times`}`;
    case 'row-done': return `  done in ${event.seconds.toFixed(1)} s${event.late ? '; another worker was faster' : ''}`;
    case 'row-failed': return `  failed: ${describeError(event.error)} [${event.error.code}]`;
    case 'job-back': return `  given back: ${event.reason}`;
    case 'cannot': return `Batch "${event.batch}" can't be served here: ${event.reason}`;
    case 'waiting': return `Waiting ${event.seconds} s: ${describeError(event.error)} [${event.error.code}]`;
  }
}

/** The provider that a device key begins with. */
function deviceOf(deviceKey: string): DeviceId {
  const device = DEVICE_IDS.find((id) => deviceKey.startsWith(id));
  if (device === undefined) throw inputError('fleet.device', 'Worker', 'must know its device', { got: deviceKey });
  return device;
}

async function work(flags: WorkerFlags, context: CommandContext): Promise<void> {
  const { console } = context;
  const { fleet, redis, address } = await connectFleet(flags, context);
  const workspace = await openWorkspace(flags.models);
  const cache = join(workspace.settings.cacheFolder, 'fleet');
  const engine = startEngine(workspace, flags.device, (text) => {
    if (process.env['ENGRAM_DEBUG'] !== undefined) console.err(text.trimEnd());
  });
  const scratchFolder = await fleet.openScratch(join(cache, 'scratch'));
  try {
    const store = await fleet.openStore(flags.store);
    const deviceKey = await engine.deviceKey();
    const name = flags.name ?? `${hostname()}-${process.pid}`;
    const files = new fleet.FleetFiles({
      store, hashes: workspace.hashes, cacheFolder: join(cache, 'fetched'), fetchModels: flags.fetchModels === true,
      folders: [...(flags.models === undefined ? [] : [resolve(flags.models)]), ...Object.values(workspace.roots)],
    });
    const worker = new fleet.FleetWorker({
      redis, store, name, deviceKey, device: deviceOf(deviceKey), memoryBytes: totalmem(), program: PROGRAM_VERSION,
      renderer: new fleet.EngineRows({ engine, files, hashes: workspace.hashes, scratchFolder, program: PROGRAM_VERSION }),
      leaseMs: flags.lease * 1000, graceMs: flags.grace * 1000, once: flags.once === true,
      onEvent: (event) => { if (flags.json === true) console.out(JSON.stringify(event)); else console.err(printEvent(event)); },
    });
    console.err(`Worker "${name}" on ${deviceKey}: queue ${address}, store ${store.location}`);
    await worker.run(context.signal);
  } finally {
    await engine.dispose();
    redis.disconnect();
    await rm(scratchFolder, { recursive: true, force: true });
  }
}

export const workerCommand: CliCommand = {
  register(program, context) {
    addFleetOptions(program.command('worker').description('render rows of the batches of a fleet, one after the other, until stopped'), true)
      .requiredOption('--store <dir>', 'the folder that all machines of the fleet share')
      .option('--models <dir>', 'the folder that models: stands for; models are found in it by their contents')
      .addOption(new Option('--device <device>', 'where to compute').choices(DEVICE_CHOICES))
      .option('--name <name>', 'what the fleet calls this worker; its host name and process number when left out')
      .option('--fetch-models', 'take models from the store that this machine hasn\'t got: gigabytes')
      .option('--once', 'end when nothing is left to do')
      .addOption(new Option('--lease <seconds>', 'after a worker says nothing for this long, its row goes to others').argParser(seconds).default(30))
      .addOption(new Option('--grace <seconds>', 'time to finish the row at hand when stopped; then it is given back').argParser(seconds).default(60))
      .option('--json', 'print events as JSON, one a line')
      .action(async (flags: WorkerFlags) => {
        await work(flags, context);
        context.exit(0);
      });
  },
};
