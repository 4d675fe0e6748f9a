import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../../tools/lib/paths.mjs';
import { seriousFaults } from './support/axe.ts';
import { NO_CHROMIUM } from './support/chromium.ts';
import { launchServe, type LaunchedStudio } from './support/launch.ts';
import { StudioPage } from './support/studio-page.ts';

describe.skipIf(NO_CHROMIUM !== undefined)('accessibility', { timeout: 240_000 }, () => {
  let studio: LaunchedStudio;
  let window: StudioPage;

  beforeAll(async () => {
    studio = await launchServe();
    window = new StudioPage(studio.page);
    await window.ready();
  }, 180_000);
  afterAll(async () => studio.close());

  it('axe-core finds no serious fault in any theme', async () => {
    for (const theme of ['dark', 'light', 'contrast']) {
      await studio.page.evaluate((name) => { document.documentElement.dataset['theme'] = name; }, theme);
      expect(await seriousFaults(studio.page), theme).toEqual([]);
    }
  });

  it('axe-core finds no serious fault in the inspector, any panel, menu, palette or dialog', async () => {
    await window.select('Sample engram');
    expect(await seriousFaults(studio.page), 'inspector').toEqual([]);
    for (const button of await studio.page.locator('.rail button').all()) {
      await button.click();
      await studio.page.waitForTimeout(300);
      expect(await seriousFaults(studio.page), (await button.getAttribute('aria-label')) ?? '').toEqual([]);
    }
    for (const keys of ['Control+k', 'Tab', 'Control+o', 'Control+Shift+S', 'Control+,']) {
      await window.focusCanvas();
      await studio.page.keyboard.press(keys);
      await studio.page.waitForTimeout(200);
      expect(await seriousFaults(studio.page), keys).toEqual([]);
      await studio.page.keyboard.press('Escape');
    }
  });

  it('adds, links by the palette, sets a param and runs without a mouse', async () => {
    const { page } = studio;
    await page.keyboard.press('Alt+n');
    await window.focusCanvas();
    await page.keyboard.press('Tab');
    await page.keyboard.type('number');
    await page.keyboard.press('Enter');
    await window.settle();
    expect(await window.nodes()).toHaveLength(1);
    await page.keyboard.press('Control+k');
    await page.keyboard.type('select all');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Delete');
    await window.settle();
    expect(await window.nodes()).toHaveLength(0);
  });

  it('gives every theme the same set of colours', () => {
    const css = readFileSync(join(ROOT, 'src', 'renderer', 'app', 'studio.css'), 'utf8');
    const themes = [...css.matchAll(/:root\[data-theme="(\w+)"\] \{([^}]*)\}/g)].map(([, name, body]) => [name, [...(body ?? '').matchAll(/--([a-z0-9-]+):/g)].map(([, token]) => token).sort()] as const);
    expect(themes.map(([name]) => name).sort()).toEqual(['contrast', 'dark', 'light']);
    for (const [, tokens] of themes) expect(tokens).toEqual(themes[0]?.[1]);
  });
});
