import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ShimCommand } from './support/electron-shim/messages.ts';
import { launchShell, type LaunchedShell } from './support/launch.ts';

interface ShellRecord {
  readonly sandboxEnabled: boolean;
  readonly windows: readonly { readonly webPreferences: Readonly<Record<string, unknown>> }[];
  readonly schemes: readonly unknown[];
  readonly loaded: readonly string[];
}

const PAGE = 'engram://studio/';
const FORGED = { type: 'forge-call', url: PAGE, subframe: false, foreign: false, name: 'studio.start', input: {} } as const;
/** Addresses that are none of the studio's, some of which begin like one that is. */
const ELSEWHERE = ['https://example.com/', 'engram://studio.example.com/', 'engram://studio@example.com/', 'engram://studio:80/', 'engrams://studio/', 'file:///etc/passwd', 'data:text/html,x', 'about:blank', 'javascript:0'];

// The unchanged dist/main.mjs, asked as Electron asks it: docs/security.md names these tests, each fails when its point is given up.
describe('the desktop program’s guards, on a stand-in for Electron', { timeout: 120_000 }, () => {
  let shell: LaunchedShell;

  beforeAll(async () => { shell = await launchShell(); }, 120_000);
  afterAll(() => shell?.close());

  const record = async (): Promise<ShellRecord> => (await shell.command({ type: 'record' })) as ShellRecord;
  const ask = (what: Extract<ShimCommand, { type: 'ask' }>['what'], value: string, origin = PAGE): Promise<unknown> => shell.command({ type: 'ask', what, value, origin });

  it('answers the page of a window of ours', async () => {
    expect(await shell.command(FORGED)).toMatchObject({ ok: true, value: { shell: 'desktop' } });
  });

  it.each([
    ...ELSEWHERE.map((url) => [`a page at ${url}`, { ...FORGED, url }] as const),
    ['a frame in the page', { ...FORGED, subframe: true }],
    ['a frame that is gone', { ...FORGED, url: null }],
    ['contents of no window of ours', { ...FORGED, foreign: true }],
  ] as const)('answers nothing to %s', async (_, forged) => {
    expect(await shell.command(forged)).toMatchObject({ ok: false, errors: [{ code: 'shell.sender' }] });
  });

  it.each([
    ['an unknown call', 'files.delete', {}, 'studio.unknown-call'],
    ['a prototype key', '__proto__', {}, 'studio.unknown-call'],
    ['input of another form', 'files.open', { path: 7 }, 'studio.input'],
    ['more than is asked for', 'files.open', { path: '/x', also: 1 }, 'studio.input'],
    ['a path outside of every folder', 'files.open', { path: '/etc/passwd' }, 'files.outside'],
  ])('refuses %s', async (_, name, input, code) => {
    expect(await shell.command({ ...FORGED, name, input })).toMatchObject({ ok: false, errors: [{ code }] });
  });

  it('denies every permission and device but the studio’s own clipboard', async () => {
    for (const permission of ['media', 'geolocation', 'notifications', 'midi', 'pointerLock', 'hid', 'serial', 'usb', 'openExternal', 'fileSystem', 'display-capture', 'unknown']) {
      expect(await ask('permission', permission), permission).toBe(false);
      expect(await ask('check', permission), permission).toBe(false);
    }
    expect(await ask('permission', 'clipboard-sanitized-write')).toBe(true);
    for (const origin of ELSEWHERE) {
      expect(await ask('permission', 'clipboard-sanitized-write', origin), origin).toBe(false);
      expect(await ask('check', 'clipboard-read', origin), origin).toBe(false);
    }
    expect(await ask('device', '')).toBe(false);
  });

  it.each(['navigate', 'redirect'] as const)('lets no page %s elsewhere', async (what) => {
    for (const address of ELSEWHERE) expect(await ask(what, address), address).toBe(true);
    expect(await ask(what, PAGE)).toBe(false);
  });

  it('opens no window that a page asks for', async () => {
    for (const address of [PAGE, ...ELSEWHERE]) expect(await ask('window', address), address).toBe('deny');
  });

  it('attaches no page to a page', async () => {
    expect(await ask('webview', '')).toBe(true);
  });

  it('puts every page into the sandbox', async () => {
    expect((await record()).sandboxEnabled).toBe(true);
  });

  it.each([
    ['contextIsolation', true], ['sandbox', true], ['webSecurity', true], ['nodeIntegration', false], ['nodeIntegrationInWorker', false], ['nodeIntegrationInSubFrames', false],
    ['allowRunningInsecureContent', false], ['experimentalFeatures', false], ['webviewTag', false], ['enableBlinkFeatures', undefined], ['navigateOnDragDrop', false],
  ])('makes every window with %s: %s', async (name, value) => {
    await shell.command({ type: 'menu', path: ['File', 'New window'] });
    const { windows } = await record();
    expect(windows.length).toBeGreaterThan(1);
    for (const { webPreferences } of windows) expect(webPreferences[name]).toBe(value);
  });

  it('has a scheme without privileges over the policy', async () => {
    expect((await record()).schemes).toEqual([{ scheme: 'engram', privileges: { standard: true, secure: true, supportFetchAPI: true } }]);
  });

  it('loads its own page alone', async () => {
    expect(new Set((await record()).loaded)).toEqual(new Set([PAGE]));
  });

  it('serves the built page alone by its scheme, under its policy', async () => {
    for (const address of [PAGE, 'engram://studio/studio.js']) {
      const { status, headers } = (await shell.command({ type: 'fetch', address, method: 'GET' })) as { status: number; headers: Record<string, string> };
      expect(status).toBe(200);
      expect(headers['content-security-policy']?.split('; ')).toEqual(expect.arrayContaining(["default-src 'none'", "script-src 'self'", "style-src 'self'", "require-trusted-types-for 'script'"]));
      expect(headers['content-security-policy']).not.toMatch(/unsafe|https?:|\*/);
    }
    for (const address of ['engram://studio/../../package.json', 'engram://studio/%2e%2e/%2e%2e/package.json', 'engram://studio/etc/passwd', 'engram://studio/preload.cjs', 'engram://studio/constructor']) {
      expect(await shell.command({ type: 'fetch', address, method: 'GET' }), address).toMatchObject({ status: 404 });
    }
    expect(await shell.command({ type: 'fetch', address: 'engram://elsewhere/', method: 'GET' })).toMatchObject({ status: 403 });
    expect(await shell.command({ type: 'fetch', address: PAGE, method: 'POST' })).toMatchObject({ status: 405 });
  });
});
