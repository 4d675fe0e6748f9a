import { createRequire } from 'node:module';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { ROOT } from '../../../tools/lib/paths.mjs';

const require = createRequire(import.meta.url);

/**
 * Lays out node_modules as if the packages with native parts were installed for every system at once; files are empty.
 *
 * @param {string} folder
 * @returns {string[]} The packages' names.
 */
export function installForEverySystem(folder) {
  const home = join(folder, 'node_modules');
  const put = (/** @type {string[]} */ ...path) => {
    mkdirSync(dirname(join(home, ...path)), { recursive: true });
    writeFileSync(join(home, ...path), '');
  };
  for (const name of ['onnxruntime-node', 'onnxruntime-common', 'sharp', '@img/colour', 'detect-libc', 'semver']) {
    const source = join(ROOT, 'node_modules', name);
    for (const file of /** @type {string[]} */ (readdirSync(source, { recursive: true }))) if (statSync(join(source, file)).isFile()) put(name, file);
  }
  const { optionalDependencies } = JSON.parse(readFileSync(join(ROOT, 'node_modules', 'sharp', 'package.json'), 'utf8'));
  const images = Object.keys(optionalDependencies);
  for (const name of images) {
    const system = name.replace(/^@img\/sharp-(?:libvips-)?/, '');
    put(name, 'package.json');
    if (name.includes('wasm32')) put(name, 'lib', `sharp-${system}.node.wasm`);
    else if (name.includes('libvips')) put(name, 'lib', system.startsWith('darwin') ? 'libvips-cpp.dylib' : 'libvips-cpp.so');
    else put(name, 'lib', `sharp-${system}.node`);
    if (name.includes('win32')) put(name, 'lib', 'libvips-42.dll');
  }
  return ['onnxruntime-node', 'onnxruntime-common', 'sharp', '@img/colour', 'detect-libc', 'semver', ...images];
}

/**
 * What electron-builder's own walk over node_modules takes into a package, by the configuration that ships.
 *
 * @param {string} folder As {@link installForEverySystem} has laid it out.
 * @param {readonly string[]} packages
 * @param {'linux' | 'win' | 'mac'} target The configuration's section.
 * @param {'x64' | 'arm64'} architecture
 * @returns {Promise<string[]>} Paths below node_modules, sorted.
 */
export async function packedModules(folder, packages, target, architecture) {
  const { getNodeModuleFileMatcher } = require('app-builder-lib/out/fileMatcher');
  const { NodeModuleCopyHelper } = require('app-builder-lib/out/util/NodeModuleCopyHelper');
  const config = readConfiguration();
  const info = { config, appInfo: { type: 'module' }, debugLogger: { isEnabled: false }, getWorkspaceRoot: async () => folder };
  const matcher = getNodeModuleFileMatcher(folder, join(folder, 'packed'), (/** @type {string} */ text) => text.replaceAll('${arch}', architecture), config[target], info);
  const files = [];
  for (const name of packages) {
    const helper = new NodeModuleCopyHelper(matcher, info);
    files.push(...(await helper.collectNodeModules({ name, dir: join(folder, 'node_modules', name) }, [], join('node_modules', name))));
  }
  return files.map((file) => relative(join(folder, 'node_modules'), file).split(sep).join('/')).sort();
}

/** electron-builder.yml, parsed. */
export function readConfiguration() {
  return require('js-yaml').load(readFileSync(join(ROOT, 'electron-builder.yml'), 'utf8'));
}
