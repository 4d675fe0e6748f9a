import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../../tools/lib/paths.mjs';
import { NO_CHROMIUM } from './support/chromium.ts';
import { launchServe } from './support/launch.ts';
import { serveForTests } from './support/serve-for-tests.ts';
import { StudioPage } from './support/studio-page.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const RENDER = join(ROOT, 'graphs', 'render.graph.json');
/** Few, so that a whole run takes seconds. */
const STEPS = 6;

describe.skipIf(NO_CHROMIUM !== undefined)('running a graph', { timeout: 240_000 }, () => {
  const served = serveForTests({ graph: RENDER });

  const panel = async (name: RegExp): Promise<ReturnType<typeof served.page.locator>> => {
    if (await served.page.locator('.dock').getByRole('region', { name }).count() === 0) await served.page.getByRole('navigation', { name: 'Panels' }).getByRole('button', { name }).click();
    return served.page.locator('.dock').getByRole('region', { name });
  };
  const setSteps = async (steps: number): Promise<void> => {
    await served.window.select('Sample');
    const field = served.page.locator('.inspector').getByLabel('steps', { exact: true });
    await field.fill(String(steps));
    await field.blur();
  };

  it('shows on the node what is being sampled, while it is', async () => {
    await setSteps(300);
    await served.page.getByRole('button', { name: 'Run', exact: true }).click();
    await expect.poll(async () => { const { state, picture } = await served.window.node('Sample'); return `${state} ${picture}`; }, { timeout: 60_000, interval: 50 }).toBe('running true');
    await served.page.locator('.inspector').getByRole('img', { name: /image \d of 4, step \d+ of 300/ }).waitFor();
    await served.page.getByRole('button', { name: 'Cancel', exact: true }).click();
    expect(await served.window.ended('')).toMatch(/^cancelled/);
    expect((await served.window.node('Sample')).state).toBe('cancelled');
  });

  it('lists all faults before a run, and a press leads to the node', async () => {
    await served.window.select('Sample');
    await setSteps(0);
    await served.page.getByRole('button', { name: 'Run', exact: true }).click();
    const faults = await panel(/^Faults/);
    await faults.getByRole('button', { name: /steps must be a whole number/ }).click();
    await expect.poll(() => served.page.evaluate(() => document.activeElement?.getAttribute('type'))).toBe('number');
    await setSteps(STEPS);
    await faults.getByText('Nothing is wrong').waitFor();
  });

  describe('results', () => {
    beforeAll(async () => {
      await setSteps(STEPS);
      expect(await served.window.run()).toMatch(/^done/);
      await panel(/^Results/);
    }, 120_000);

    it('lie in a table by prompt and seed, and open large with what they say of themselves', async () => {
      await served.page.getByRole('button', { name: 'By prompt and seed' }).click();
      const table = served.page.getByRole('group', { name: 'Pictures by prompt and seed' });
      await table.locator('img[src^="blob:"]').nth(3).waitFor();
      expect(await table.getByRole('columnheader').allTextContents()).toEqual(['seed 1', 'seed 2']);
      expect(await table.getByRole('rowheader').allTextContents()).toEqual([expect.stringContaining('fox'), expect.stringContaining('robot')]);
      await table.getByRole('button', { name: /seed 2, .*robot/ }).click();
      const viewer = served.page.getByRole('dialog', { name: 'Picture' });
      await viewer.getByText('4 of 4').waitFor();
      await viewer.locator('dt', { hasText: 'Seed' }).locator('+ dd', { hasText: /^2$/ }).waitFor();
      await viewer.getByRole('button', { name: 'Copy seed' }).click();
      await served.page.keyboard.press('Escape');
      await served.page.getByRole('button', { name: 'By prompt and seed' }).click();
    });
  });
});

describe.skipIf(NO_CHROMIUM !== undefined)('the queue', { timeout: 240_000 }, () => {
  it('is paused, sorted and thinned by hand, and is there after the program was killed', async () => {
    const folder = await temporaryFolder();
    const first = await launchServe({ graph: RENDER, folder });
    const { page } = first;
    await new StudioPage(page).ready();
    const queue = page.getByRole('region', { name: 'Queue' });
    const waiting = queue.locator('.section', { hasText: /^Waiting/ }).locator('.card');
    await page.getByRole('navigation', { name: 'Panels' }).getByRole('button', { name: /^Queue/ }).click();
    await queue.getByRole('button', { name: 'Pause queue' }).click();
    await queue.getByText('The queue is paused').waitFor();
    for (let runs = 1; runs <= 3; runs += 1) {
      await page.getByRole('button', { name: 'Run', exact: true }).click();
      await expect.poll(() => waiting.count()).toBe(runs);
    }
    await waiting.nth(2).getByRole('button', { name: 'Cancel this run' }).click();
    await expect.poll(() => waiting.count()).toBe(2);
    await waiting.nth(1).getByRole('button', { name: 'To the front' }).click();
    await expect.poll(() => waiting.nth(1).getByRole('button', { name: 'To the front' }).count()).toBe(1);
    first.main.kill('SIGKILL');
    await first.close();

    const second = await launchServe({ graph: RENDER, folder });
    try {
      const again = new StudioPage(second.page);
      await again.ready();
      const list = second.page.getByRole('region', { name: 'Queue' });
      if (await list.count() === 0) await second.page.getByRole('navigation', { name: 'Panels' }).getByRole('button', { name: /^Queue/ }).click();
      await list.getByText('The queue is paused: from the last session').waitFor();
      const cards = list.locator('.section', { hasText: /^Waiting/ }).locator('.card');
      await expect.poll(() => cards.count()).toBe(2);
      await cards.nth(1).getByRole('button', { name: 'Cancel this run' }).click();
      await list.getByRole('button', { name: 'Resume queue' }).click();
      const history = list.locator('.section', { hasText: /^History/ }).locator('.card');
      await history.filter({ hasText: /done/ }).locator('img[src^="blob:"]').nth(3).waitFor({ timeout: 60_000 });
      await expect(history.filter({ hasText: /done/ }).first().textContent()).resolves.toMatch(/, [\d.]+ m?s, 4 files/);
      expect(await history.filter({ hasText: /cancelled/ }).count()).toBe(2);
    } finally {
      await second.close();
    }
  });
});
