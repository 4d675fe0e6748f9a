import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** electron-builder's numbers of processors. */
const ARCHITECTURES = ['ia32', 'x64', 'armv7l', 'arm64', 'universal'];

/**
 * After a package was laid out, before it is made into an installer: fails when the target's own native binaries are not in it. Such a package would
 * start and never compute.
 *
 * @param {{ appOutDir: string, arch: number, electronPlatformName: string, packager: { getResourcesDir(folder: string): string } }} context
 * @throws {Error} Which binary is missing, and how to get it.
 */
export async function afterPack({ appOutDir, arch, electronPlatformName: platform, packager }) {
  const architecture = ARCHITECTURES[arch] ?? String(arch);
  const modules = join(packager.getResourcesDir(appOutDir), 'app.asar.unpacked', 'node_modules');
  const binaries = [
    { name: 'onnxruntime-node', folder: join(modules, 'onnxruntime-node', 'bin', 'napi-v6', platform, architecture), file: /^onnxruntime_binding\.node$/ },
    { name: 'sharp', folder: join(modules, '@img', `sharp-${platform}-${architecture}`, 'lib'), file: /\.node$/ },
  ];
  for (const { name, folder, file } of binaries) {
    if (readFolder(folder).some((entry) => file.test(entry))) continue;
    throw new Error(`The package for ${platform}-${architecture} lacks the native binary of ${name}. Install it for the target first: npm ci --os=${platform} --cpu=${architecture}`);
  }
}

/** @param {string} folder */
function readFolder(folder) {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
