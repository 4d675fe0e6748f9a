import { basename, join } from 'node:path';
import { ensureBuilt } from '../../tools/lib/build.mjs';
import { ROOT } from '../../tools/lib/paths.mjs';

/**
 * Bundles a TypeScript program of the tests, so that Node can run it in a process of its own.
 * @param entry Path relative to the repository root.
 * @returns the absolute path of the bundle.
 */
export async function bundleProgram(entry: string): Promise<string> {
  const output = `.cache/test/${basename(entry).replace(/\.ts$/, '.mjs')}`;
  await ensureBuilt(ROOT, () => undefined, [{ entry, output }]);
  return join(ROOT, output);
}
