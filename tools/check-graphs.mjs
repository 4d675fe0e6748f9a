/**
 * Checks the graphs that ship: each one validates, and each one runs to its end in short form (two steps wherever it says how many),
 * with nothing cached, on the embedded backbone, writing the files that it reports.
 * Usage: node tools/check-graphs.mjs [GRAPH…]
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { isMain, runTool } from './lib/main.mjs';
import { ROOT } from './lib/paths.mjs';
import { logLine } from './setup.mjs';

/** Parameters that say how long a node works, and what they are in short form. Nodes are told by these alone. */
const SHORT_FORM = { steps: 2, warmupSteps: 0 };

/**
 * Lists the graphs that ship.
 *
 * @returns {string[]} Paths relative to the repository root.
 */
export function shippedGraphs() {
  return readdirSync(join(ROOT, 'graphs'))
    .filter((name) => name.endsWith('.graph.json'))
    .map((name) => join('graphs', name));
}

/**
 * Names the settings that make a graph short.
 *
 * @param {string} graphText Text of a graph file.
 * @returns {string[]} `node.param=value` for `--set`.
 */
export function shortForm(graphText) {
  const { nodes } = /** @type {{ nodes: Record<string, { params: Record<string, unknown> }> }} */ (JSON.parse(graphText));
  return Object.entries(nodes).flatMap(([id, { params }]) =>
    Object.entries(SHORT_FORM)
      .filter(([name]) => typeof params[name] === 'number')
      .map(([name, value]) => `${id}.${name}=${value}`),
  );
}

/**
 * @param {string} graph Path relative to the root.
 * @param {string} folder Empty folder for results and cache.
 * @returns {string | undefined} What is wrong, or undefined.
 */
function check(graph, folder) {
  const validation = engram(['validate', graph], folder);
  if (validation.status !== 0) return `engram validate ended with ${validation.status}`;
  const settings = shortForm(readFileSync(join(ROOT, graph), 'utf8')).flatMap((setting) => ['--set', setting]);
  const out = join(folder, 'out');
  const { status, stdout } = engram(['run', graph, '--out', out, '--json', ...settings], folder);
  if (status !== 0) return `engram run ended with ${status}`;
  const { outputs, nodes } = /** @type {{ outputs: { path: string }[], nodes: { id: string, cached: boolean }[] }} */ (JSON.parse(stdout));
  const absent = outputs.find(({ path }) => !existsSync(join(out, basename(path))) && !existsSync(path));
  if (absent) return `${absent.path} was reported and not written`;
  const cached = nodes.filter((node) => node.cached).map((node) => node.id);
  return cached.length > 0 ? `${cached.join(', ')} came from a cache that was empty` : undefined;
}

/**
 * @param {string[]} args
 * @param {string} folder
 */
function engram(args, folder) {
  // Neither the person's settings nor what they ran before may decide whether a graph works.
  const env = { ...process.env, ENGRAM_CACHE: join(folder, 'cache'), ENGRAM_SETTINGS: join(folder, 'settings.json') };
  const bundle = join(ROOT, 'dist', 'cli.mjs');
  return spawnSync(process.execPath, [bundle, ...args], { cwd: ROOT, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], maxBuffer: 2 ** 26 });
}

/** @param {string[]} graphs */
function main(graphs) {
  let failures = 0;
  for (const graph of graphs) {
    const folder = mkdtempSync(join(tmpdir(), 'engram-graph-'));
    mkdirSync(join(folder, 'out'));
    const started = performance.now();
    const fault = check(graph, folder);
    rmSync(folder, { recursive: true, force: true });
    logLine(`${graph}: ${fault ?? 'ok'} (${((performance.now() - started) / 1000).toFixed(1)} s)`);
    if (fault) failures += 1;
  }
  process.exitCode = failures > 0 ? 1 : 0;
}

if (isMain(import.meta.url)) await runTool(async () => main(process.argv.length > 2 ? process.argv.slice(2) : shippedGraphs()));
