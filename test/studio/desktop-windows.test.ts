import { once } from 'node:events';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeTable } from '../../src/main/engram/table-file.ts';
import { ROOT } from '../../tools/lib/paths.mjs';
import { tableOf } from '../main/engram/support/tables.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { NO_CHROMIUM } from './support/chromium.ts';
import { launchShim, shimProgram, type LaunchedStudio } from './support/launch.ts';
import { StudioPage } from './support/studio-page.ts';

interface ShellRecord { readonly windows: readonly { readonly x?: number; readonly y?: number; readonly width: number; readonly height: number }[]; readonly failures: readonly { readonly title: string; readonly text: string }[] }

const fileName = (page: Page): Promise<string | null> => page.locator('.file-name').textContent();
const isDocked = (page: Page, title: string): Promise<boolean> => page.locator(`.dock[aria-label="${title}"]`).isVisible();

describe.skipIf(NO_CHROMIUM !== undefined)('windows of the desktop program', { timeout: 180_000 }, () => {
  let studio: LaunchedStudio;
  let window: StudioPage;
  let second: Page;
  let graph: string;

  beforeAll(async () => {
    studio = await launchShim();
    window = new StudioPage(studio.page);
    await window.ready();
    graph = join(studio.workFolder, 'render.graph.json');
    await copyFile(join(ROOT, 'graphs', 'render.graph.json'), graph);
  }, 180_000);
  afterAll(() => studio?.close());

  const record = async (): Promise<ShellRecord> => (await studio.command({ type: 'record' })) as ShellRecord;

  it('opens a second window from the menu', async () => {
    await studio.command({ type: 'menu', path: ['File', 'New window'] });
    second = await studio.windowPage(1);
    await new StudioPage(second).ready();
    await expect.poll(async () => await fileName(second) === await fileName(studio.page)).toBe(true);
  });

  it('hands menu entries to the window that the person has turned to, whichever has asked last', async () => {
    await studio.command({ type: 'focus-window', window: 0 });
    await second.evaluate(() => (globalThis as unknown as { engram: { call(name: string, input: unknown): Promise<unknown> } }).engram.call('run.states', {}));
    await studio.command({ type: 'menu', path: ['File', 'Version history'] });
    await expect.poll(() => isDocked(studio.page, 'Version history')).toBe(true);
    expect(await isDocked(second, 'Version history')).toBe(false);
  });

  it('asks before a file that the system opens takes the place of unsaved work', async () => {
    await studio.page.keyboard.press('Alt+n');
    await window.add([800, 420], 'number');
    await studio.command({ type: 'open-file', path: graph });
    const dialog = studio.page.getByRole('dialog', { name: 'Save changes?' });
    await dialog.waitFor();
    expect(await window.nodes()).toHaveLength(1);
    await dialog.getByRole('button', { name: "Don't save" }).click();
    await expect.poll(() => fileName(studio.page)).toBe('render');
  });

  it('shows a concept table that the system opens', async () => {
    const folder = join(studio.workFolder, 'elsewhere');
    await mkdir(folder);
    await writeFile(join(folder, 'fox.engram.safetensors'), encodeTable(tableOf('a very red fox', [[1, 2], [2, 3]], 4)));
    await studio.command({ type: 'open-file', path: join(folder, 'fox.engram.safetensors') });
    await studio.page.locator('.dock dd', { hasText: 'a very red fox' }).waitFor();
  });

  it('loads a page again whose process has died, and not for ever', async () => {
    for (let death = 1; death <= 3; death += 1) {
      await studio.page.evaluate(() => { (globalThis as { stale?: boolean }).stale = true; });
      await studio.command({ type: 'page-dies', window: 0, reason: 'crashed' });
      await studio.page.waitForFunction(() => !('stale' in globalThis) && document.querySelector('#graph-canvas') !== null);
    }
    expect((await record()).failures).toEqual([]);
    await studio.command({ type: 'page-dies', window: 0, reason: 'crashed' });
    expect((await record()).failures).toMatchObject([{ title: 'This window has stopped', text: expect.stringContaining('Unsaved work is kept') as string }]);
  });

  it('ends a second start of the program at once', async () => {
    const again = shimProgram(studio.folder, { SHIM_SECOND_INSTANCE: '1' }, [graph]);
    const [code] = (await once(again, 'exit')) as [number];
    expect(code).toBe(0);
  });

  it('goes on when one of two windows is closed, ends with the last one, and remembers where that stood', async () => {
    await studio.command({ type: 'close-window', window: 1 });
    await studio.command({ type: 'place-window', window: 0, bounds: { x: 40, y: 50, width: 900, height: 700 } });
    expect(studio.main.exitCode).toBeNull();
    const ended = once(studio.main, 'exit');
    await studio.command({ type: 'close-window', window: 0 }).catch(() => undefined);
    expect((await ended)[0]).toBe(0);
    expect(JSON.parse(await readFile(join(studio.dataFolder, 'window.json'), 'utf8'))).toMatchObject({ x: 40, y: 50, width: 900, height: 700 });
    const next = await launchShim({ folder: studio.folder });
    try {
      expect(((await next.command({ type: 'record' })) as ShellRecord).windows).toMatchObject([{ x: 40, y: 50, width: 900, height: 700 }]);
    } finally {
      await next.close();
    }
  });
});

describe('a desktop program that can’t start', () => {
  it('says why in a dialog, and ends', async () => {
    const root = await temporaryFolder();
    await writeFile(join(root, 'data'), 'no folder');
    const program = shimProgram(root, {}, []);
    let said = '';
    program.stderr?.on('data', (chunk: Buffer) => { said += chunk.toString(); });
    await once(program, 'exit');
    expect(said).toMatch(/Engram Studio could not be started: .*data/);
  });
});
