import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { defineProof, judge, type ProofContext } from './framework/proof.ts';
import { runTests, type TestOutcome } from './support/vitest.ts';

/** What the desktop program does besides. */
const DESKTOP = ['test/studio/desktop.test.ts'];
/** What also holds over `engram serve`; see studio-e2e. */
const COMMON = ['test/studio/editing.test.ts', 'test/studio/opening.test.ts'];

/** Runs tests with the desktop program in the place of `engram serve`. */
async function runInShim(context: ProofContext, files: readonly string[]): Promise<TestOutcome[]> {
  process.env['ENGRAM_STUDIO_SHELL'] = 'shim';
  try {
    return await runTests(context, files.filter((file) => existsSync(join(context.root, file))));
  } finally {
    delete process.env['ENGRAM_STUDIO_SHELL'];
  }
}

export const studioShim = defineProof({
  name: 'studio-shim',
  expectedSeconds: 240,
  summary: 'The unchanged main process and preload script of the desktop program, on a stand-in for Electron: its shell, and the same use of the window as over `engram serve`.',
  async run(context) {
    const outcomes = [...(await runTests(context, DESKTOP)), ...(await runInShim(context, COMMON))];
    const failed = outcomes.filter(({ passed }) => !passed).map(({ name }) => name);
    return judge({ tests: outcomes.length, failures: failed.length, failed }, { tests: { atLeast: 30 }, failures: { equals: 0 } });
  },
});
