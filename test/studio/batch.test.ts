import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Locator, Page } from 'playwright-core';
import { ROOT } from '../../tools/lib/paths.mjs';
import { NO_CHROMIUM } from './support/chromium.ts';
import { launchServe, type LaunchedStudio } from './support/launch.ts';
import { StudioPage } from './support/studio-page.ts';

const WAIT = { timeout: 120_000, interval: 200 };

/** Adds a param of the graph to what varies. */
async function vary(page: Page, search: string): Promise<void> {
  await page.getByRole('button', { name: 'Add what varies' }).click();
  await page.getByRole('combobox', { name: 'Search params' }).fill(search);
  await page.keyboard.press('Enter');
}

function card(page: Page, name: string): Locator {
  return page.getByRole('article', { name: `Batch ${name}` }).first();
}

describe.skipIf(NO_CHROMIUM !== undefined)('the batch panel', { timeout: 240_000 }, () => {
  let folder: string;
  let studio: LaunchedStudio;

  const relaunch = async (): Promise<void> => {
    studio = await launchServe({ folder, graph: join(ROOT, 'graphs', 'render.graph.json') });
    await new StudioPage(studio.page).ready();
    await new StudioPage(studio.page).panel(/^Batch/);
  };

  beforeAll(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), 'engram-batch-panel-')));
    await relaunch();
  }, 180_000);
  afterAll(async () => {
    await studio.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('says before the start how many runs, what is shared and which rows come first, and every fault', async () => {
    const { page } = studio;
    await page.getByRole('button', { name: 'New batch of render' }).click();
    await page.getByLabel('Name of the batch').fill('night');
    await page.keyboard.press('Enter');
    await vary(page, 'sample.steps');
    const steps = page.getByLabel('Values of steps, one a line');
    await steps.fill('0');
    await expect.poll(() => page.getByRole('group', { name: 'steps', exact: true }).locator('.message.error').textContent(), WAIT).toMatch(/steps.*1/);
    await expect.poll(() => page.getByRole('button', { name: /^Start/ }).isDisabled()).toBe(true);
    await steps.fill('2\n3');
    await vary(page, 'latent.seeds');
    await page.getByRole('group', { name: 'seed', exact: true }).getByLabel('How many').fill('2');
    await expect.poll(() => page.getByRole('button', { name: 'Start 4 runs' }).count(), WAIT).toBe(1);
    const dock = (await page.locator('.dock').textContent()) ?? '';
    expect(dock).toContain('4 = 2 steps × 2 seed');
    expect(dock).toMatch(/Load Backbone 1 instead of 4/);
    await expect.poll(() => page.getByRole('group', { name: 'The first rows' }).locator('tbody tr').count()).toBe(4);
  });

  it('starts it, shows rows as they finish, and saves a file that the command line finds finished', async () => {
    const { page } = studio;
    await page.getByRole('button', { name: 'Start 4 runs' }).click();
    await expect.poll(() => card(page, 'night').getAttribute('data-state'), WAIT).toBe('done');
    await expect.poll(() => card(page, 'night').locator('.batch-counts').textContent()).toMatch(/^4 of 4 done/);
    // The graph renders two prompts in each row.
    await expect.poll(() => card(page, 'night').locator('.strip img').count()).toBe(8);
    await card(page, 'night').getByText('Rows', { exact: true }).first().click();
    await expect.poll(() => card(page, 'night').locator('tbody tr').count()).toBe(4);
    const file = join(studio.workFolder, 'night.batch.json');
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ format: 'engram-batch', groups: [{ steps: { set: 'sample.steps', values: [2, 3] } }, { seed: { values: { seeds: 2, from: 1 } } }] });
    const out = join(studio.outputFolder, 'night');
    expect((await readdir(out)).filter((name) => name.endsWith('.png'))).toHaveLength(8);
    const env = { ...process.env, ENGRAM_CACHE: join(folder, 'cache'), ENGRAM_SETTINGS: join(folder, 'settings.json') };
    const told = JSON.parse(execFileSync(process.execPath, [join(ROOT, 'dist', 'cli.mjs'), 'batch', file, '--out', out, '--dry-run', '--json'], { env, encoding: 'utf8' })) as { rows: number; changes?: string };
    expect([told.rows, told.changes]).toEqual([4, undefined]);
  });

  it('pauses and goes on; after kill -9 of the studio it goes on with what was left', async () => {
    const { page } = studio;
    await page.getByRole('tab', { name: /^Set up/ }).click();
    await page.getByLabel('Values of steps, one a line').fill('12');
    await page.getByRole('group', { name: 'seed', exact: true }).getByLabel('How many').fill('40');
    await page.getByLabel('Folder for outputs').fill('long');
    await page.getByRole('button', { name: 'Start 40 runs' }).click();
    const long = page.locator('article.batch[data-state]').first();
    await expect.poll(() => long.getAttribute('data-state'), WAIT).toBe('running');
    await long.getByRole('button', { name: 'Pause' }).click();
    await expect.poll(() => long.getAttribute('data-state'), WAIT).toBe('paused');
    await long.getByRole('button', { name: 'Go on' }).click();
    await expect.poll(async () => Number(/^(\d+) of 40/.exec((await long.locator('.batch-counts').textContent()) ?? '')?.[1] ?? 0), WAIT).toBeGreaterThan(1);
    const ended = once(studio.main, 'exit');
    studio.main.kill('SIGKILL');
    await ended;
    await studio.close();
    await relaunch();
    await studio.page.getByRole('tab', { name: /^Started/ }).click();
    const left = studio.page.locator('article.batch[data-state="interrupted"]');
    await expect.poll(() => left.count(), WAIT).toBe(1);
    await left.getByRole('button', { name: 'Go on' }).click();
    await expect.poll(() => studio.page.locator('article.batch').first().getAttribute('data-state'), WAIT).toBe('running');
    await studio.page.locator('article.batch').first().getByRole('button', { name: 'Cancel' }).click();
    await expect.poll(() => studio.page.locator('article.batch').first().getAttribute('data-state'), WAIT).toBe('cancelled');
    const made = (await readdir(join(studio.outputFolder, 'long'))).filter((name) => name.endsWith('.png'));
    expect(made.length).toBeGreaterThan(1);
    expect(new Set(made).size).toBe(made.length);
  });
});
