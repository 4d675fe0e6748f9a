/**
 * Writes NOTICE: this program's copyright line and the third-party packages that it runs with, from the lockfile.
 * Usage: node tools/notices.mjs
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isMain, runTool } from './lib/main.mjs';
import { ROOT } from './lib/paths.mjs';

const HEAD = `Engram Studio
Copyright 2026 The Engram Studio authors

This product is licensed under the Apache License, Version 2.0 (see LICENSE).

The method (Tiny-Engram: concept tables inside a frozen image generator) follows its authors' paper; the code here is our own.
models/pocket-sd15 and the pictures under graphs/ were made by the recipe in tools/pocket and are under the same licence.

At run time the program uses these packages, each under its own licence, whose text lies in its folder under node_modules.
Written by \`node tools/notices.mjs\` from package-lock.json; native packages are listed for every platform.
`;

/**
 * Makes the text of NOTICE.
 *
 * @param {string} lockText Text of package-lock.json.
 * @returns {string} The text, ending in a line feed.
 * @throws {Error} For a package that states no licence.
 */
export function noticeText(lockText) {
  const { packages } = /** @type {{ packages: Record<string, { version: string, license?: string, dev?: boolean }> }} */ (JSON.parse(lockText));
  const lines = Object.entries(packages).flatMap(([path, { version, license, dev }]) => {
    if (path === '' || dev) return [];
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
    if (!license) throw new Error(`Package "${name}" ${version} states no licence: look it up and decide before it ships`);
    return [`  ${name} ${version}: ${license}`];
  });
  return `${HEAD}\n${[...new Set(lines)].sort().join('\n')}\n`;
}

if (isMain(import.meta.url)) {
  await runTool(async () => writeFileSync(join(ROOT, 'NOTICE'), noticeText(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'))));
}
