import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureBuilt } from '../../tools/lib/build.mjs';
import { ROOT } from '../../tools/lib/paths.mjs';

/**
 * Keeps the person's own settings and cache out of the tests, and brings dist/ up to date once before the tests, for those that start the command line or the engine process.
 * A build that fails is told here and does not keep the tests that need no bundle from running; `npm test` fails for it in its build step.
 */
export async function setup(): Promise<() => void> {
  await ensureBuilt(ROOT, (line) => process.stderr.write(`${line}\n`)).catch((error: unknown) => {
    process.stderr.write(`dist/ is stale: ${error instanceof Error ? error.message : String(error)}\n`);
  });
  const folder = mkdtempSync(join(tmpdir(), 'engram-tests-'));
  process.env['ENGRAM_CACHE'] = join(folder, 'cache');
  process.env['ENGRAM_SETTINGS'] = join(folder, 'settings.json');
  return () => rmSync(folder, { recursive: true, force: true });
}
