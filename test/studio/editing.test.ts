import { describe, expect, it } from 'vitest';
import { NO_CHROMIUM } from './support/chromium.ts';
import type { LaunchedStudio } from './support/launch.ts';
import { serveForTests } from './support/serve-for-tests.ts';
import type { StudioPage } from './support/studio-page.ts';

describe.skipIf(NO_CHROMIUM !== undefined)('editing with mouse and keys', { timeout: 180_000 }, () => {
  const served = serveForTests();

  it('shows the shipped graph ready to run', async () => {
    await expect(served.page.locator('.file-name').textContent()).resolves.toContain('bind-a-concept');
    expect((await served.window.nodes()).length).toBeGreaterThan(15);
    await served.page.getByRole('button', { name: 'No faults' }).waitFor();
  });

  it('builds the render graph from nothing, runs it and shows the picture', async () => {
    const { page } = served;
    await page.keyboard.press('Alt+n');
    await served.window.settle();
    expect(await served.window.nodes()).toHaveLength(0);
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
    await page.getByRole('navigation', { name: 'Panels' }).getByRole('button', { name: /^Results/ }).click();
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

  it('undoes and does again many mixed steps, to the same bytes', async () => {
    const { page } = served;
    const first = await served.window.saveAs(served.studio.workFolder, 'before');
    await served.window.focusCanvas();
    const steps = await mixedSteps(served.studio, served.window);
    const last = await served.window.saveAs(served.studio.workFolder, 'after');
    expect(last).not.toBe(first);
    await served.window.focusCanvas();
    for (let step = 0; step < steps; step++) await page.keyboard.press('Control+z');
    expect(await served.window.saveAs(served.studio.workFolder, 'undone')).toBe(first);
    await served.window.focusCanvas();
    for (let step = 0; step < steps; step++) await page.keyboard.press('Control+Shift+Z');
    expect(await served.window.saveAs(served.studio.workFolder, 'redone')).toBe(last);
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

/** Steps of every kind, each one undo. @returns how many. */
async function mixedSteps({ page }: LaunchedStudio, window: StudioPage): Promise<number> {
  let steps = 0;
  for (const title of ['Sample', 'VAE Decode', 'Empty Latent']) {
    // Once only: two presses at one place are a double click.
    await window.select(title);
    for (const key of ['ArrowRight', 'ArrowDown', 'c', 'c', 'm', 'm', 'ArrowLeft', 'ArrowUp', 'ArrowRight', 'm', 'm', 'c', 'c', 'Control+d', 'Delete']) {
      await page.keyboard.press(key);
      steps += 1;
    }
  }
  await window.select('Encode Prompt');
  await page.keyboard.press('Control+d');
  await page.keyboard.press('Control+g');
  steps += 2;
  for (const text of ['a red fox', 'a blue robot']) {
    await window.select('Load Backbone');
    await window.select('Encode Prompt');
    await page.getByRole('textbox', { name: 'prompts 1' }).pressSequentially(text);
    await window.focusCanvas();
    steps += 1;
  }
  await window.select('Save Image');
  await page.keyboard.press('Delete');
  await page.keyboard.press('Control+Shift+L');
  return steps + 2;
}
