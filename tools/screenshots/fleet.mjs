import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { ROOT } from '../lib/paths.mjs';

const CLI = join(ROOT, 'dist', 'cli.mjs');

/** @returns {Promise<number>} */
function freePort() {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.listen(0, '127.0.0.1', () => {
      const { port } = /** @type {import('node:net').AddressInfo} */ (probe.address());
      probe.close(() => resolve(port));
    });
  });
}

/**
 * A Redis, a worker, and a batch that is sent to them: what the fleet's picture shows. Needs redis-server.
 *
 * @param {import('./shots.mjs').Scene} scene
 * @returns {Promise<{ url: string }>}
 */
export async function startFleet({ folder, atEnd }) {
  const [store, data, port] = [join(folder, 'store'), join(folder, 'redis'), await freePort()];
  mkdirSync(store, { recursive: true });
  mkdirSync(data, { recursive: true });
  const url = `redis://127.0.0.1:${port}`;
  /** @param {string} program @param {readonly string[]} args @param {string} own */
  const start = (program, args, own) => {
    const child = spawn(program, args, { cwd: folder, stdio: 'ignore', env: { ...process.env, ENGRAM_CACHE: join(folder, `${own}-cache`), ENGRAM_SETTINGS: join(folder, `${own}.json`) } });
    atEnd(async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    });
  };
  start('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--dir', data, '--appendonly', 'yes', '--save', ''], 'redis');
  await new Promise((resolve) => { setTimeout(resolve, 1000); });
  start(process.execPath, [CLI, 'worker', '--queue', url, '--store', store], 'worker');
  start(process.execPath, [CLI, 'batch', join(ROOT, 'graphs', 'render.batch.json'), '--queue', url, '--store', store, '--out', join(folder, 'fleet-out')], 'client');
  return { url };
}
