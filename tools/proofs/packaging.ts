import { defineProof, judge } from './framework/proof.ts';
import { runTests } from './support/vitest.ts';

export const packaging = defineProof({
  name: 'packaging',
  expectedSeconds: 120,
  summary: 'For Linux, as electron-builder makes it, and for Windows and macOS by its own walk over the packages of all systems: the package holds the bundles, licences and the target\'s own native binaries and nothing else, models outside of the archive, fuses set; without its binaries it is not made.',
  async run(context) {
    const outcomes = await runTests(context, ['test/studio/packaging.test.ts', 'test/studio/packaging-targets.test.ts']);
    const failed = outcomes.filter(({ passed }) => !passed).map(({ name }) => name);
    return judge({ tests: outcomes.length, failures: failed.length, failed }, { tests: { atLeast: 15 }, failures: { equals: 0 } });
  },
});
