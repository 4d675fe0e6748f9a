import { describe, expect, it } from 'vitest';
import { NO_CHROMIUM } from './support/chromium.ts';
import type { LaunchedStudio } from './support/launch.ts';
import { MIXED_STEPS } from './support/mixed-steps.ts';
import { serveForTests } from './support/serve-for-tests.ts';

describe.skipIf(NO_CHROMIUM !== undefined)('editing with mouse and keys', { timeout: 180_000 }, () => {
  const served = serveForTests();

  it('shows the shipped graph ready to run', async () => {
    await expect.poll(() => served.page.locator('.file-name').textContent()).toContain('bind-a-concept');
    expect((await served.window.nodes()).length).toBeGreaterThan(15);
    await served.page.getByRole('button', { name: 'No faults' }).waitFor();
  });

  it('builds the render graph from nothing, runs it and shows the picture', async () => {
    const { page } = served;
    await page.keyboard.press('Alt+n');
    await served.window.settle();
    await expect.poll(async () => (await served.window.nodes()).length).toBe(0);
    await served.window.add([130, 90], 'load backbone');
    await setParam(served.studio, 'folder', 'models:pocket-sd15');
    // A link dragged into the void offers what fits; Encode Prompt is one of few.
    await served.window.drag(await served.window.port('Load Backbone', 'output', 'textEncoders'), [420, 110]);
    await page.getByRole('combobox', { name: /Add a node that fits/ }).fill('encode prompt');
    await page.keyboard.press('Enter');
    await served.window.settle();
    await page.getByRole('textbox', { name: 'prompts 1' }).fill('a portrait of a fox in a red coat in a snowy forest at night');
    await served.window.add([420, 420], 'empty latent');
    await page.keyboard.press('.');
    await served.window.settle();
    const { x, y, width } = await served.window.node('Encode Prompt');
    await served.window.add([x + width + 60, y], 'sample');
    await setParam(served.studio, 'steps', '4');
    await served.window.focusCanvas();
    await page.keyboard.press('.');
    await served.window.settle();
    const sample = await served.window.node('Sample');
    await served.window.add([Math.min(880, sample.x + sample.width + 30), sample.y], 'vae decode');
    const decode = await served.window.node('VAE Decode');
    await served.window.add([decode.x + 10, decode.y + decode.height + 80], 'save image');
    await served.window.focusCanvas();
    await page.keyboard.press('.');
    await served.window.settle();
    await served.window.link('Load Backbone', 'backbone', 'Empty Latent', 'backbone');
    await served.window.link('Load Backbone', 'backbone', 'Sample', 'backbone');
    await served.window.link('Encode Prompt', 'positive', 'Sample', 'positive');
    await served.window.link('Encode Prompt', 'negative', 'Sample', 'negative');
    await served.window.link('Empty Latent', 'latents', 'Sample', 'latents');
    await served.window.link('Load Backbone', 'vae', 'VAE Decode', 'vae');
    await served.window.link('Sample', 'latents', 'VAE Decode', 'latents');
    await served.window.link('VAE Decode', 'image', 'Save Image', 'image');
    await page.getByRole('button', { name: 'No faults' }).waitFor();
    expect(await served.window.run()).toMatch(/^done/);
    await expect.poll(async () => (await served.window.node('Save Image')).picture, { timeout: 10_000 }).toBe(true);
    await served.window.panel(/^Results/);
    await page.locator('.tile img[src^="blob:"]').first().waitFor();
  });

  it('says on the node what is wrong with a param', async () => {
    await served.window.select('Sample');
    await setParam(served.studio, 'steps', '0');
    await served.page.getByText('steps must be a whole number in 1..1000').first().waitFor();
    await expect.poll(async () => (await served.window.node('Sample')).faultText).toContain('steps must be a whole number in 1..1000, got 0');
    await served.page.getByRole('button', { name: 'Run', exact: true }).click();
    await served.page.getByRole('region', { name: 'Faults' }).getByRole('button', { name: /steps must be/ }).click();
    await expect.poll(() => served.page.evaluate(() => document.activeElement?.getAttribute('type'))).toBe('number');
    await setParam(served.studio, 'steps', '4');
    await expect.poll(async () => (await served.window.node('Sample')).faultText).toBe('');
  });

  it('undoes and does again more than 50 mixed steps, to the same bytes', { timeout: 400_000 }, async () => {
    const { page, window, studio } = served;
    const undo = page.getByRole('button', { name: /^Undo/ });
    const first = await window.saveAs(studio.workFolder, 'before');
    await window.focusCanvas();
    for (const [name, act] of MIXED_STEPS) {
      await act(window).catch((thrown: unknown) => { throw new Error(`step "${name}"`, { cause: thrown }); });
      await window.settle();
    }
    expect(MIXED_STEPS.length).toBeGreaterThan(50);
    const last = await window.saveAs(studio.workFolder, 'after');
    expect(last).not.toBe(first);
    await window.focusCanvas();
    for (let step = 0; step < MIXED_STEPS.length; step++) await page.keyboard.press('Control+z');
    expect(await window.saveAs(studio.workFolder, 'undone')).toBe(first);
    await expect.poll(() => undo.isEnabled()).toBe(true);
    await window.focusCanvas();
    for (let step = 0; step < MIXED_STEPS.length; step++) await page.keyboard.press('Control+Shift+Z');
    expect(await window.saveAs(studio.workFolder, 'redone')).toBe(last);
  });

  it('told nothing to the console, no violation of its policy among it', () => {
    expect(served.studio.complaints).toEqual([]);
  });
});

async function setParam({ page }: LaunchedStudio, name: string, value: string): Promise<void> {
  const field = page.locator('.inspector').getByLabel(name, { exact: true });
  await field.fill(value);
  await field.blur();
}
