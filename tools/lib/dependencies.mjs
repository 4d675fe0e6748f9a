import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { withLock } from './lock.mjs';

const STAMP = 'node_modules/.engram-lock-hash';
/** glibc or musl: Node reports the version of the former only. */
const HOST_LIBC = /** @type {{ header?: { glibcVersionRuntime?: string } }} */ (process.report.getReport()).header?.glibcVersionRuntime ? 'glibc' : 'musl';

const PAUSES_MS = [2_000, 10_000];

/**
 * @typedef {object} LockEntry
 * @property {string} [version]
 * @property {string} [integrity]
 * @property {boolean} [optional]
 * @property {readonly string[]} [os]
 * @property {readonly string[]} [cpu]
 * @property {readonly string[]} [libc]
 */

/**
 * Fingerprint of what `npm ci` would install: the lockfile, and the platform and ABI that its optional packages are chosen by.
 *
 * @param {string} lockText Text of package-lock.json.
 * @returns {string} SHA-256, hexadecimal.
 */
export function lockHash(lockText) {
  const host = `${process.platform}-${process.arch}-${process.versions.modules}`;
  return createHash('sha256').update(host).update('\0').update(lockText).digest('hex');
}

/**
 * Tells whether an installed tree is what the lockfile asks for, so that a tree laid by hand with `npm ci` is not laid again.
 *
 * @param {string} lockText Text of package-lock.json.
 * @param {string} installedText Text of node_modules/.package-lock.json, npm's record of what it installed.
 * @returns {boolean} True when every installed package is the locked one and nothing is absent but other platforms' optional ones.
 */
export function isInstalled(lockText, installedText) {
  const wanted = packagesOf(lockText);
  const installed = packagesOf(installedText);
  for (const [path, entry] of installed) {
    const locked = wanted.get(path);
    if (locked?.version !== entry.version || locked?.integrity !== entry.integrity) return false;
  }
  return [...wanted].every(([path, entry]) => path === '' || installed.has(path) || (entry.optional === true && !isForThisHost(entry)));
}

/**
 * @param {LockEntry} entry An optional package.
 * @returns {boolean} Whether it is a native build for this very platform.
 */
function isForThisHost({ os, cpu, libc }) {
  if (!os?.includes(process.platform) || !cpu?.includes(process.arch)) return false;
  return libc === undefined || libc.includes(HOST_LIBC);
}

/**
 * @param {string} lockText
 * @returns {Map<string, LockEntry>}
 */
function packagesOf(lockText) {
  const { packages = {} } = /** @type {{ packages?: Record<string, LockEntry> }} */ (JSON.parse(lockText));
  return new Map(Object.entries(packages));
}

/**
 * Installs the locked npm packages where they are missing or differ; does nothing else, and then takes a millisecond.
 *
 * @param {string} root Repository root.
 * @param {(line: string) => void} log Where progress goes.
 * @param {readonly number[]} [pausesMs] How long to wait before each further try.
 * @throws {Error} When npm fails every time: what it said, and what to do.
 */
export async function ensureDependencies(root, log, pausesMs = PAUSES_MS) {
  if (isStamped(root)) return;
  await withLock(join(root, '.cache', 'setup.lock'), log, async () => {
    if (isStamped(root)) return;
    if (!matchesByHand(root)) await installWithRetries(root, log, pausesMs);
    stamp(root);
  });
}

/** @param {string} root */
function isStamped(root) {
  const path = join(root, STAMP);
  return existsSync(path) && readFileSync(path, 'utf8') === lockHash(readLock(root));
}

/** @param {string} root */
function stamp(root) {
  mkdirSync(join(root, 'node_modules'), { recursive: true });
  writeFileSync(join(root, STAMP), lockHash(readLock(root)));
}

/** @param {string} root */
function readLock(root) {
  return readFileSync(join(root, 'package-lock.json'), 'utf8');
}

/** @param {string} root */
function matchesByHand(root) {
  const record = join(root, 'node_modules', '.package-lock.json');
  return existsSync(record) && isInstalled(readLock(root), readFileSync(record, 'utf8'));
}

/**
 * @param {string} root
 * @param {(line: string) => void} log
 * @param {readonly number[]} pausesMs
 */
async function installWithRetries(root, log, pausesMs) {
  for (let attempt = 0; ; attempt += 1) {
    log(`Installing npm packages (npm ci)${attempt > 0 ? `, attempt ${attempt + 1}` : ''} …`);
    const failure = runNpmCi(root);
    if (!failure) return;
    const pause = pausesMs[attempt];
    if (pause === undefined) throw new Error(installAdvice(failure, attempt + 1));
    log(`npm ci failed (${lastLine(failure)}); trying again in ${pause / 1000} s`);
    await sleep(pause);
  }
}

/**
 * @param {string} root
 * @returns {string | undefined} What npm printed when it failed; undefined when it succeeded.
 */
function runNpmCi(root) {
  const options = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  // npm tells its own children where it is; called by plain `node`, look it up on the path (npm.cmd needs a shell on Windows).
  const own = process.env['npm_execpath'];
  const [command, args] = own?.endsWith('.js') ? [process.execPath, [own, ...options]] : ['npm', options];
  const result = spawnSync(command, args, { cwd: root, encoding: 'utf8', shell: command === 'npm' && process.platform === 'win32' });
  if (result.status === 0) return undefined;
  return result.error ? String(result.error) : `${result.stdout}\n${result.stderr}`.trim() || `npm ended with ${result.signal ?? result.status}`;
}

/** @param {string} failure */
function lastLine(failure) {
  return failure.trim().split('\n').findLast((line) => !line.includes('complete log')) ?? 'no message';
}

/**
 * @param {string} failure
 * @param {number} tries
 */
function installAdvice(failure, tries) {
  return [
    `npm ci failed ${tries} times. Its last words:`,
    ...failure.trim().split('\n').slice(-15).map((line) => `  ${line}`),
    'What to do: check that this machine reaches its npm registry (npm ping), that the disk has 1 GB free and that node_modules may be written,',
    'then run the command again; `npm ci` alone shows the whole output.',
  ].join('\n');
}
