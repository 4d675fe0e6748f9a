/**
 * Makes the reference Python that proofs are measured against: a virtual environment in .cache/reference-venv with
 * tools/reference/requirements.txt. Only proofs and fixtures want it; the program never does.
 * Usage: node tools/reference/setup.mjs
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { runTool } from '../lib/main.mjs';
import { ROOT } from '../lib/paths.mjs';

const FOLDER = join(ROOT, '.cache', 'reference-venv');
const INSIDE = process.platform === 'win32' ? ['Scripts', 'python.exe'] : ['bin', 'python'];

/**
 * @param {string} command
 * @param {string[]} args
 */
function run(command, args) {
  const { status, error } = spawnSync(command, args, { cwd: ROOT, stdio: 'inherit' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${error?.message ?? status}`);
}

await runTool(async () => {
  const python = join(FOLDER, ...INSIDE);
  if (!existsSync(python)) run(process.env['ENGRAM_PYTHON'] ?? 'python3', ['-m', 'venv', FOLDER]);
  run(python, ['-m', 'pip', 'install', '--disable-pip-version-check', '-r', join('tools', 'reference', 'requirements.txt')]);
  process.stderr.write(`The reference Python is ready: ${python}\n`);
});
