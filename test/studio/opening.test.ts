import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../../tools/lib/paths.mjs';
import { NO_CHROMIUM } from './support/chromium.ts';
import { serveForTests } from './support/serve-for-tests.ts';

const SCRIPT = '<img src=x onerror="globalThis.ran = true"><script>globalThis.ran = true</script>';

/** Every graph file that ships or ever shipped. */
async function graphFiles(): Promise<readonly string[]> {
  const files: string[] = [];
  for (const folder of ['graphs', join('test', 'fixtures', 'graphs')]) {
    const names = await readdir(join(ROOT, folder), { recursive: true }).catch(() => []);
    files.push(...names.filter((name) => name.endsWith('.graph.json')).map((name) => join(ROOT, folder, name)));
  }
  return files;
}

describe.skipIf(NO_CHROMIUM !== undefined)('opening graphs', { timeout: 240_000 }, () => {
  const served = serveForTests();

  /** Opens a file by dropping it on the canvas, as it lies on disk. */
  async function drop(name: string, bytes: Buffer): Promise<void> {
    await served.page.evaluate(([file, base64]) => {
      const data = new DataTransfer();
      data.items.add(new File([Uint8Array.from(atob(base64), (letter) => letter.codePointAt(0) ?? 0)], file));
      document.querySelector('.canvas-area')?.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));
    }, [name, bytes.toString('base64')] as const);
  }

  /** Drops a graph, leaving unsaved work behind, and waits until it is what the window shows. */
  async function dropGraph(name: string, bytes: Buffer, nodes: number): Promise<void> {
    await drop(name, bytes);
    const discard = served.page.getByRole('button', { name: 'Don\'t save' });
    const shown = served.page.locator('.status', { hasText: `${nodes} nodes` });
    await Promise.race([discard.waitFor().then(() => discard.click()).catch(() => undefined), shown.waitFor().catch(() => undefined)]);
    await shown.waitFor({ timeout: 10_000 });
    await served.window.settle();
  }

  it('shows every graph that ships and every old one', async () => {
    const files = await graphFiles();
    expect(files.filter((file) => file.includes('fixtures')).length).toBeGreaterThanOrEqual(3);
    expect(files.length).toBeGreaterThanOrEqual(6);
    for (const file of files) {
      const bytes = await readFile(file);
      const { nodes } = JSON.parse(bytes.toString()) as { nodes: Record<string, unknown> };
      await dropGraph(file, bytes, Object.keys(nodes).length);
      expect((await served.window.nodes()).map(({ key }) => key).sort(), file).toEqual(Object.keys(nodes).sort());
    }
  });

  it('opens the graph in a picture of ours', async () => {
    const folder = join(ROOT, 'test', 'fixtures');
    const pictures = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.png'));
    const own: string[] = [];
    for (const name of pictures) if ((await readFile(join(folder, name))).includes('engram-graph')) own.push(join(folder, name));
    if (own[0] === undefined) {
      // No picture of ours is among the fixtures: make one.
      await dropGraph('render.graph.json', await readFile(join(ROOT, 'graphs', 'render.graph.json')), 6);
      expect(await served.window.run()).toMatch(/^done/);
      const made = (await readdir(served.studio.outputFolder, { recursive: true })).find((name) => name.endsWith('.png'));
      own.push(join(served.studio.outputFolder, made ?? 'none'));
    }
    await dropGraph('empty.graph.json', Buffer.from('{"format":"engram-graph","version":1,"nodes":{}}'), 0);
    await dropGraph('picture.png', await readFile(own[0] ?? ''), 6);
    expect((await served.window.nodes()).map(({ title }) => title)).toContain('Sample');
  });

  it('shows unknown nodes and links from nowhere, says so, and saves them without loss', async () => {
    const graph = {
      format: 'engram-graph', version: 1, name: 'strange', later: { kept: true },
      nodes: { odd: { type: 'FromTheFuture', version: 3, params: { a: 1 }, inputs: { x: { node: 'nowhere', port: 'y' } }, extra: ['kept'] }, note: { type: 'Note', version: 1, params: { text: 'hello' }, inputs: {} } },
    };
    const file = join(served.studio.workFolder, 'strange.graph.json');
    await writeFile(file, JSON.stringify(graph));
    await dropGraph('strange.graph.json', Buffer.from(JSON.stringify(graph)), 2);
    await served.page.locator('.status button', { hasText: /^[1-9]\d* faults?$/ }).waitFor();
    await served.page.keyboard.press('Control+Shift+S');
    const dialog = served.page.getByRole('dialog', { name: 'Save graph as' });
    await dialog.getByLabel('Name').fill('strange-again');
    await dialog.getByRole('button', { name: 'Save', exact: true }).click();
    await dialog.waitFor({ state: 'hidden' });
    expect(JSON.parse(await readFile(join(served.studio.workFolder, 'strange-again.graph.json'), 'utf8'))).toMatchObject(graph);
  });

  it('runs nothing out of titles, params, notes and prototype keys', async () => {
    const graph = {
      format: 'engram-graph', version: 1, name: SCRIPT, description: SCRIPT,
      ui: { groups: { g: { title: SCRIPT, position: [-50, -50], size: [900, 500] } } },
      nodes: {
        constructor: { type: 'Note', version: 1, title: SCRIPT, params: { text: SCRIPT }, inputs: {} },
        prompts: { type: 'EncodePrompt', version: 1, title: SCRIPT, params: { prompts: [SCRIPT], negativePrompt: SCRIPT }, inputs: { toString: { node: 'hasOwnProperty', port: 'valueOf' } } },
        odd: { type: SCRIPT, version: 1, params: { [SCRIPT]: SCRIPT }, inputs: {}, ui: { position: [320, 0], color: SCRIPT } },
      },
    };
    await dropGraph('hostile.graph.json', Buffer.from(JSON.stringify(graph)), 3);
    for (const { key } of await served.window.nodes()) {
      await served.window.select(key);
      await served.page.mouse.click(640, 300, { button: 'right' });
      await served.page.keyboard.press('Escape');
    }
    for (const button of await served.page.locator('.rail button').all()) await button.click();
    await served.window.settle();
    expect(await served.page.evaluate(() => (globalThis as { ran?: boolean }).ran)).toBeUndefined();
    expect(await served.page.locator('#studio img[src="x"], #studio script').count()).toBe(0);
  });

  it('opens a very large graph and answers to keys; how soon, the proof of hostile graphs measures', async () => {
    const nodes = Object.fromEntries(Array.from({ length: 20_000 }, (_none, index) => [`n${index}`, { type: 'Note', version: 1, params: { text: 'x' }, inputs: {}, ui: { position: [index % 200 * 300, Math.floor(index / 200) * 200] } }]));
    await dropGraph('large.graph.json', Buffer.from(JSON.stringify({ format: 'engram-graph', version: 1, nodes })), 20_000);
    await served.window.focusCanvas();
    await served.page.keyboard.press('Control+k');
    await served.page.getByRole('dialog', { name: 'Command palette' }).waitFor();
    await served.page.keyboard.press('Escape');
  });

  it('says why a file can\'t be opened', async () => {
    await drop('broken.graph.json', Buffer.from('{"format": "engram-gra'));
    await served.page.locator('.notice.error').first().waitFor();
  });
});
