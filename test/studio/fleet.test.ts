import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RedisServer } from '../../tools/proofs/support/redis-server.ts';
import { ROOT } from '../../tools/lib/paths.mjs';
import { noRedis, redisTitle } from '../support/redis.ts';
import { NO_CHROMIUM } from './support/chromium.ts';
import { serveForTests } from './support/serve-for-tests.ts';

const WAIT = { timeout: 120_000, interval: 300 };

describe.skipIf(NO_CHROMIUM !== undefined || noRedis !== undefined)(redisTitle('the fleet view'), { timeout: 240_000 }, () => {
  const served = serveForTests({ graph: join(ROOT, 'graphs', 'render.graph.json') });
  let redis: RedisServer;
  let store: string;
  let worker: ChildProcess | undefined;

  beforeAll(async () => {
    store = join(served.studio.workFolder, 'shared');
    await mkdir(store);
    redis = await RedisServer.start({ folder: join(served.studio.workFolder, 'redis') });
  }, 60_000);
  afterAll(async () => {
    if (worker !== undefined && worker.exitCode === null) {
      const ended = once(worker, 'exit');
      worker.kill('SIGTERM');
      await ended;
    }
    await redis.kill();
  });

  const open = (panel: RegExp): Promise<unknown> => served.window.panel(panel);

  it('connects to nothing by itself, and says why an address is none', async () => {
    await open(/^Fleet/);
    expect(await served.page.getByRole('button', { name: 'Connect' }).isDisabled()).toBe(true);
    await served.page.getByLabel('Address of Redis').fill('http://example.org');
    await served.page.getByRole('button', { name: 'Connect' }).click();
    await expect.poll(() => served.page.locator('.dock .message.error').textContent(), WAIT).toMatch(/redis:\/\//);
  });

  it('shows the fleet once it is connected, sends it a batch, and sees a worker render it', async () => {
    const { page } = served;
    await page.getByLabel('Address of Redis').fill(redis.url);
    await page.getByRole('button', { name: 'Connect' }).click();
    await expect.poll(() => page.locator('.dock').textContent(), WAIT).toContain('No worker is there');
    await open(/^Batch/);
    await page.getByRole('button', { name: 'New batch of render' }).click();
    await page.getByRole('button', { name: 'Add what varies' }).click();
    await page.getByRole('combobox', { name: 'Search params' }).fill('latent.seeds');
    await page.keyboard.press('Enter');
    await page.getByRole('group', { name: 'seed', exact: true }).getByLabel('How many').fill('3');
    await page.getByLabel('Runs on').selectOption('fleet');
    await page.getByLabel('Folder that its machines share').fill(store);
    await page.getByRole('button', { name: 'Start 3 runs' }).click();
    const batch = page.locator('article.batch').first();
    await expect.poll(() => batch.getAttribute('data-state'), WAIT).toBe('running');
    await open(/^Fleet/);
    const onFleet = page.getByRole('article', { name: 'Fleet batch render' });
    await expect.poll(() => onFleet.textContent(), WAIT).toContain('3 waiting');
    await onFleet.getByRole('button', { name: 'Pause' }).click();
    await expect.poll(() => onFleet.locator('.tag').textContent(), WAIT).toBe('paused');
    await onFleet.getByRole('button', { name: 'Go on' }).click();
    const { ENGRAM_QUEUE: _queue, ...env } = process.env;
    worker = spawn(process.execPath, [join(ROOT, 'dist', 'cli.mjs'), 'worker', '--queue', redis.url, '--store', store], { env: { ...env, ENGRAM_CACHE: join(served.studio.workFolder, 'worker-cache'), ENGRAM_SETTINGS: join(served.studio.workFolder, 'worker-settings.json') }, stdio: 'ignore' });
    await expect.poll(() => page.locator('article[aria-label^="Worker "]').count(), WAIT).toBe(1);
    await open(/^Batch/);
    await expect.poll(() => batch.getAttribute('data-state'), WAIT).toBe('done');
    await expect.poll(() => batch.locator('.batch-counts').textContent()).toMatch(/^3 of 3 done/);
  });

  it('lets go of the fleet when it is told to', async () => {
    await open(/^Fleet/);
    await served.page.getByRole('button', { name: 'Disconnect' }).click();
    await expect.poll(() => served.page.getByLabel('Address of Redis').inputValue()).toContain('redis://');
    expect(await served.page.getByLabel('Password, if it has one (is not kept)').inputValue()).toBe('');
  });
});
