import { mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Option } from 'commander';
import { DEVICE_CHOICES, type DeviceChoice } from '../../contract/devices.ts';
import { cancelledError, describeError, toErrorData, type ErrorData } from '../../contract/errors.ts';
import type { CheckFinding } from '../../contract/graph-checks.ts';
import type { GraphFile } from '../../contract/graph-file.ts';
import { checkGraph, holds, type CheckResult } from '../runtime/check-graph.ts';
import type { NodeRunner } from '../runtime/node-runner.ts';
import { GraphFaults } from '../runtime/read-graph.ts';
import { writeFileAtomic } from '../services/atomic-write.ts';
import { spliceJson } from '../services/json-splice.ts';
import { createRunFiles } from '../services/run-files.ts';
import type { CliCommand, CommandContext } from './command.ts';
import { printDuration } from './console.ts';
import { startEngine } from './engine.ts';
import { readGraphFile } from './graph-input.ts';
import { RunDisplay } from './progress.ts';
import { openWorkspace, type Workspace } from './workspace.ts';

interface TestFlags {
  readonly models?: string;
  readonly device?: DeviceChoice;
  readonly update?: true;
  readonly json?: true;
}

/** What came of one graph file. */
interface GraphResult {
  readonly graph: string;
  readonly ok: boolean;
  readonly seconds: number;
  readonly checks: readonly CheckResult[];
  /** Parts of the file that were written anew, as `CHECK.PART`. */
  readonly updated: readonly string[];
  /** Why the graph could not be tested at all. */
  readonly errors: readonly ErrorData[];
}

/** Folders and the engine that all graphs of one command share. */
interface TestBench {
  readonly workspace: Workspace;
  readonly engine: NodeRunner;
  readonly outputFolder: string;
  readonly context: CommandContext;
}

/** What a rule comes to once the file says what was measured. */
function afterUpdate(finding: CheckFinding, check: string, updated: readonly string[]): CheckFinding {
  return updated.some((part) => part === `${check}.${finding.rule}` || part === `${check}.${finding.rule}.value`) ? { ...finding, ok: true, expected: finding.got } : finding;
}

/** Writes what was measured into the file and leaves all else in it as it is. @returns what was written */
async function update(path: string, checks: readonly CheckResult[]): Promise<string[]> {
  const parts = checks.flatMap(({ measured }) => measured);
  if (parts.length === 0) return [];
  const text = spliceJson(await readFile(path, 'utf8'), parts.map(({ path: below, value }) => ({ path: ['checks', ...below], value })), path);
  await writeFileAtomic(await realpath(path), new TextEncoder().encode(text));
  return parts.map(({ path: below }) => below.join('.'));
}

function titlesOf({ nodes }: GraphFile): Record<string, string> {
  return Object.fromEntries(Object.entries(nodes).map(([id, { title, type }]) => [id, `${title ?? id} (${type})`]));
}

async function testGraph(path: string, { workspace, engine, outputFolder, context }: TestBench, flags: TestFlags): Promise<GraphResult> {
  const started = performance.now();
  const seconds = (): number => (performance.now() - started) / 1000;
  let display: RunDisplay | undefined;
  try {
    const graph = await readGraphFile(path);
    display = new RunDisplay(context.console, titlesOf(graph));
    const shown = display;
    const files = createRunFiles(workspace.scope(dirname(await realpath(path))), workspace.hashes);
    const found = await checkGraph({ graph, where: path, runner: engine, files, outputFolder, signal: context.signal, onEvent: (event) => { if (flags.json !== true) shown.show(event); } });
    const updated = flags.update === true ? await update(path, found) : [];
    const checks = found.map((result) => ({ ...result, findings: result.findings.map((finding) => afterUpdate(finding, result.check, updated)) }));
    return { graph: path, ok: checks.every(holds), seconds: seconds(), checks, updated, errors: [] };
  } catch (thrown) {
    if (context.signal.aborted) throw cancelledError(path);
    return { graph: path, ok: false, seconds: seconds(), checks: [], updated: [], errors: thrown instanceof GraphFaults ? thrown.faults : [toErrorData(thrown, path)] };
  } finally {
    display?.close();
  }
}

function printFinding({ rule, ok, expected, got }: CheckFinding): string {
  return ok ? `      ok    ${rule}: ${got}` : `      FAIL  ${rule}: ${got}, expected ${expected}`;
}

function printResult({ graph, ok, seconds, checks, updated, errors }: GraphResult): string[] {
  const failed = checks.filter((check) => !holds(check)).length;
  const summary = errors.length > 0 ? 'could not be tested' : ok ? `${checks.length} checks hold` : `${failed} of ${checks.length} checks do not hold`;
  return [
    `${ok ? 'ok  ' : 'FAIL'}  ${graph}: ${summary} (${printDuration(seconds * 1000)})`,
    ...errors.map((error) => `    error: ${describeError(error)} [${error.code}]`),
    ...checks.flatMap((check) => [
      `    ${check.check} (${check.value})`,
      ...(check.error === undefined ? check.findings.map(printFinding) : [`      FAIL  ${describeError(check.error)} [${check.error.code}]`]),
    ]),
    ...updated.map((part) => `    written: ${part}`),
  ];
}

/** 2 when a file can't be tested as it is, else 1 when a check doesn't hold, else 0. */
function exitOf(results: readonly GraphResult[]): number {
  const errors = results.flatMap((result) => [...result.errors, ...result.checks.flatMap(({ error }) => error ?? [])]);
  if (errors.some(({ kind }) => kind === 'input')) return 2;
  return results.every(({ ok }) => ok) ? 0 : 1;
}

async function testFiles(paths: readonly string[], flags: TestFlags, context: CommandContext): Promise<GraphResult[]> {
  const workspace = await openWorkspace(flags.models);
  // Nothing that an earlier program has computed may answer for this one: cache and outputs are new, and gone afterwards.
  const folder = await mkdtemp(join(tmpdir(), 'engram-checks-'));
  const onOutput = (text: string): void => { if (process.env['ENGRAM_DEBUG'] !== undefined) context.console.err(text.trimEnd()); };
  const engine = startEngine(workspace, flags.device, onOutput, { cacheFolder: join(folder, 'cache'), cacheLimit: 0 });
  try {
    const results: GraphResult[] = [];
    for (const path of paths) {
      const result = await testGraph(path, { workspace, engine, outputFolder: join(folder, 'out'), context }, flags);
      results.push(result);
      if (flags.json !== true) context.console.out(printResult(result).join('\n'));
    }
    return results;
  } finally {
    await engine.dispose();
    await rm(folder, { recursive: true, force: true });
  }
}

export const testCommand: CliCommand = {
  register(program, context) {
    program.command('test')
      .description('run graphs and compare what they make with the golden checks in their files, with nothing cached')
      .argument('<graph...>', 'graph files with "checks"')
      .option('--update', 'write measured shapes, hashes and means into the files; bounds of facts stay as they are')
      .option('--models <dir>', 'the folder that models: stands for')
      .addOption(new Option('--device <device>', 'where to compute').choices(DEVICE_CHOICES))
      .option('--json', 'print the findings as JSON')
      .action(async (paths: readonly string[], flags: TestFlags) => {
        const results = await testFiles(paths, flags, context);
        if (flags.json === true) context.console.out(JSON.stringify({ ok: results.every(({ ok }) => ok), graphs: results.map(({ checks, ...rest }) => ({ ...rest, checks: checks.map((check) => ({ ...check, measured: undefined, ok: holds(check) })) })) }));
        context.exit(exitOf(results));
      });
  },
};
