import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { _electron as electron } from 'playwright-core';
import { findElectron } from '../../tools/lib/electron.mjs';
import { ROOT } from '../../tools/lib/paths.mjs';

const binary = findElectron(ROOT);
const screen = process.platform !== 'linux' || process.env['DISPLAY'] !== undefined || process.env['WAYLAND_DISPLAY'] !== undefined;
const missing = binary === undefined ? 'there is no Electron binary; fetch it with `npx install-electron`' : screen ? undefined : 'there is no screen; run it under xvfb-run';

describe.skipIf(missing !== undefined)(`the desktop program in Electron itself${missing === undefined ? '' : ` (left out: ${missing})`}`, () => {
  it('opens its window, with isolation and CSP in force', async () => {
    const root = await mkdtemp(join(tmpdir(), 'engram-electron-'));
    const env = { ...process.env, ENGRAM_DATA: join(root, 'data'), ENGRAM_CACHE: join(root, 'cache'), ENGRAM_SETTINGS: join(root, 'settings.json') } as Record<string, string>;
    const program = await electron.launch({ executablePath: binary ?? '', args: [join(ROOT, 'dist', 'main.mjs')], env });
    try {
      const page = await program.firstWindow();
      await page.waitForSelector('#studio > *');
      expect(page.url()).toBe('engram://studio/');
      expect(await page.evaluate(() => Object.keys((globalThis as unknown as { engram: object }).engram).sort())).toEqual(['call', 'onEvent']);
      expect(await page.evaluate(() => ['require', 'process'].filter((name) => name in globalThis))).toEqual([]);
    } finally {
      await program.close();
      await rm(root, { recursive: true, force: true });
    }
  });
});
