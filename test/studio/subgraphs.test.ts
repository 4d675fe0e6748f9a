import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { GraphFile } from '../../src/contract/graph-file.ts';
import { ROOT } from '../../tools/lib/paths.mjs';
import { NO_CHROMIUM } from './support/chromium.ts';
import { serveForTests } from './support/serve-for-tests.ts';
import { StudioPage } from './support/studio-page.ts';

describe.skipIf(NO_CHROMIUM !== undefined)('sub-graphs, versions and the clipboard', { timeout: 120_000 }, () => {
  const served = serveForTests({ graph: join(ROOT, 'graphs', 'render.graph.json') });

  const inspector = (): ReturnType<typeof served.page.getByRole> => served.page.getByRole('complementary', { name: 'Inspector' });

  const titles = async (where: StudioPage): Promise<string[]> => (await where.nodes()).map(({ title }) => title).sort();

  let saves = 0;
  /** Saves under a name of its own. @returns what the file holds. */
  async function saved(): Promise<GraphFile> {
    saves += 1;
    return JSON.parse(await served.window.saveAs(served.studio.workFolder, `own${saves}`)) as GraphFile;
  }

  it('makes a sub-graph of the selection and edits it once for all of its uses', async () => {
    const { page, window } = served;
    await window.select('Sample');
    await page.keyboard.press('Control+Shift+E');
    await page.keyboard.press('Control+d');
    await page.keyboard.press('Enter');
    await page.locator('.scope-bar').waitFor();
    await inspector().getByText('Used 2 times').waitFor();
    await inspector().getByLabel('Title of the sub-graph').fill('My sampler');
    await inspector().getByLabel('What the sub-graph is for').fill('Draws it my way');
    await inspector().getByLabel('Name of input positive').fill('wanted');
    await inspector().getByLabel('Name of input positive').press('Enter');
    await window.select('Sample');
    await inspector().getByRole('button', { name: 'Show steps on the sub-graph' }).click();
    await window.focusCanvas();
    await page.keyboard.press('Control+ArrowUp');
    await window.settle();
    const { subgraphs, nodes } = await saved();
    const [id = ''] = Object.keys(subgraphs ?? {});
    expect(subgraphs?.[id]).toMatchObject({ title: 'My sampler', doc: 'Draws it my way', params: { steps: { param: 'steps' } } });
    const uses = Object.values(nodes).filter(({ type }) => type === `subgraph:${id}`);
    expect(uses).toHaveLength(2);
    // The second came without links, as duplicates do.
    expect(uses.map(({ inputs }) => Object.keys(inputs).filter((name) => ['positive', 'wanted'].includes(name)))).toEqual([['wanted'], []]);
    expect((await window.nodes()).filter(({ title }) => title === 'My sampler')).toHaveLength(2);
  });

  it('refuses a name of a port that another has, and says so', async () => {
    const { page, window } = served;
    await window.select('My sampler');
    await page.keyboard.press('Enter');
    await inspector().getByLabel('Name of input wanted').fill('negative');
    await inspector().getByLabel('Name of input wanted').press('Enter');
    await page.getByText(/must not be the name of another input/).waitFor();
    await expect.poll(() => inspector().getByLabel('Name of input wanted').inputValue()).toBe('wanted');
    await window.focusCanvas();
    await page.keyboard.press('Control+ArrowUp');
  });

  it('unpacks a use, with what it was linked to', async () => {
    const { page, window } = served;
    await window.select('My sampler');
    const { length } = await window.nodes();
    await page.keyboard.press('Control+k');
    await page.keyboard.type('unpack');
    await page.keyboard.press('Enter');
    await window.settle();
    const nodes = await window.nodes();
    expect(nodes.filter(({ title }) => title === 'My sampler')).toHaveLength(1);
    expect(nodes).toHaveLength(length);
    expect(Object.values((await saved()).nodes).find(({ type }) => type === 'Sample')?.inputs).toHaveProperty('positive');
  });

  it('tells what two versions of a graph differ in', async () => {
    const { page, window } = served;
    await window.select('VAE Decode');
    await page.keyboard.press('Delete');
    await page.keyboard.press('Control+s');
    const panel = await window.panel('Version history');
    await panel.getByRole('button', { expanded: false }).nth(1).click();
    const removed = panel.locator('li.removed', { hasText: 'VAEDecode "decode" removed' });
    await removed.waitFor();
    await window.focusCanvas();
    await page.keyboard.press('Control+z');
    await panel.getByText('The same as now.').waitFor();
    await panel.getByLabel('Compared with').selectOption({ index: 1 });
    await removed.waitFor();
  });

  it('copies nodes with their links to another window', async () => {
    const { page, window } = served;
    await window.focusCanvas();
    await page.keyboard.press('Control+a');
    const text = await window.clipboard('copy');
    // Only a browser opens windows of its own; on the desktop's stand-in a new graph in the same one must do.
    const shown = (await page.locator('.status').textContent())?.match(/\d+ nodes, \d+ links/)?.[0];
    const titlesBefore = await titles(window);
    const second = served.studio.kind === 'serve' ? await served.studio.browser.newPage() : page;
    if (second !== page) await second.goto(served.studio.address);
    const other = new StudioPage(second);
    await other.ready();
    await second.keyboard.press('Alt+n');
    if (second === page) await page.getByRole('button', { name: 'Don\'t save' }).click();
    await other.clipboard('paste', text);
    expect(await titles(other)).toEqual(titlesBefore);
    await expect.poll(() => second.locator('.status').textContent()).toContain(shown);
    if (second !== page) await second.close();
  });
});
