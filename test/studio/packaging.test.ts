import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { ensureBuilt, PROGRAM_BUNDLES } from '../../tools/lib/build.mjs';
import { ROOT } from '../../tools/lib/paths.mjs';
import { afterPack } from '../../tools/packaging/after-pack.mjs';
import { readFuses } from './support/stub-electron.mjs';

interface Asar { listPackage(archive: string): string[]; extractFile(archive: string, file: string): Buffer }
const asar = createRequire(import.meta.url)('@electron/asar') as Asar;

/** Every file below a folder, relative to it. */
function filesBelow(folder: string): string[] {
  return (readdirSync(folder, { recursive: true }) as string[]).map((name) => name.replaceAll('\\', '/')).filter((name) => statSync(join(folder, name)).isFile());
}

// What ships, made by electron-builder and its own configuration; only Electron's program is a stub.
describe.skipIf(process.platform !== 'linux' || process.arch !== 'x64')('the package for Linux', () => {
  let folder: string;
  let resources: string;
  let inside: string[];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'engram-package-'));
    await ensureBuilt(ROOT, () => undefined, PROGRAM_BUNDLES);
    await promisify(execFile)(process.execPath, [join(import.meta.dirname, 'support', 'pack.mjs'), folder], { maxBuffer: 64 * 1024 * 1024 });
    resources = join(folder, 'packed', 'linux-unpacked', 'resources');
    inside = asar.listPackage(join(resources, 'app.asar')).map((name) => name.replaceAll('\\', '/').slice(1));
  }, 600_000);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('holds the bundles, the page and the licences, and no source, map or test', () => {
    const own = inside.filter((name) => !name.startsWith('node_modules') && name.includes('.') || ['LICENSE', 'NOTICE'].includes(name));
    expect(own.filter((name) => !name.startsWith('node_modules')).sort()).toEqual([
      'LICENSE', 'NOTICE', 'dist/engine-process.mjs', 'dist/main.mjs', 'dist/preload.cjs', 'dist/renderer/index.html', 'dist/renderer/studio.css', 'dist/renderer/studio.js', 'package.json',
    ]);
    expect(JSON.parse(asar.extractFile(join(resources, 'app.asar'), 'package.json').toString('utf8'))).toMatchObject({ main: 'dist/main.mjs', type: 'module' });
  });

  it('holds of all packages those with native parts and what these need', () => {
    const packages = new Set(inside.flatMap((name) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\/package\.json$/.exec(name)?.[1] ?? []));
    expect([...packages].sort()).toEqual(['@img/colour', '@img/sharp-libvips-linux-x64', '@img/sharp-linux-x64', 'detect-libc', 'onnxruntime-common', 'onnxruntime-node', 'semver', 'sharp']);
  });

  it('has the binaries of its own system alone, outside of the archive', () => {
    const unpacked = filesBelow(join(resources, 'app.asar.unpacked'));
    const binaries = unpacked.filter((name) => /\.(?:node|so(?:\.[\d.]+)?|dll|dylib)$/.test(name));
    expect(binaries.map((name) => name.replace(/\d+\.\d+\.\d+/g, 'X')).sort()).toEqual([
      'node_modules/@img/sharp-libvips-linux-x64/lib/libvips-cpp.so.X',
      'node_modules/@img/sharp-linux-x64/lib/sharp-linux-x64-X.node',
      'node_modules/onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime.so.1',
      'node_modules/onnxruntime-node/bin/napi-v6/linux/x64/onnxruntime_binding.node',
    ]);
    const packed = inside.filter((name) => /\.(?:node|so(?:\.[\d.]+)?|dll|dylib)$/.test(name) && !unpacked.includes(name));
    expect(packed).toEqual([]);
  });

  it('has models and graphs outside of the archive, where native code can read them', () => {
    expect(inside.filter((name) => name.endsWith('.safetensors') || name.endsWith('.onnx') || name.startsWith('models'))).toEqual([]);
    expect(existsSync(join(resources, 'models', 'pocket-sd15', 'unet', 'diffusion_pytorch_model.safetensors'))).toBe(true);
    expect(existsSync(join(resources, 'graphs', 'bind-a-concept.graph.json'))).toBe(true);
  });

  it('has its fuses set', () => {
    // Order of Electron: runAsNode, cookieEncryption, nodeOptions, nodeCliInspect, asarIntegrity, onlyLoadAppFromAsar, browser snapshot, grantFileProtocolExtraPrivileges, wasmTrapHandlers.
    expect(readFuses(readFileSync(join(folder, 'packed', 'linux-unpacked', 'engram-studio')))).toBe('010011001');
  });

  it('is not made when the binaries of its target are missing', async () => {
    const context = { appOutDir: folder, arch: 3, electronPlatformName: 'darwin', packager: { getResourcesDir: () => resources } };
    await expect(afterPack(context)).rejects.toThrow('The package for darwin-arm64 lacks the native binary of onnxruntime-node');
    await expect(afterPack({ ...context, arch: 1, electronPlatformName: 'linux' })).resolves.toBeUndefined();
  });
});
