import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../../tools/lib/paths.mjs';
import { NO_CHROMIUM } from './support/chromium.ts';
import { launchServe, type LaunchedStudio } from './support/launch.ts';
import { StudioPage } from './support/studio-page.ts';

describe.skipIf(NO_CHROMIUM !== undefined)('a page that is loaded anew', { timeout: 180_000 }, () => {
  let root: string;
  let graph: string;
  let studio: LaunchedStudio;
  let window: StudioPage;

  beforeAll(async () => {
    root = await realpath(await mkdtemp(join(tmpdir(), 'engram-disturbed-')));
    graph = join(root, 'Engram Studio', 'mine.graph.json');
    await mkdir(join(root, 'Engram Studio'));
    const file = JSON.parse(await readFile(join(ROOT, 'graphs', 'render.graph.json'), 'utf8')) as { nodes: Record<string, { params: Record<string, unknown> }> };
    (file.nodes['sample'] as { params: Record<string, unknown> }).params['steps'] = 40;
    await writeFile(graph, JSON.stringify(file));
    studio = await launchServe({ folder: root, graph });
    window = new StudioPage(studio.page);
    studio.page.on('dialog', (dialog) => void dialog.accept()); // "leave the page?"
    await window.ready();
  }, 180_000);
  afterAll(async () => {
    await studio?.close();
    await rm(root, { recursive: true, force: true });
  });

  it('shows the run that goes on when its page is loaded anew', async () => {
    await studio.page.getByRole('button', { name: 'Run', exact: true }).click();
    await expect.poll(() => window.runId()).not.toBe('');
    const run = await window.runId();
    await studio.page.reload();
    await window.ready();
    await expect.poll(() => window.runId()).toBe(run);
    await expect.poll(() => studio.page.locator('.file-name').textContent()).toBe('mine');
    expect(await window.ended('')).toMatch(/^done/);
  });

  it('has unsaved work on the screen again when its page is loaded anew', async () => {
    const before = (await window.nodes()).length;
    await window.add([620, 640], 'number');
    await studio.page.reload();
    await window.ready();
    await expect.poll(async () => (await window.nodes()).length).toBe(before + 1);
    await studio.page.locator('.file-name .dirty').waitFor();
  });
});
