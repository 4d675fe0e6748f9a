import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { defaultCacheFolder, parseSettings, readSettings, settingsPath, writeSettings } from '../../../src/main/services/settings.ts';
import { faultOf } from '../../support/fault.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

describe('folders', () => {
  test('follow the habits of each system', () => {
    const home = { HOME: '/home/ann' };
    expect(defaultCacheFolder(home, 'linux')).toBe('/home/ann/.cache/engram-studio');
    expect(defaultCacheFolder(home, 'darwin')).toBe('/home/ann/Library/Caches/engram-studio');
    expect(settingsPath(home, 'linux')).toBe('/home/ann/.config/engram-studio/settings.json');
    expect(defaultCacheFolder({ ...home, LOCALAPPDATA: '/local' }, 'win32')).toBe('/local/engram-studio/cache');
    expect(settingsPath({ ...home, APPDATA: '/roaming' }, 'win32')).toBe('/roaming/engram-studio/settings.json');
  });

  test('can be chosen by variables; relative XDG folders do not count, as its specification says', () => {
    expect(defaultCacheFolder({ HOME: '/h', XDG_CACHE_HOME: '/x' }, 'linux')).toBe('/x/engram-studio');
    expect(defaultCacheFolder({ HOME: '/h', XDG_CACHE_HOME: 'x' }, 'linux')).toBe('/h/.cache/engram-studio');
    expect(defaultCacheFolder({ HOME: '/h', XDG_CACHE_HOME: '/x', ENGRAM_CACHE: '/mine' }, 'linux')).toBe('/mine');
    expect(defaultCacheFolder({ HOME: '/h', ENGRAM_CACHE: '' }, 'linux')).toBe('/h/.cache/engram-studio');
    expect(settingsPath({ HOME: '/h', ENGRAM_SETTINGS: '/mine.json' }, 'linux')).toBe('/mine.json');
  });
});

describe('settings', () => {
  test('have defaults for everything', () => {
    expect(parseSettings({}, 's', { HOME: '/h' })).toEqual({ version: 1, cacheFolder: '/h/.cache/engram-studio', cacheLimit: 8 * 2 ** 30, valueMemory: 2 ** 30, device: 'auto', modelRoots: {} });
  });

  test('ENGRAM_CACHE wins over the file', () => {
    expect(parseSettings({ cacheFolder: '/file' }, 's', { HOME: '/h' }).cacheFolder).toBe('/file');
    expect(parseSettings({ cacheFolder: '/file' }, 's', { HOME: '/h', ENGRAM_CACHE: '/environment' }).cacheFolder).toBe('/environment');
  });

  test('name every fault at once', async () => {
    const fault = await faultOf(() => parseSettings({ threads: 0, cacheLimit: -1, cacheFolder: 'relative', modelRoots: { m: '/x', models: 'relative' }, device: 'tpu', unknown: 1 }, 'settings.json', { HOME: '/h' }));
    expect(fault).toMatchObject({ code: 'settings.invalid', kind: 'input', where: 'settings.json' });
    for (const part of ['threads', 'cacheLimit', 'cacheFolder', 'modelRoots.m', 'modelRoots.models', 'device', 'unknown']) expect(fault.got).toContain(part);
  });

  test('are written and read back; none at all means the defaults', async () => {
    const path = join(await temporaryFolder(), 'deep', 'settings.json');
    expect((await readSettings(path, { HOME: '/h' })).device).toBe('auto');
    await writeSettings({ device: 'cpu', modelRoots: { models: '/models' } }, path);
    expect(await readSettings(path, { HOME: '/h' })).toMatchObject({ device: 'cpu', modelRoots: { models: '/models' } });
    expect((await faultOf(() => writeSettings({ device: 'tpu' }, path))).code).toBe('settings.invalid');
  });

  test('a damaged file is an error that names it', async () => {
    const path = join(await temporaryFolder(), 'settings.json');
    await writeFile(path, '{"device": ');
    expect(await faultOf(() => readSettings(path))).toMatchObject({ code: 'settings.invalid', where: path });
  });
});
