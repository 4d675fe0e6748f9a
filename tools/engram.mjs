#!/usr/bin/env node
/**
 * The command line, from any state of the checkout: sets up and builds what is missing or stale, then becomes `dist/cli.mjs`.
 * Usage: npm run -s engram -- ARGUMENTS
 */
import { join } from 'node:path';
import { ensureBuilt } from './lib/build.mjs';
import { becomeProgram, runTool } from './lib/main.mjs';
import { ROOT } from './lib/paths.mjs';
import { logLine, setUp } from './setup.mjs';

await runTool(async () => {
  await setUp();
  await ensureBuilt(ROOT, logLine);
  await becomeProgram(join(ROOT, 'dist', 'cli.mjs'), process.argv.slice(2));
});
