import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Runs a task while holding a lock file, so that two commands started at once do not install over each other.
 * A lock whose process is gone is taken over.
 *
 * @template T
 * @param {string} path Lock file; holds the owner's process id.
 * @param {(line: string) => void} log Told once when another process is waited for.
 * @param {() => Promise<T>} task What to do meanwhile.
 * @returns {Promise<T>} The task's result.
 */
export async function withLock(path, log, task) {
  mkdirSync(dirname(path), { recursive: true });
  for (let told = false; !take(path); ) {
    const owner = readOwner(path);
    if (owner !== undefined && !isAlive(owner)) rmSync(path, { force: true });
    else {
      if (!told) log(`Waiting for process ${owner ?? '?'}, which is setting up (${path})`);
      told = true;
      await sleep(500);
    }
  }
  try {
    return await task();
  } finally {
    rmSync(path, { force: true });
  }
}

/** @param {string} path */
function take(path) {
  try {
    writeFileSync(path, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'EEXIST') return false;
    throw error;
  }
}

/** @param {string} path */
function readOwner(path) {
  try {
    const owner = Number(readFileSync(path, 'utf8'));
    return Number.isInteger(owner) && owner > 0 ? owner : undefined;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM';
  }
}
