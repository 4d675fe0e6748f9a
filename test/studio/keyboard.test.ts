import { describe, expect, it } from 'vitest';
import { NO_CHROMIUM } from './support/chromium.ts';
import { serveForTests } from './support/serve-for-tests.ts';

describe.skipIf(NO_CHROMIUM !== undefined)('editing by keyboard alone', { timeout: 120_000 }, () => {
  const served = serveForTests();

  /** Presses keys one after the other; texts of several letters that are no key's name are typed. */
  async function press(...keys: readonly string[]): Promise<void> {
    for (const key of keys) {
      if (key.length > 1 && /^[a-z ]+$/.test(key)) await served.page.keyboard.type(key);
      else await served.page.keyboard.press(key);
      await served.window.settle();
    }
  }

  const focused = (): Promise<string> => served.page.evaluate(() => document.activeElement?.id ?? '');

  it('adds nodes where none is in the way, sets params and links ports', async () => {
    await press('Alt+n');
    await served.window.focusCanvas();
    await press('Tab', 'load backbone', 'Enter', 'e');
    await served.page.keyboard.type('models:pocket-sd15');
    await press('Escape');
    await expect.poll(focused).toBe('graph-canvas');
    await press('Tab', 'empty latent', 'Enter');
    const [loader, latent] = await served.window.nodes();
    if (!loader || !latent) throw new Error('two nodes were added');
    expect(latent.x >= loader.x + loader.width || latent.y >= loader.y + loader.height).toBe(true);
    // Of the node that was added: its input, then the one output that fits.
    await press('l', 'backbone input', 'Enter', 'load', 'Enter');
    await served.page.getByText('2 nodes, 1 links').waitFor();
    await served.page.getByRole('button', { name: 'No faults' }).waitFor();
    await expect.poll(focused).toBe('graph-canvas');
  });

  it('adds what fits a port, walks from node to node, moves, undoes and deletes', async () => {
    await press('l', 'latents output', 'Enter', 'add a node', 'Enter', 'vae decode', 'Enter');
    await served.page.getByText('3 nodes, 2 links').waitFor();
    const before = await served.window.node('VAE Decode');
    await press('ArrowRight', 'ArrowRight');
    expect((await served.window.node('VAE Decode')).x).toBeGreaterThan(before.x);
    await press('n');
    await served.page.getByRole('region', { name: 'Load Backbone', exact: true }).waitFor();
    await press('p', 'Delete');
    await served.page.getByText('2 nodes, 1 links').waitFor();
    await press('Control+z');
    await served.page.getByText('3 nodes, 2 links').waitFor();
  });

  it('offers no port of another type, and none that is linked already', async () => {
    await press('Control+d', 'l', 'image output', 'Enter');
    const options = served.page.getByRole('dialog', { name: 'Link a port' }).getByRole('option');
    await expect.poll(() => options.allTextContents()).toEqual(['Add a node that fits…']);
    await press('Escape', 'Control+z', 'n', 'n', 'l', 'latents output', 'Enter');
    // It goes to the decoder already: nothing but a new node is left.
    await expect.poll(() => options.allTextContents()).toEqual(['Add a node that fits…']);
    await press('Escape');
  });

  it('shows links in the inspector, to be followed and removed', async () => {
    const inspector = served.page.getByRole('complementary', { name: 'Inspector' });
    await inspector.getByText('Ports and links').press('Enter');
    await inspector.getByRole('button', { name: 'Remove the link to VAE Decode latents' }).press('Enter');
    await served.page.getByText('3 nodes, 1 links').waitFor();
    await inspector.getByRole('button', { name: '← Load Backbone backbone' }).press('Enter');
    await served.page.getByRole('region', { name: 'Load Backbone', exact: true }).waitFor();
    expect(served.studio.complaints).toEqual([]);
  });
});
