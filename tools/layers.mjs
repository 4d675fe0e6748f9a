/**
 * Checks the whole program's imports: every one against the layer table (tools/layers/table.mjs), and none in a circle.
 * Usage: node tools/layers.mjs [ROOT]
 */
import { resolve } from 'node:path';
import { isMain } from './lib/main.mjs';
import { findBreach } from './layers/check.mjs';
import { findCycles, listCode, readImports } from './layers/graph.mjs';

const FOLDERS = ['src', 'nodes', 'tools', 'test'];
const SKIP = /(?:^|\/)(?:node_modules|fixtures|__pycache__)$/;

/**
 * Lists every breach and cycle under a root.
 *
 * @param {string} root Repository root.
 * @returns {{ files: number, faults: string[] }} How many files were read, and one line per fault.
 */
export function checkLayers(root) {
  const files = listCode(root, FOLDERS, SKIP);
  const imports = readImports(root, files);
  const faults = [];
  for (const [file, sites] of imports) {
    for (const { specifier, line } of sites) {
      const breach = findBreach(file, specifier);
      if (breach) faults.push(`${file}:${line}: ${breach}`);
    }
  }
  for (const cycle of findCycles(imports)) faults.push(`${cycle[0]}: Circular import: ${cycle.join(' -> ')}`);
  return { files: files.length, faults };
}

if (isMain(import.meta.url)) {
  const { files, faults } = checkLayers(resolve(process.argv[2] ?? '.'));
  for (const fault of faults) console.error(fault);
  console.error(`Layers: ${files} files read, ${faults.length} faults`);
  process.exitCode = faults.length > 0 ? 1 : 0;
}
