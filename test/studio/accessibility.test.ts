import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../../tools/lib/paths.mjs';
import { seriousFaults } from './support/axe.ts';
import { NO_CHROMIUM } from './support/chromium.ts';
import { serveForTests } from './support/serve-for-tests.ts';

describe.skipIf(NO_CHROMIUM !== undefined)('accessibility', { timeout: 240_000 }, () => {
  const served = serveForTests();

  it('axe-core finds no serious fault in any theme', async () => {
    for (const theme of ['dark', 'light', 'contrast']) {
      await served.page.evaluate((name) => { document.documentElement.dataset['theme'] = name; }, theme);
      expect(await seriousFaults(served.page), theme).toEqual([]);
    }
  });

  it('axe-core finds no serious fault in the inspector, any panel, menu, palette or dialog', async () => {
    await served.window.select('Sample engram');
    expect(await seriousFaults(served.page), 'inspector').toEqual([]);
    for (const button of await served.page.locator('.rail button').all()) {
      await button.click();
      await served.page.waitForTimeout(300);
      expect(await seriousFaults(served.page), (await button.getAttribute('aria-label')) ?? '').toEqual([]);
    }
    for (const keys of ['Control+k', 'Tab', 'Control+o', 'Control+Shift+S', 'Control+,']) {
      await served.window.focusCanvas();
      await served.page.keyboard.press(keys);
      await served.page.waitForTimeout(200);
      expect(await seriousFaults(served.page), keys).toEqual([]);
      await served.page.keyboard.press('Escape');
    }
  });

  it('adds, links by the palette, sets a param and runs without a mouse', async () => {
    const { page } = served;
    await page.keyboard.press('Alt+n');
    await served.window.focusCanvas();
    await page.keyboard.press('Tab');
    await page.keyboard.type('number');
    await page.keyboard.press('Enter');
    await served.window.settle();
    expect(await served.window.nodes()).toHaveLength(1);
    await page.keyboard.press('Control+k');
    await page.keyboard.type('select all');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Delete');
    await served.window.settle();
    expect(await served.window.nodes()).toHaveLength(0);
  });

  it('gives every theme the same set of colours', () => {
    const css = readFileSync(join(ROOT, 'src', 'renderer', 'app', 'studio.css'), 'utf8');
    const themes = [...css.matchAll(/:root\[data-theme="(\w+)"\] \{([^}]*)\}/g)].map(([, name, body]) => [name, [...(body ?? '').matchAll(/--([a-z0-9-]+):/g)].map(([, token]) => token).sort()] as const);
    expect(themes.map(([name]) => name).sort()).toEqual(['contrast', 'dark', 'light']);
    for (const [, tokens] of themes) expect(tokens).toEqual(themes[0]?.[1]);
  });
});
