import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { chooseStart, fetchElectron, findElectron } from '../../../tools/lib/electron.mjs';

describe('chooseStart', () => {
  const person = { isTerminal: true, platform: 'linux' as const };

  it('opens a window for a person at a screen', () => {
    expect(chooseStart({ ...person, environment: { DISPLAY: ':0' } })).toBe('window');
    expect(chooseStart({ ...person, environment: { WAYLAND_DISPLAY: 'wayland-0' } })).toBe('window');
    expect(chooseStart({ ...person, platform: 'darwin', environment: {} })).toBe('window');
  });

  it('serves to the browser where there is no screen', () => {
    expect(chooseStart({ ...person, environment: {} })).toBe('browser');
  });

  it('runs the shipped graph for machines', () => {
    expect(chooseStart({ ...person, environment: { DISPLAY: ':0', CI: '1' } })).toBe('run');
    expect(chooseStart({ isTerminal: false, platform: 'linux', environment: { DISPLAY: ':0' } })).toBe('run');
  });
});

describe('findElectron and fetchElectron', () => {
  let root: string;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'electron-'));
    mkdirSync(join(root, 'node_modules', 'electron'), { recursive: true });
    writeFileSync(join(root, 'node_modules', 'electron', 'package.json'), '{"version":"45.0.0"}');
  });

  afterEach(() => rmSync(root, { recursive: true }));

  it('finds what the installer left, and only what is there', () => {
    expect(findElectron(root, {}, 'linux')).toBeUndefined();
    writeFileSync(join(root, 'node_modules', 'electron', 'path.txt'), 'electron');
    expect(findElectron(root, {}, 'linux')).toBeUndefined();
    mkdirSync(join(root, 'node_modules', 'electron', 'dist'));
    writeFileSync(join(root, 'node_modules', 'electron', 'dist', 'electron'), '');
    expect(findElectron(root, {}, 'linux')).toBe(join(root, 'node_modules', 'electron', 'dist', 'electron'));
  });

  it('takes the folder that a person names', () => {
    writeFileSync(join(root, 'electron'), '');
    expect(findElectron(root, { ELECTRON_OVERRIDE_DIST_PATH: root }, 'linux')).toBe(join(root, 'electron'));
  });

  it('says in one line why fetching failed', () => {
    const lines: string[] = [];
    const installer = join(root, 'node_modules', 'electron', 'install.js');
    writeFileSync(installer, "console.error('TypeError: fetch failed\\n  at somewhere'); process.exit(1);");
    expect(fetchElectron(root, (line) => lines.push(line))).toBe('TypeError: fetch failed');
    expect(lines).toEqual(['Fetching Electron 45.0.0 (once) …']);
    writeFileSync(installer, 'process.exit(0);');
    expect(fetchElectron(root, () => undefined)).toBeUndefined();
  });
});
