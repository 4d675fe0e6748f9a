import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NO_CHROMIUM } from './support/chromium.ts';
import { launchServe, type LaunchedStudio } from './support/launch.ts';
import { StudioPage } from './support/studio-page.ts';

describe.skipIf(NO_CHROMIUM !== undefined)('editing with mouse and keys', { timeout: 180_000 }, () => {
  let studio: LaunchedStudio;
  let window: StudioPage;

  beforeAll(async () => {
    studio = await launchServe();
    window = new StudioPage(studio.page);
    await window.ready();
  }, 180_000);
  afterAll(async () => studio.close());

  it('shows the shipped graph ready to run', async () => {
    await expect(studio.page.locator('.file-name').textContent()).resolves.toContain('bind-a-concept');
    expect((await window.nodes()).length).toBeGreaterThan(15);
    await studio.page.getByRole('button', { name: 'No faults' }).waitFor();
  });

  it('builds the render graph from nothing, runs it and shows the picture', async () => {
    const { page } = studio;
    await page.keyboard.press('Alt+n');
    await window.settle();
    expect(await window.nodes()).toHaveLength(0);
    await window.add([130, 90], 'load backbone');
    await setParam(studio, 'folder', 'models:pocket-sd15');
    // A link dragged into the void offers what fits; Encode Prompt is one of few.
    await window.drag(await window.port('Load Backbone', 'output', 'textEncoders'), [420, 110]);
    await page.getByRole('combobox', { name: /Add a node that fits/ }).fill('encode prompt');
    await page.keyboard.press('Enter');
    await window.settle();
    await page.getByRole('textbox', { name: 'prompts 1' }).fill('a portrait of a fox in a red coat in a snowy forest at night');
    await window.add([420, 420], 'empty latent');
    await page.keyboard.press('.');
    await window.settle();
    const { x, y, width } = await window.node('Encode Prompt');
    await window.add([x + width + 60, y], 'sample');
    await setParam(studio, 'steps', '4');
    await window.focusCanvas();
    await page.keyboard.press('.');
    await window.settle();
    const sample = await window.node('Sample');
    await window.add([Math.min(880, sample.x + sample.width + 30), sample.y], 'vae decode');
    const decode = await window.node('VAE Decode');
    await window.add([decode.x + 10, decode.y + decode.height + 80], 'save image');
    await window.focusCanvas();
    await page.keyboard.press('.');
    await window.settle();
    await window.link('Load Backbone', 'backbone', 'Empty Latent', 'backbone');
    await window.link('Load Backbone', 'backbone', 'Sample', 'backbone');
    await window.link('Encode Prompt', 'positive', 'Sample', 'positive');
    await window.link('Encode Prompt', 'negative', 'Sample', 'negative');
    await window.link('Empty Latent', 'latents', 'Sample', 'latents');
    await window.link('Load Backbone', 'vae', 'VAE Decode', 'vae');
    await window.link('Sample', 'latents', 'VAE Decode', 'latents');
    await window.link('VAE Decode', 'image', 'Save Image', 'image');
    await page.getByRole('button', { name: 'No faults' }).waitFor();
    expect(await window.run()).toMatch(/^done/);
    await expect.poll(async () => (await window.node('Save Image')).picture, { timeout: 10_000 }).toBe(true);
    await page.getByRole('navigation', { name: 'Panels' }).getByRole('button', { name: /^Results/ }).click();
    await page.locator('.tile img[src^="blob:"]').first().waitFor();
  });

  it('says on the node what is wrong with a param', async () => {
    await window.select('Sample');
    await setParam(studio, 'steps', '0');
    await studio.page.getByText('steps must be a whole number in 1..1000').first().waitFor();
    await expect.poll(async () => (await window.node('Sample')).faultText).toContain('steps must be a whole number in 1..1000, got 0');
    await studio.page.getByRole('button', { name: 'Run', exact: true }).click();
    await studio.page.getByRole('region', { name: 'Faults' }).getByRole('button', { name: /steps must be/ }).click();
    await expect.poll(() => studio.page.evaluate(() => document.activeElement?.getAttribute('type'))).toBe('number');
    await setParam(studio, 'steps', '4');
    await expect.poll(async () => (await window.node('Sample')).faultText).toBe('');
  });

  it('undoes and does again many mixed steps, to the same bytes', async () => {
    const { page } = studio;
    const first = await saveAs(studio, 'before');
    await window.focusCanvas();
    const steps = await mixedSteps(studio, window);
    const last = await saveAs(studio, 'after');
    expect(last).not.toBe(first);
    await window.focusCanvas();
    for (let step = 0; step < steps; step++) await page.keyboard.press('Control+z');
    expect(await saveAs(studio, 'undone')).toBe(first);
    await window.focusCanvas();
    for (let step = 0; step < steps; step++) await page.keyboard.press('Control+Shift+Z');
    expect(await saveAs(studio, 'redone')).toBe(last);
  });

  it('told nothing to the console, no violation of its policy among it', () => {
    expect(studio.complaints).toEqual([]);
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

/** Saves under a name and reads the file back. */
async function saveAs({ page, workFolder }: LaunchedStudio, name: string): Promise<string> {
  await page.keyboard.press('Control+Shift+S');
  const dialog = page.getByRole('dialog', { name: 'Save graph as' });
  await dialog.getByLabel('Name').fill(name);
  await dialog.getByLabel('Folder').selectOption({ index: 0 });
  await dialog.getByRole('button', { name: 'Save', exact: true }).click();
  await dialog.waitFor({ state: 'hidden' });
  return readFile(join(workFolder, `${name}.graph.json`), 'utf8');
}
