import { ensureBuilt } from '../../tools/lib/build.mjs';
import { ROOT } from '../../tools/lib/paths.mjs';

/**
 * Brings dist/ up to date once before the tests, for those that start the command line or the engine process.
 * A build that fails is told here and does not stop the tests that need no bundle; the others fail for want of a current one.
 */
export async function setup(): Promise<void> {
  await ensureBuilt(ROOT, (line) => process.stderr.write(`${line}\n`)).catch((error: unknown) => {
    process.stderr.write(`dist/ is stale: ${error instanceof Error ? error.message : String(error)}\n`);
  });
}
