/**
 * `npm run -s proof -- NAME`: sets up, builds, and measures one claim afresh. `-- list` names the proofs.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureBuilt } from './lib/build.mjs';
import { runTool } from './lib/main.mjs';
import { ROOT } from './lib/paths.mjs';
import { logLine, setUp } from './setup.mjs';

await runTool(async () => {
  await setUp();
  await ensureBuilt(ROOT, logLine);
  process.setSourceMapsEnabled(true);
  const { main } = await import(pathToFileURL(join(ROOT, 'dist', 'proof.mjs')).href);
  process.exitCode = await main(process.argv.slice(2), ROOT);
});
