import { access, constants, mkdir, statfs } from 'node:fs/promises';
import { availableParallelism, freemem, totalmem } from 'node:os';
import type { ProbeOutcome } from '../../contract/devices.ts';
import { nodeCatalogue } from './catalogue.ts';
import type { CliCommand } from './command.ts';
import { startEngine } from './engine.ts';
import { openWorkspace } from './workspace.ts';

function printOutcome(outcome: ProbeOutcome): string {
  return outcome.works ? `works (${outcome.milliseconds.toFixed(1)} ms)` : `no: ${outcome.reason}`;
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1024 ** 3).toFixed(1)} GiB`;
}

async function describeFolder(folder: string): Promise<string> {
  try {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.W_OK);
    const { bavail, bsize } = await statfs(folder);
    return `${folder} (${gigabytes(bavail * bsize)} free)`;
  } catch (error) {
    return `${folder}: not writable, ${(error as Error).message}`;
  }
}

export const doctorCommand: CliCommand = {
  register(program, context) {
    program.command('doctor')
      .description('say what works on this machine: devices, memory, folders')
      .option('--json', 'print the findings as JSON')
      .action(async (options: { json?: true }) => {
        const workspace = await openWorkspace();
        const engine = startEngine(workspace, 'cpu', () => undefined);
        try {
          const devices = await engine.probeDevices();
          const facts = {
            node: process.version, system: `${process.platform} ${process.arch}`, cores: availableParallelism(),
            memory: `${gigabytes(totalmem())}, ${gigabytes(freemem())} free`, cache: await describeFolder(workspace.settings.cacheFolder),
            models: workspace.roots, nodeTypes: nodeCatalogue().length, cpu: await engine.deviceKey(), devices,
          };
          if (options.json === true) return context.console.out(JSON.stringify(facts));
          for (const name of ['node', 'system', 'cores', 'memory', 'cache', 'nodeTypes', 'cpu'] as const) context.console.out(`${name}: ${facts[name]}`);
          for (const [name, folder] of Object.entries(workspace.roots)) context.console.out(`models root ${name}: ${folder}`);
          for (const { title, float32, float16 } of devices) context.console.out(`${title}: float32 ${printOutcome(float32)}; float16 ${printOutcome(float16)}`);
          return undefined;
        } finally {
          await engine.dispose();
        }
      });
  },
};
