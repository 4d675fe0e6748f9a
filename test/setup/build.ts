import { ensureBuilt } from '../../tools/lib/build.mjs';
import { ROOT } from '../../tools/lib/paths.mjs';

/**
 * Brings dist/ up to date once before the tests, for those that start the command line or the engine process.
 * A build that fails is told here and does not keep the tests that need no bundle from running; `npm test` fails for it in its build step.
 */
export async function setup(): Promise<void> {
  await ensureBuilt(ROOT, (line) => process.stderr.write(`${line}\n`)).catch((error: unknown) => {
    process.stderr.write(`dist/ is stale: ${error instanceof Error ? error.message : String(error)}\n`);
  });
}
