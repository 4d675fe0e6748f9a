/**
 * Builds the program and packs it for this system: installers in out/packages.
 * Usage: node tools/package.mjs [electron-builder's options, such as --dir]
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureBuilt, PROGRAM_BUNDLES } from './lib/build.mjs';
import { runTool } from './lib/main.mjs';
import { ROOT } from './lib/paths.mjs';
import { logLine, setUp } from './setup.mjs';

await runTool(async () => {
  await setUp();
  await ensureBuilt(ROOT, logLine, PROGRAM_BUNDLES);
  const { author, homepage } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  // `.invalid` is reserved (RFC 2606): such an address reaches nobody, which is honest in a source tree and of no use to who installs a package.
  if (`${author} ${homepage}`.includes('.invalid')) logLine('These packages name nobody who can be reached: set author and homepage in package.json before you hand them on.');
  const builder = join(ROOT, 'node_modules', 'electron-builder', 'cli.js');
  const { status } = spawnSync(process.execPath, [builder, '--config', 'electron-builder.yml', '--publish', 'never', ...process.argv.slice(2)], { cwd: ROOT, stdio: 'inherit' });
  process.exitCode = status ?? 1;
});
