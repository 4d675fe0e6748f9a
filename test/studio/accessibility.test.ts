import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../../tools/lib/paths.mjs';
import { seriousFaults } from './support/axe.ts';
import { NO_CHROMIUM } from './support/chromium.ts';
import { serveForTests } from './support/serve-for-tests.ts';

const THEMES = ['dark', 'light', 'contrast'];

describe.skipIf(NO_CHROMIUM !== undefined)('accessibility', { timeout: 240_000 }, () => {
  const served = serveForTests();

  const setTheme = (theme: string): Promise<void> => served.page.evaluate((name) => { document.documentElement.dataset['theme'] = name; }, theme);

  it('axe-core finds no serious fault in the window, the inspector and any panel, in any theme', async () => {
    await served.window.select('Sample engram');
    for (const button of [undefined, ...(await served.page.locator('.rail button').all())]) {
      await button?.click();
      await served.page.waitForTimeout(300);
      for (const theme of THEMES) {
        await setTheme(theme);
        expect(await seriousFaults(served.page), `${(await button?.getAttribute('aria-label')) ?? 'window'}, ${theme}`).toEqual([]);
      }
    }
  });

  it('axe-core finds no serious fault in a batch that is set up, its faults, and its list of params', async () => {
    const { page } = served;
    await page.getByRole('navigation', { name: 'Panels' }).getByRole('button', { name: /^Batch/ }).click();
    await page.locator('.dock .list-item', { hasText: 'render' }).first().click();
    await page.getByRole('button', { name: /^Start \d+ runs/ }).waitFor();
    for (const summary of await page.locator('.dock summary').all()) await summary.click();
    for (const theme of THEMES) {
      await setTheme(theme);
      expect(await seriousFaults(page), `form, ${theme}`).toEqual([]);
    }
    await page.getByLabel('Values of guidance, one a line').fill('-1');
    await page.locator('.dock .message.error').first().waitFor();
    for (const theme of THEMES) {
      await setTheme(theme);
      expect(await seriousFaults(page), `faults, ${theme}`).toEqual([]);
    }
    await page.getByRole('button', { name: 'Close the batch' }).click();
    await page.getByRole('button', { name: /^New batch of/ }).click();
    await page.getByRole('button', { name: 'Add what varies' }).click();
    expect(await seriousFaults(page), 'params').toEqual([]);
    await page.keyboard.press('Escape');
    await setTheme('dark');
  });

  it('axe-core finds no serious fault in any menu, palette or dialog', async () => {
    for (const keys of ['Control+k', 'Tab', 'Control+o', 'Control+Shift+S', 'Control+,']) {
      await served.window.focusCanvas();
      await served.page.keyboard.press(keys);
      await served.page.waitForTimeout(200);
      expect(await seriousFaults(served.page), keys).toEqual([]);
      await served.page.keyboard.press('Escape');
    }
  });

  it('gives every theme the same set of colours', () => {
    const css = readFileSync(join(ROOT, 'src', 'renderer', 'app', 'studio.css'), 'utf8');
    const themes = [...css.matchAll(/:root\[data-theme="(\w+)"\] \{([^}]*)\}/g)].map(([, name, body]) => [name, [...(body ?? '').matchAll(/--([a-z0-9-]+):/g)].map(([, token]) => token).sort()] as const);
    expect(themes.map(([name]) => name).sort()).toEqual(['contrast', 'dark', 'light']);
    for (const [, tokens] of themes) expect(tokens).toEqual(themes[0]?.[1]);
  });
});
