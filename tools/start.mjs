/**
 * `npm start`: sets up, builds, and opens the studio in a window; without Electron in the browser. Under CI or without a terminal it does the
 * main job instead and ends: binds a concept on the embedded backbone and renders with it.
 * Arguments are handed on: a graph to open, or options of `run`.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ensureBuilt, PROGRAM_BUNDLES } from './lib/build.mjs';
import { chooseStart, fetchElectron, findElectron } from './lib/electron.mjs';
import { becomeProgram, runTool } from './lib/main.mjs';
import { ROOT } from './lib/paths.mjs';
import { logLine, setUp } from './setup.mjs';

const GRAPH = join('graphs', 'bind-a-concept.graph.json');
const OUT = join('out', 'bind-a-concept');
const CLI = join(ROOT, 'dist', 'cli.mjs');

await runTool(async () => {
  await setUp();
  await ensureBuilt(ROOT, logLine, PROGRAM_BUNDLES);
  process.chdir(ROOT);
  const start = chooseStart({ environment: process.env, isTerminal: process.stdin.isTTY === true && process.stdout.isTTY === true, platform: process.platform });
  if (start === 'run') return runShippedGraph();
  const reason = start === 'browser' ? 'there is no screen here' : undefined;
  const failure = reason ?? (findElectron(ROOT) === undefined ? fetchElectron(ROOT, logLine) : undefined);
  const electron = failure === undefined ? findElectron(ROOT) : undefined;
  if (electron !== undefined) return openWindow(electron);
  logLine(`No window (${failure ?? 'Electron is not installed'}): serving the studio to your browser instead.`);
  await becomeProgram(CLI, ['serve', '--open', '--out', join('out', 'studio'), ...process.argv.slice(2)]);
});

async function runShippedGraph() {
  logLine(`Running ${GRAPH}; results go to ${OUT}`);
  await becomeProgram(CLI, ['run', GRAPH, '--out', OUT, ...process.argv.slice(2)]);
}

/** @param {string} electron */
async function openWindow(electron) {
  const child = spawn(electron, [join(ROOT, 'dist', 'main.mjs'), ...process.argv.slice(2)], { stdio: 'inherit' });
  process.exitCode = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });
}
