import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

const FOLDER = 'test/studio';
/** Files that look at one shell's own side, or at what is built. All others use a window, whichever shell it is of. */
const OWN = /^(?:desktop(?:-[a-z]+)*|serve(?:-[a-z]+)*|launch|packaging(?:-[a-z]+)*|bundle)\.test\.ts$/;

/** The spec files that hold over `engram serve` and in the desktop program alike, relative to the root: whoever adds one need not list it. */
export async function studioSpecs(root: string): Promise<readonly string[]> {
  const names = await readdir(join(root, FOLDER));
  return names.filter((name) => name.endsWith('.test.ts') && !OWN.test(name)).sort().map((name) => `${FOLDER}/${name}`);
}
