import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/**
 * A package of the operating system that npm cannot bring.
 *
 * @typedef {object} SystemPackage
 * @property {string} name Debian's name for it.
 * @property {string} why What does not work without it.
 * @property {boolean} required Whether the program itself needs it; the others only widen what the tests can check.
 * @property {() => boolean} isPresent Looks for the files, not for the package: any distribution may have them.
 */

const LIBRARY_FOLDERS = ['/lib', '/usr/lib', '/lib64', '/usr/lib64', '/usr/local/lib'];

/** @type {readonly SystemPackage[]} */
export const SYSTEM_PACKAGES = [
  { name: 'libstdc++6', why: 'ONNX Runtime is linked against it', required: true, isPresent: () => hasLibrary('libstdc++.so.6') },
  { name: 'libvulkan1', why: 'tests of the WebGPU device', required: false, isPresent: () => hasLibrary('libvulkan.so.1') },
  {
    name: 'chromium',
    why: 'tests of the studio in a browser, and of the WebGPU device on its SwiftShader',
    required: false,
    isPresent: () => existsSync('/usr/bin/chromium') && existsSync('/usr/lib/chromium/vk_swiftshader_icd.json'),
  },
  { name: 'redis-server', why: 'tests of batches on a fleet, with a real Redis', required: false, isPresent: () => hasProgram('redis-server') },
];

/**
 * Installs missing system packages where that is possible (root on Debian and its kin), else names them. Optional ones are installed
 * under CI only: a person's machine gets nothing it was not asked for.
 *
 * @param {(line: string) => void} log Where progress goes.
 * @param {readonly SystemPackage[]} [packages] What to look for.
 * @throws {Error} When a required package is missing and cannot be installed: its name, why, and the command that installs it.
 */
export function ensureSystemPackages(log, packages = SYSTEM_PACKAGES) {
  if (process.platform !== 'linux') return;
  const missing = packages.filter((entry) => !entry.isPresent());
  const wanted = missing.filter((entry) => entry.required || process.env['CI'] !== undefined);
  if (wanted.length > 0 && canInstall()) install(wanted.map((entry) => entry.name), log);
  const left = missing.filter((entry) => !entry.isPresent());
  for (const { name, why, required } of left) if (!required) log(`Not installed (optional): ${name}, for ${why}`);
  const needed = left.filter((entry) => entry.required);
  if (needed.length > 0) throw new Error(missingAdvice(needed));
}

function canInstall() {
  return process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');
}

/**
 * @param {string[]} names
 * @param {(line: string) => void} log
 */
function install(names, log) {
  log(`Installing system packages: ${names.join(', ')} …`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  for (const args of [['update', '-qq'], ['install', '-y', '-qq', '--no-install-recommends', ...names]]) {
    const result = spawnSync('apt-get', args, { env, encoding: 'utf8' });
    if (result.status !== 0) log(`apt-get ${args[0]} failed: ${(result.stderr || String(result.error ?? '')).trim().split('\n').at(-1)}`);
  }
}

/** @param {readonly SystemPackage[]} needed */
function missingAdvice(needed) {
  const names = needed.map((entry) => entry.name);
  return [
    ...needed.map(({ name, why }) => `Missing system package ${name}: ${why}.`),
    `What to do: on Debian or Ubuntu run \`sudo apt-get install ${names.join(' ')}\`; elsewhere install what provides the same library.`,
  ].join('\n');
}

/** @param {string} name */
function hasProgram(name) {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, name)));
}

/** @param {string} file */
function hasLibrary(file) {
  return LIBRARY_FOLDERS.filter((folder) => existsSync(folder)).some((folder) => {
    // Debian keeps libraries one level down, per architecture: /usr/lib/x86_64-linux-gnu.
    const nested = readdirSync(folder).filter((entry) => entry.includes('-linux-'));
    return [folder, ...nested.map((entry) => join(folder, entry))].some((place) => existsSync(join(place, file)));
  });
}
