import { InvalidArgumentError } from 'commander';
import { describeError } from '../../contract/errors.ts';
import type { FleetBatchView, FleetView, FleetWorkerView } from '../../contract/fleet.ts';
import type { CliCommand, CommandContext } from './command.ts';
import { addFleetOptions, connectFleet, type FleetConnection, type FleetFlags } from './fleet-options.ts';

interface FleetCommandFlags extends FleetFlags {
  readonly json?: true;
  readonly watch?: true;
  readonly pause?: string;
  readonly resume?: string;
  readonly cancel?: string;
  readonly retry?: string;
  readonly priority?: { readonly batch: string; readonly value: number };
}

const WATCH_EVERY_MS = 2000;

function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}

function printWorker(worker: FleetWorkerView): string[] {
  const { name, device, state, progress, batch, rowsDone, rowsFailed, rowsPerHour, seenSecondsAgo, because, cannot } = worker;
  const rows = progress === undefined || progress.total === 1 ? '' : ` ${progress.done}/${progress.total} rows`;
  const step = progress?.steps === undefined ? '' : ` step ${progress.step ?? 0}/${progress.steps}`;
  const doing = state === 'lost' ? `lost, last seen ${seenSecondsAgo} s ago` : `${state}${batch === undefined ? '' : ` with ${batch}`}${rows}${step}`;
  const speed = rowsPerHour === undefined ? '' : `, ${rowsPerHour} rows/h`;
  return [
    `  ${name.padEnd(24)} ${device.padEnd(7)} ${doing}; ${rowsDone} done${rowsFailed === 0 ? '' : `, ${rowsFailed} failures`}${speed}`,
    ...(because === undefined ? [] : [`    waits: ${because}`]),
    ...cannot.map((each) => `    can't serve ${each.batch}: ${each.reason}`),
  ];
}

function printBatch({ id, name, state, priority, rows, jobs, done, depth }: FleetBatchView): string[] {
  const per = rows === jobs ? '' : ` (${rows} rows)`;
  const needs = depth.map(({ need, waiting, active, setAside }) => `${need}: ${waiting} waiting, ${active} running${setAside === 0 ? '' : `, ${setAside} set aside`}`);
  return [`  ${name} (${id})${state === 'paused' ? ', paused' : ''}${priority === 0 ? '' : `, priority ${priority}`}: ${done}/${jobs} jobs${per} done; ${needs.join('; ')}`];
}

function printFleet(view: FleetView): string {
  const { redis, workers, batches, needs, failures, rowsPerHour } = view;
  const lines = [
    `Redis ${redis.address} ${redis.version}, ${mebibytes(redis.memoryBytes)}${redis.memoryLimitBytes === 0 ? '' : ` of ${mebibytes(redis.memoryLimitBytes)}`}`,
    ...redis.warnings.map((warning) => `  warning: ${describeError(warning)}`),
    `Workers: ${workers.filter(({ state }) => state !== 'lost').length}, ${rowsPerHour} rows/h`,
    ...workers.flatMap(printWorker),
    `Batches: ${batches.length}`,
    ...batches.flatMap(printBatch),
    ...needs.filter(({ waiting, workers: serving }) => waiting > 0 && serving === 0).map(({ need, waiting }) => `  nobody serves "${need}": ${waiting} jobs wait`),
    ...(failures.length === 0 ? [] : ['Set aside:']),
    ...failures.map(({ batch, row, failures: times, worker, error }) => `  ${batch}${row === undefined ? '' : ` row ${row + 1}`}: ${describeError(error)} [${error.code}], ${times} failures, last on ${worker || 'nobody'}`),
  ];
  return lines.join('\n');
}

/** Carries out what was asked of batches. @returns whether anything was. */
async function control({ fleet, redis }: FleetConnection, flags: FleetCommandFlags, { console }: CommandContext): Promise<boolean> {
  const batches = new fleet.FleetControl(redis);
  const { pause, resume, cancel, retry, priority } = flags;
  if (pause !== undefined) await batches.pause(await batches.find(pause));
  if (resume !== undefined) await batches.resume(await batches.find(resume));
  if (priority !== undefined) await batches.setPriority(await batches.find(priority.batch), priority.value);
  if (cancel !== undefined) await batches.cancel(await batches.find(cancel));
  if (retry !== undefined) console.err(`${await batches.retry(await batches.find(retry))} jobs get their tries again`);
  return [pause, resume, cancel, retry, priority].some((asked) => asked !== undefined);
}

async function show({ fleet, redis, address }: FleetConnection, flags: FleetCommandFlags, { console, signal }: CommandContext): Promise<void> {
  for (;;) {
    const view = await fleet.readFleet(redis, address);
    if (flags.watch === true && flags.json !== true && process.stdout.isTTY) console.out('\u001b[2J\u001b[H');
    console.out(flags.json === true ? JSON.stringify(view) : printFleet(view));
    if (flags.watch !== true || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, WATCH_EVERY_MS);
      signal.addEventListener('abort', () => { clearTimeout(timer); resolve(); }, { once: true });
    });
    if (signal.aborted) return;
  }
}

function parsePriority(text: string): { batch: string; value: number } {
  const match = /^(.+)=(-?\d{1,4})$/.exec(text);
  if (match === null) throw new InvalidArgumentError('must have the form BATCH=NUMBER');
  return { batch: match[1] as string, value: Number(match[2]) };
}

export const fleetCommand: CliCommand = {
  register(program, context) {
    addFleetOptions(program.command('fleet').description('look at a fleet: workers, devices, speed, what waits, what failed; pause, resume, cancel, retry its batches'), true)
      .option('--json', 'print it as JSON, one line each time')
      .option('--watch', 'print it again every two seconds')
      .option('--pause <batch>', 'begin no more rows of a batch; those that run are finished')
      .option('--resume <batch>', 'go on with a batch')
      .option('--cancel <batch>', 'take a batch out of the fleet; rows that run stop within a step')
      .option('--retry <batch>', 'give the rows of a batch that were set aside their tries again')
      .option('--priority <batch=number>', 'batches of higher priority go first', parsePriority)
      .action(async (flags: FleetCommandFlags) => {
        const connection = await connectFleet(flags, context);
        try {
          if (!(await control(connection, flags, context)) || flags.watch === true || flags.json === true) await show(connection, flags, context);
        } finally {
          connection.redis.disconnect();
        }
        context.exit(0);
      });
  },
};
