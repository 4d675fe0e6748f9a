#!/usr/bin/env node
/**
 * The command line, from any state of the checkout: sets up and builds what is missing or stale, then becomes `dist/cli.mjs`.
 * Usage: npm run -s engram -- ARGUMENTS
 */
import { join } from 'node:path';
import { ensureBuilt, PROGRAM_BUNDLES } from './lib/build.mjs';
import { becomeProgram, runTool } from './lib/main.mjs';
import { ROOT } from './lib/paths.mjs';
import { logLine, setUp } from './setup.mjs';

await runTool(async () => {
  await setUp();
  await ensureBuilt(ROOT, logLine, PROGRAM_BUNDLES);
  // npm runs scripts in the package's folder; paths on the command line mean the folder where the person stands.
  if (process.env['npm_lifecycle_event'] === 'engram' && process.env['INIT_CWD']) process.chdir(process.env['INIT_CWD']);
  await becomeProgram(join(ROOT, 'dist', 'cli.mjs'), process.argv.slice(2));
});
