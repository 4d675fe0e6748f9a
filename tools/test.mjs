/**
 * `npm test`: everything that must hold, each step timed. A step that fails does not keep the rest from running.
 * Usage: npm test [-- STEP…]
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ensureBuilt } from './lib/build.mjs';
import { runTool } from './lib/main.mjs';
import { ROOT } from './lib/paths.mjs';
import { logLine, setUp } from './setup.mjs';

const RESULTS = join('.cache', 'test-results.json');

/**
 * @typedef {object} Step
 * @property {string} name
 * @property {string} what
 * @property {() => Promise<boolean> | boolean} run Whether it went well.
 */

/** @type {readonly Step[]} */
const STEPS = [
  { name: 'build', what: 'bundle dist/', run: buildBundles },
  { name: 'types', what: 'check types, layer by layer', run: () => runBin('typescript', 'bin/tsc', ['-b', '--pretty', 'false']) },
  { name: 'lint', what: 'lint', run: () => runBin('eslint', 'bin/eslint.js', ['.', '--max-warnings', '0']) },
  { name: 'layers', what: 'check the import graph', run: () => runNode(['tools/layers.mjs']) },
  { name: 'units', what: 'run the tests under test/', run: runUnitTests },
  { name: 'graphs', what: 'validate and run the graphs that ship', run: () => runNode(['tools/check-graphs.mjs']) },
];

/**
 * @param {string[]} args Step names; none means all.
 * @throws {Error} For a name that is no step.
 */
async function main(args) {
  const unknown = args.find((name) => !STEPS.some((step) => step.name === name));
  if (unknown !== undefined) throw new Error(`Unknown step "${unknown}"; steps are ${STEPS.map((step) => step.name).join(', ')}`);
  process.chdir(ROOT);
  // Counts are told of tests that run in this call alone.
  rmSync(RESULTS, { force: true });
  const setup = await timed('setup', async () => (await setUp({ forTests: true }), true));
  const results = [setup];
  for (const step of STEPS) {
    if (args.length > 0 && !args.includes(step.name)) continue;
    logLine(`\n--- ${step.name}: ${step.what}`);
    results.push(await timed(step.name, step.run));
  }
  report(results);
}

/**
 * @param {string} name
 * @param {() => Promise<boolean> | boolean} run
 */
async function timed(name, run) {
  const started = performance.now();
  const ok = await run();
  return { name, ok, seconds: (performance.now() - started) / 1000 };
}

/** @param {readonly { name: string, ok: boolean, seconds: number }[]} results */
function report(results) {
  logLine('');
  for (const { name, ok, seconds } of results) logLine(`${name.padEnd(8)} ${seconds.toFixed(1).padStart(7)} s  ${ok ? 'ok' : 'FAILED'}`);
  const failed = results.filter((result) => !result.ok);
  if (failed.length > 0) {
    logLine(`Failed: ${failed.map((result) => result.name).join(', ')}. Run one alone with \`npm test -- ${failed[0]?.name}\`.`);
    process.exitCode = 1;
  }
  const counts = readCounts();
  if (counts) process.stdout.write(`Tests: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`);
}

async function buildBundles() {
  try {
    await ensureBuilt(ROOT, logLine);
    return true;
  } catch (error) {
    logLine(error instanceof Error ? error.message : String(error));
    return false;
  }
}

function runUnitTests() {
  return runBin('vitest', 'vitest.mjs', ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${RESULTS}`]);
}

/** @returns {{ passed: number, failed: number, skipped: number } | undefined} Counts of this run's unit tests, if they ran. */
function readCounts() {
  if (!existsSync(RESULTS)) return undefined;
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = JSON.parse(readFileSync(RESULTS, 'utf8'));
  return { passed: numPassedTests, failed: numFailedTests, skipped: numPendingTests + numTodoTests };
}

/**
 * @param {string} packageName
 * @param {string} script The program inside the package: no shell and no search path are involved.
 * @param {string[]} args
 */
function runBin(packageName, script, args) {
  return runNode([join('node_modules', packageName, script), ...args]);
}

/** @param {string[]} args */
function runNode(args) {
  return spawnSync(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'] }).status === 0;
}

await runTool(() => main(process.argv.slice(2)));
