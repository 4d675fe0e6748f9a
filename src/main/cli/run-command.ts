import { realpath } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { Option } from 'commander';
import { DEVICE_CHOICES, type DeviceChoice } from '../../contract/devices.ts';
import { toErrorData, type ErrorData } from '../../contract/errors.ts';
import type { GraphFile } from '../../contract/graph-file.ts';
import type { RunSummary } from '../../contract/run-events.ts';
import { runGraph } from '../runtime/execute.ts';
import { GraphFaults } from '../runtime/read-graph.ts';
import { createRunFiles } from '../services/run-files.ts';
import { createRunMemory } from '../services/run-memory.ts';
import { nodeCatalogue } from './catalogue.ts';
import type { CliCommand, CommandContext } from './command.ts';
import { printDuration, printErrors } from './console.ts';
import { startEngine } from './engine.ts';
import { exitCodeOf } from './exit-codes.ts';
import { applySettings, readGraphFile } from './graph-input.ts';
import { RunDisplay } from './progress.ts';
import { openWorkspace } from './workspace.ts';

interface RunFlags {
  readonly set: readonly string[];
  readonly out: string;
  readonly models?: string;
  readonly device?: DeviceChoice;
  readonly only?: readonly string[];
  readonly json?: true;
}

/** The answer of `run --json`: `error` is the first of `errors`, and both are left out when all went well. */
function answerJson(summary: Pick<RunSummary, 'outputs' | 'nodes' | 'errors'>): string {
  const outputs = summary.outputs.map(({ node, kind, path, sha256, pixels }) => ({ node, kind, path, sha256, ...(pixels === undefined ? {} : { pixels }) }));
  const nodes = summary.nodes.map(({ id, type, ms, cached }) => ({ id, type, ms: Math.round(ms), cached: cached !== false }));
  const { errors } = summary;
  const [error] = errors;
  return JSON.stringify({ outputs, nodes, ...(error === undefined ? {} : { error, errors }) });
}

function titlesOf(graph: GraphFile): Record<string, string> {
  return Object.fromEntries(Object.entries(graph.nodes).map(([id, node]) => [id, node.title === undefined ? `${id} (${node.type})` : `${node.title} (${node.type})`]));
}

async function runFile(path: string, flags: RunFlags, context: CommandContext): Promise<RunSummary> {
  const workspace = await openWorkspace(flags.models);
  const graph = applySettings(await readGraphFile(path), flags.set, nodeCatalogue());
  const graphPath = await realpath(path);
  const display = new RunDisplay(context.console, titlesOf(graph));
  const engine = startEngine(workspace, flags.device, (text) => {
    // Drivers and ONNX Runtime chat; what matters reaches the user as an error, with the last lines.
    if (process.env['ENGRAM_DEBUG'] !== undefined) context.console.err(text.trimEnd());
  });
  try {
    return await runGraph({
      graph, where: path, runner: engine, signal: context.signal, outputFolder: resolve(flags.out),
      files: createRunFiles(workspace.scope(dirname(graphPath)), workspace.hashes),
      memory: createRunMemory(join(workspace.settings.cacheFolder, 'runs'), graphPath),
      ...(flags.only === undefined ? {} : { targets: flags.only }),
      onEvent: (event) => { display.show(event); },
    });
  } finally {
    display.close();
    await engine.dispose();
  }
}

function printSummary(summary: RunSummary, started: number, context: CommandContext): void {
  for (const { kind, path } of summary.outputs) context.console.out(`${kind.padEnd(13)} ${path}`);
  const ran = summary.nodes.filter((node) => node.cached === false).length;
  context.console.err(`${summary.status} in ${printDuration(performance.now() - started)}: ${ran} nodes run, ${summary.nodes.length - ran} from the cache`);
}

export const runCommand: CliCommand = {
  register(program, context) {
    program.command('run')
      .description('run a graph: everything that writes or compares, or only the nodes named')
      .argument('<graph>', 'the .graph.json file')
      .option('--set <node.param=value...>', 'change params for this run', (value: string, all: readonly string[]) => [...all, value], [] as readonly string[])
      .option('--only <node...>', 'run for these nodes alone')
      .option('--out <dir>', 'folder for outputs', 'out')
      .option('--models <dir>', 'the folder that models: stands for')
      .addOption(new Option('--device <device>', 'where to compute').choices(DEVICE_CHOICES))
      .option('--json', 'print outputs, nodes and error as JSON')
      .action(async (path: string, flags: RunFlags) => {
        const started = performance.now();
        try {
          const summary = await runFile(path, flags, context);
          if (flags.json === true) context.console.out(answerJson(summary));
          else printSummary(summary, started, context);
          context.exit(exitCodeOf(summary.errors));
        } catch (thrown) {
          const errors: readonly ErrorData[] = thrown instanceof GraphFaults ? thrown.faults : [toErrorData(thrown)];
          if (flags.json === true) context.console.out(answerJson({ outputs: [], nodes: [], errors }));
          printErrors(context.console, errors);
          context.exit(exitCodeOf(errors));
        }
      });
  },
};
