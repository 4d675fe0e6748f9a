import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Option, type Command } from 'commander';
import { DEVICE_CHOICES, type DeviceChoice } from '../../contract/devices.ts';
import { inputError } from '../../contract/errors.ts';
import { createSessionProvider } from '../engine/sessions.ts';
import { measureAdherence } from './benchmark/adherence.ts';
import { benchmarkBackbone, BENCHMARK_BACKBONES } from './benchmark/backbones.ts';
import { chooseIdentities, readHeldOutCaptions, readIdentities } from './benchmark/data.ts';
import { benchmarkIdentity, benchmarkPair, type BenchmarkPlace, type IdentityResult, type PairResult } from './benchmark/identity-benchmark.ts';
import { BENCHMARK_METHODS } from './benchmark/methods.ts';
import { openProbes } from './benchmark/probes.ts';
import { htmlReport } from './benchmark/report.ts';
import { percent, printSummary, summarize } from './benchmark/summary.ts';
import type { CliCommand, CommandContext } from './command.ts';
import { printDuration } from './console.ts';
import { startEngine } from './engine.ts';
import { RunDisplay } from './progress.ts';
import { openWorkspace, resourceFolder } from './workspace.ts';

interface BenchmarkFlags {
  readonly backbone: string;
  readonly identities?: readonly string[];
  readonly seeds: readonly string[];
  readonly pairs: boolean;
  readonly captions: string;
  readonly data: string;
  readonly out: string;
  readonly models?: string;
  readonly device?: DeviceChoice;
  readonly json?: true;
}

function seedsOf(texts: readonly string[]): number[] {
  return texts.map((text) => {
    const seed = Number(text);
    if (!/^\d+$/.test(text) || !Number.isSafeInteger(seed)) throw inputError('benchmark.seed', '--seeds', 'must be whole numbers from 0 on', { got: text });
    return seed;
  });
}

type Place = Omit<BenchmarkPlace, 'data'>;

/** Opens everything that a benchmark runs on, and shuts it down afterwards. */
async function withPlace<T>(flags: BenchmarkFlags, context: CommandContext, body: (place: Place) => Promise<T>): Promise<T> {
  const backbone = benchmarkBackbone(flags.backbone);
  const workspace = await openWorkspace(flags.models);
  const seeds = seedsOf(flags.seeds);
  const probes = await openProbes(await workspace.openModel(flags.data));
  const runner = startEngine(workspace, flags.device, (text) => { if (process.env['ENGRAM_DEBUG'] !== undefined) context.console.err(text.trimEnd()); });
  const sessions = await createSessionProvider({ device: 'cpu' });
  const display = new RunDisplay(context.console, {});
  try {
    return await body({
      backbone, workspace, probes, runner, sessions, seeds, dataFolder: resolve(flags.data), outputFolder: resolve(flags.out), signal: context.signal,
      onEvent: (label, event) => {
        if (event.type === 'run-start') context.console.err(label);
        display.show(event);
      },
    });
  } finally {
    display.close();
    await sessions.dispose();
    await runner.dispose();
  }
}

async function writeOut(folder: string, name: string, text: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

async function runIdentity(flags: BenchmarkFlags, context: CommandContext): Promise<void> {
  const started = performance.now();
  await withPlace(flags, context, async (bare) => {
    const data = await readIdentities(bare.dataFolder);
    const place: BenchmarkPlace = { ...bare, data };
    const results: IdentityResult[] = [];
    for (const identity of chooseIdentities(data, flags.identities)) results.push(await benchmarkIdentity(identity, place));
    const bound = new Set(results.map(({ identity }) => identity.name));
    const pairs: PairResult[] = [];
    for (const pair of flags.pairs ? data.pairs.filter(({ left, right }) => bound.has(left) && bound.has(right)) : []) pairs.push(await benchmarkPair(pair, results, place));
    const summary = summarize(place.backbone.name, place.seeds, results, pairs, data, place.probes.config.accuracy);
    const docs = Object.fromEntries(BENCHMARK_METHODS.map(({ name, doc }) => [name, doc]));
    const report = await writeOut(place.outputFolder, 'identity.html', await htmlReport(summary, results, pairs, place.dataFolder, docs));
    if (flags.json === true) context.console.out(JSON.stringify(summary));
    else for (const line of printSummary(summary)) context.console.out(line);
    context.console.err(`${report}, ${printDuration(performance.now() - started)}`);
  });
}

async function runAdherence(flags: BenchmarkFlags, context: CommandContext): Promise<void> {
  await withPlace(flags, context, async (place) => {
    const count = Number(flags.captions);
    if (!Number.isInteger(count) || count < 1) throw inputError('benchmark.captions', '--captions', 'must be a whole number from 1 on', { got: flags.captions });
    const { pictures, ...result } = await measureAdherence((await readHeldOutCaptions(place.dataFolder)).slice(0, count), place);
    if (flags.json === true) context.console.out(JSON.stringify({ ...result, probeAccuracy: place.probes.config.accuracy, pictures: pictures.map(({ path }) => path) }));
    else {
      for (const [attribute, share] of Object.entries(result.shares)) context.console.out(`${attribute.padEnd(14)} ${percent(share).padStart(7)} of ${result.asked[attribute] ?? 0}`);
      context.console.out(`mean ${percent(result.mean)}, worst ${percent(result.worst)} over ${result.captions} captions`);
    }
  });
}

function shared(command: Command, out: string): Command {
  return command
    .option('--backbone <name>', `the backbone: ${BENCHMARK_BACKBONES.map(({ name }) => name).join(', ')}`, BENCHMARK_BACKBONES[0]?.name)
    .option('--seeds <number...>', 'seeds of the pictures', ['1', '2', '3'])
    .option('--data <dir>', 'the benchmark\'s data', join(resourceFolder('benchmarks'), 'identity'))
    .option('--out <dir>', 'folder for pictures, tables and the report', out)
    .option('--models <dir>', 'the folder that models: stands for')
    .addOption(new Option('--device <device>', 'where to compute').choices(DEVICE_CHOICES))
    .option('--json', 'print the figures as JSON');
}

export const benchmarkCommand: CliCommand = {
  register(program, context) {
    const benchmark = program.command('benchmark').description('measure how well a backbone is bound to identities, with probes that read pictures');
    shared(benchmark.command('identity').description('bind identities to a frozen backbone and measure identity, mark, scene, leak and diversity'), 'out/benchmark')
      .option('--identities <name...>', 'identities to bind; all when left out')
      .option('--no-pairs', 'leave out pictures with two identities')
      .action((flags: BenchmarkFlags) => runIdentity(flags, context));
    shared(benchmark.command('adherence').description('measure how well a backbone follows held-out captions'), 'out/adherence')
      .option('--captions <count>', 'how many of the captions', '300')
      .action((flags: BenchmarkFlags) => runAdherence(flags, context));
  },
};
