import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { afterPack } from '../../tools/packaging/after-pack.mjs';
import { installForEverySystem, packedModules, readConfiguration } from './support/packed-modules.mjs';

const BINARY = /\.(?:node|so(?:\.[\d.]+)?|dll|dylib|wasm|exe)$/;
const ORT = 'onnxruntime-node/bin/napi-v6';

/** Every native file of a package, by target. Versions in names are X. */
const EXPECTED = [
  ['linux', 'x64', ['@img/sharp-libvips-linux-x64/lib/libvips-cpp.so', '@img/sharp-linux-x64/lib/sharp-linux-x64.node', `${ORT}/linux/x64/libonnxruntime.so.1`, `${ORT}/linux/x64/onnxruntime_binding.node`]],
  ['linux', 'arm64', ['@img/sharp-libvips-linux-arm64/lib/libvips-cpp.so', '@img/sharp-linux-arm64/lib/sharp-linux-arm64.node', `${ORT}/linux/arm64/libonnxruntime.so.1`, `${ORT}/linux/arm64/onnxruntime_binding.node`]],
  ['win', 'x64', [
    '@img/sharp-win32-x64/lib/libvips-42.dll', '@img/sharp-win32-x64/lib/sharp-win32-x64.node',
    ...['DirectML.dll', 'dxcompiler.dll', 'dxil.dll', 'onnxruntime.dll', 'onnxruntime_binding.node'].map((name) => `${ORT}/win32/x64/${name}`),
  ]],
  ['win', 'arm64', [
    '@img/sharp-win32-arm64/lib/libvips-42.dll', '@img/sharp-win32-arm64/lib/sharp-win32-arm64.node',
    ...['DirectML.dll', 'dxcompiler.dll', 'dxil.dll', 'onnxruntime.dll', 'onnxruntime_binding.node'].map((name) => `${ORT}/win32/arm64/${name}`),
  ]],
  ['mac', 'arm64', [
    '@img/sharp-darwin-arm64/lib/sharp-darwin-arm64.node', '@img/sharp-libvips-darwin-arm64/lib/libvips-cpp.dylib',
    ...['libonnxruntime.X.dylib', 'libonnxruntime.1.dylib', 'onnxruntime_binding.node'].map((name) => `${ORT}/darwin/arm64/${name}`),
  ]],
] as const;

// The packages of all systems, laid out side by side: what electron-builder's own walk takes of them, by the configuration that ships.
describe('packages for every system', () => {
  let folder: string;
  let packages: string[];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'engram-targets-'));
    packages = installForEverySystem(folder);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it.each(EXPECTED)('%s %s: its own native files alone', async (target, architecture, expected) => {
    const files = await packedModules(folder, packages, target, architecture);
    expect(files.filter((name) => BINARY.test(name)).map((name) => name.replace(/\d+\.\d+\.\d+/, 'X')).sort()).toEqual([...expected].sort());
    // The packages' scripts are there to load them; sources, maps and types are not.
    expect(files).toContain('sharp/package.json');
    expect(files.filter((name) => /\.(?:ts|map|md|h|hpp|cc)$/.test(name))).toEqual([]);
  });

  it.each([['linux', 'linux', 1, 'x64'], ['win', 'win32', 1, 'x64'], ['mac', 'darwin', 3, 'arm64']] as const)('%s: is made with what was packed, and not without', async (target, platform, number, architecture) => {
    const resources = join(folder, `resources-${target}`);
    const modules = join(resources, 'app.asar.unpacked', 'node_modules');
    const context = { appOutDir: folder, arch: number, electronPlatformName: platform, packager: { getResourcesDir: () => resources } };
    await expect(afterPack(context)).rejects.toThrow(`lacks the native binary of onnxruntime-node`);
    const files = (await packedModules(folder, packages, target, architecture)).filter((name) => BINARY.test(name));
    for (const name of files) {
      await mkdir(dirname(join(modules, name)), { recursive: true });
      await writeFile(join(modules, name), '');
    }
    await expect(afterPack(context)).resolves.toBeUndefined();
    await rm(join(modules, '@img'), { recursive: true });
    await expect(afterPack(context)).rejects.toThrow('lacks the native binary of sharp');
  });

  it('are of the kinds that are promised, with the same files of our own, models outside, native files unpacked', () => {
    const config = readConfiguration() as Record<'linux' | 'win' | 'mac', { target: (string | { target: string; arch: string[] })[]; files: string[] }> & { asarUnpack: string[]; extraResources: unknown; asar: boolean };
    expect([config.linux.target, config.win.target, config.mac.target]).toEqual([['AppImage', 'deb'], ['nsis'], [{ target: 'dmg', arch: ['arm64'] }]]);
    const own = (['linux', 'win', 'mac'] as const).map((target) => config[target].files.filter((pattern) => !pattern.startsWith('!')));
    expect(own[0]).toEqual(['package.json', 'LICENSE', 'NOTICE', 'dist/main.mjs', 'dist/preload.cjs', 'dist/engine-process.mjs', 'dist/renderer/*.{html,js,css}']);
    expect(own[1]).toEqual(own[0]);
    expect(own[2]).toEqual(own[0]);
    expect(config).toMatchObject({ asar: true, asarUnpack: ['**/node_modules/onnxruntime-node/bin/**', '**/node_modules/@img/**'], extraResources: [{ from: 'models', to: 'models' }, { from: 'graphs', to: 'graphs' }] });
  });
});
