import { posix } from 'node:path';
import { isBuiltin } from 'node:module';
import { LAYERS, OWNED_PACKAGES } from './table.mjs';

/** @typedef {import('./table.mjs').Layer} Layer */

/**
 * Finds the layer a file belongs to.
 *
 * @param {string} path Path relative to the repository root, with `/`.
 * @returns {Layer | undefined} The layer, or undefined for a file in none.
 */
export function layerOf(path) {
  return LAYERS.find((layer) => layer.files.test(path));
}

/**
 * Judges one import against the layer table.
 *
 * @param {string} importer Path of the importing file relative to the repository root, with `/`.
 * @param {string} specifier The specifier as written: relative, `node:…` or a package.
 * @returns {string | undefined} What is wrong and what is allowed, or undefined when the import is fine.
 */
export function findBreach(importer, specifier) {
  const layer = layerOf(importer);
  if (!layer) return noLayer(importer);
  if (isBuiltin(specifier)) return layer.node ? undefined : breach(layer, `Node's ${specifier}`, packagesOf(layer));
  if (specifier.startsWith('.')) return findFileBreach(layer, posix.join(posix.dirname(importer), specifier));
  return findPackageBreach(layer, packageName(specifier));
}

/**
 * @param {Layer} layer Layer of the importing file.
 * @param {string} path The imported file, relative to the repository root.
 */
function findFileBreach(layer, path) {
  // Data files at the root (package.json) and build output belong to no layer; only code is layered.
  if (!/\.[cm]?[jt]sx?$/.test(path)) return undefined;
  const target = layerOf(path);
  if (!target) return noLayer(path);
  if (target === layer) return undefined;
  const allowed = layer.imports === '*' ? target.name !== 'test' : layer.imports.includes(target.name);
  return allowed ? undefined : breach(layer, `${target.name} (${path})`, layer.imports);
}

/**
 * @param {Layer} layer Layer of the importing file.
 * @param {string} name Package name.
 */
function findPackageBreach(layer, name) {
  const owners = Object.hasOwn(OWNED_PACKAGES, name) ? OWNED_PACKAGES[name] : undefined;
  if (owners) {
    return owners.includes(layer.name) ? undefined : `Bad layering: ${layer.name} may not import package ${name}; only [${owners.join(', ')}] may`;
  }
  if (layer.packages === '*' || layer.packages.includes(name)) return undefined;
  return breach(layer, `package ${name}`, packagesOf(layer));
}

/**
 * @param {Layer} layer
 * @param {string} what
 * @param {readonly string[] | '*'} allowed
 */
function breach(layer, what, allowed) {
  return `Bad layering: ${layer.name} may not import ${what}; allowed: [${allowed === '*' ? 'every layer but test' : allowed.join(', ')}]`;
}

/** @param {Layer} layer */
function packagesOf(layer) {
  if (layer.packages === '*') return '*';
  return layer.node ? [...layer.packages, 'node:*'] : layer.packages;
}

/** @param {string} path */
function noLayer(path) {
  return `Bad layering: ${path} is in no layer; move it, or give its folder a line in tools/layers/table.mjs and a tsconfig.json`;
}

/** @param {string} specifier */
function packageName(specifier) {
  const parts = specifier.split('/');
  return parts.slice(0, specifier.startsWith('@') ? 2 : 1).join('/');
}
