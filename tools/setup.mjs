/**
 * Makes a fresh clone ready: Node's version, npm packages, system packages. Shared by every tool; alone it does just that.
 * Usage: node tools/setup.mjs
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureDependencies } from './lib/dependencies.mjs';
import { isMain, runTool } from './lib/main.mjs';
import { ROOT } from './lib/paths.mjs';
import { ensureSystemPackages, SYSTEM_PACKAGES } from './lib/system-packages.mjs';

/**
 * Installs what is missing and checks what cannot be installed. With nothing to do it takes milliseconds.
 *
 * @param {object} [options]
 * @param {boolean} [options.forTests] Also look for the optional packages that only tests use.
 * @throws {Error} What is missing and how to get it.
 */
export async function setUp({ forTests = false } = {}) {
  checkNodeVersion(process.versions.node);
  await ensureDependencies(ROOT, logLine);
  ensureSystemPackages(logLine, SYSTEM_PACKAGES.filter((entry) => forTests || entry.required));
}

/**
 * @param {string} line Progress; standard output is kept for results.
 */
export function logLine(line) {
  process.stderr.write(`${line}\n`);
}

/**
 * Refuses a Node that is too old, before anything of it fails in a stranger way.
 *
 * @param {string} version As in `process.versions.node`.
 * @throws {Error} The version got and the version needed.
 */
export function checkNodeVersion(version) {
  const { engines } = /** @type {{ engines: { node: string } }} */ (JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')));
  const needed = engines.node.replace(/[^\d.]/g, '').split('.').map(Number);
  const got = version.split('.').map(Number);
  const first = needed.findIndex((part, index) => part !== got[index]);
  if (first >= 0 && (got[first] ?? 0) < (needed[first] ?? 0)) {
    throw new Error(`Node ${version} is too old: this program needs ${engines.node}. Install a newer Node and run the command again.`);
  }
}

if (isMain(import.meta.url)) await runTool(() => setUp({ forTests: true }));
