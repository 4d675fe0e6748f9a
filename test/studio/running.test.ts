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

  it('says before a run what it will do, and after it what is cached and how long it takes', async () => {
    await setSteps(STEPS);
    const plan = await served.window.panel(/What a run would do/);
    await plan.getByText(/not known: \d of them never ran/).waitFor();
    expect(await served.window.run()).toMatch(/^done/);
    // What comes last before the pictures are written is at hand, so that nothing before it is needed.
    await plan.getByRole('button', { name: /VAE Decode.*from memory/ }).waitFor();
    await plan.getByRole('button', { name: /Sample.*not needed/ }).waitFor();
    // Another prompt costs as much time as the one that was measured.
    await served.window.select('Encode Prompt');
    const prompt = served.page.getByRole('textbox', { name: 'prompts 1' });
    const before = await prompt.inputValue();
    await prompt.fill('a blue fox');
    await plan.getByRole('button', { name: /Encode Prompt.*param "prompts"/ }).waitFor();
    await expect.poll(() => plan.locator('dt', { hasText: 'Time expected' }).locator('+ dd').textContent()).toMatch(/^[\d.]+ m?s$/);
    await expect.poll(() => plan.locator('dt', { hasText: 'Memory expected' }).locator('+ dd').textContent()).toMatch(/^[\d.]+ [kMG]B$/);
    await prompt.fill(before);
    await plan.getByRole('button', { name: /VAE Decode.*from memory/ }).waitFor();
  });

  it('shows the result on the node that wrote it, and says in the inspector why a node ran and how long it took', async () => {
    expect(await served.window.run()).toMatch(/^done/);
    expect((await served.window.node('VAE Decode')).state).toBe('cached');
    await expect.poll(async () => (await served.window.node('Save Image')).picture).toBe(true);
    await served.window.select('Save Image');
    const inspector = served.page.locator('.inspector');
    await inspector.getByText(/^done in [\d.]+ m?s$/).waitFor();
    await inspector.getByText('it writes files').waitFor();
    await expect.poll(() => inspector.getByRole('button', { name: /Look at picture/ }).count()).toBe(4);
  });

  it('lists all faults before a run, and a press leads to the node', async () => {
    await served.window.select('Sample');
    await setSteps(0);
    await served.page.getByRole('button', { name: 'Run', exact: true }).click();
    // Opened by the press of Run, as soon as the graph has been looked through.
    const faults = served.page.locator('.dock').getByRole('region', { name: /^Faults/ });
    await faults.getByRole('button', { name: /steps must be a whole number/ }).click();
    await expect.poll(() => served.page.evaluate(() => document.activeElement?.getAttribute('type'))).toBe('number');
    await setSteps(STEPS);
    await faults.getByText('Nothing is wrong').waitFor();
  });

  describe('results', () => {
    beforeAll(async () => { await served.window.panel(/^Results/); });

    it('lie in a table by prompt and seed, and open large with what they say of themselves', async () => {
      await served.page.getByRole('button', { name: 'By prompt and seed' }).click();
      const table = served.page.getByRole('group', { name: 'Pictures by prompt and seed' });
      await table.locator('img[src^="blob:"]').nth(3).waitFor();
      await expect.poll(() => table.getByRole('columnheader').allTextContents()).toEqual(['seed 1', 'seed 2']);
      await expect.poll(() => table.getByRole('rowheader').allTextContents()).toEqual([expect.stringContaining('fox'), expect.stringContaining('robot')]);
      await table.getByRole('button', { name: /seed 2, .*robot/ }).click();
      const viewer = served.page.getByRole('dialog', { name: 'Picture' });
      await viewer.getByText('4 of 4').waitFor();
      await viewer.locator('dt', { hasText: 'Seed' }).locator('+ dd', { hasText: /^2$/ }).waitFor();
      await viewer.getByRole('button', { name: 'Copy seed' }).click();
      await served.page.keyboard.press('Escape');
      await served.page.getByRole('button', { name: 'By prompt and seed' }).click();
    });

    it('of two equal runs have identical pixels; others show where they differ', async () => {
      const tiles = served.page.getByRole('listbox', { name: 'Results' }).getByRole('option');
      await tiles.nth(4).locator('img[src^="blob:"]').waitFor();
      // Newest first, four pictures a run: the fifth is the same picture of the run before.
      await tiles.nth(0).click({ modifiers: ['Control'] });
      await tiles.nth(4).click({ modifiers: ['Control'] });
      await served.page.getByRole('button', { name: 'Compare' }).click();
      const viewer = served.page.getByRole('dialog', { name: 'Picture' });
      await viewer.getByText('identical pixels').waitFor();
      await served.page.keyboard.press('Escape');
      await tiles.nth(1).click({ modifiers: ['Control'] });
      await served.page.getByRole('button', { name: 'Compare' }).click();
      await viewer.getByText(/% of pixels differ, by at most \d+/).waitFor();
      await viewer.getByRole('slider', { name: 'Between A and B' }).press('Home');
      await viewer.getByRole('button', { name: 'difference' }).click();
      await viewer.getByRole('img', { name: 'Where they differ' }).waitFor();
      await served.page.keyboard.press('Escape');
    });

    it('open the graph that made them', async () => {
      await served.page.getByRole('button', { name: 'Save', exact: true }).click();
      // A shipped graph may not be written over, so the window asks for a place, always.
      const dialog = served.page.getByRole('dialog', { name: /Save graph/ });
      await dialog.getByLabel('Folder').selectOption({ index: 0 });
      await dialog.getByRole('button', { name: 'Save', exact: true }).click();
      await served.page.locator('dialog[open]').waitFor({ state: 'hidden' });
      await served.page.getByRole('listbox', { name: 'Results' }).getByRole('option').first().click();
      await served.page.getByRole('button', { name: 'Open the graph that made it' }).click();
      await served.page.getByRole('dialog', { name: 'Picture' }).waitFor({ state: 'hidden' });
      expect((await served.window.nodes()).length).toBe(6);
      await served.window.select('Sample');
      await expect.poll(() => served.page.locator('.inspector').getByLabel('steps', { exact: true }).inputValue()).toBe(String(STEPS));
    });
  });
});

describe.skipIf(NO_CHROMIUM !== undefined)('the queue', { timeout: 240_000 }, () => {
  it('is paused, sorted and thinned by hand, and is there after the program was killed', async () => {
    const folder = await temporaryFolder();
    const first = await launchServe({ graph: RENDER, folder });
    const { page } = first;
    await new StudioPage(page).ready();
    const queue = await new StudioPage(page).panel(/^Queue/);
    const waiting = queue.locator('.section', { hasText: /^Waiting/ }).locator('.card');
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
      const list = await again.panel(/^Queue/);
      await list.getByText('The queue is paused: from the last session').waitFor();
      const cards = list.locator('.section', { hasText: /^Waiting/ }).locator('.card');
      await expect.poll(() => cards.count()).toBe(2);
      await cards.nth(1).getByRole('button', { name: 'Cancel this run' }).click();
      await list.getByRole('button', { name: 'Resume queue' }).click();
      const history = list.locator('.section', { hasText: /^History/ }).locator('.card');
      await history.filter({ hasText: /done/ }).locator('img[src^="blob:"]').nth(3).waitFor({ timeout: 60_000 });
      await expect.poll(() => history.filter({ hasText: /done/ }).first().textContent()).toMatch(/, [\d.]+ m?s, 4 files/);
      await expect.poll(() => history.filter({ hasText: /cancelled/ }).count()).toBe(2);
    } finally {
      await second.close();
    }
  });
});
