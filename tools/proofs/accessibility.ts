import { defineProof, judge } from './framework/proof.ts';
import { runTests } from './support/vitest.ts';

const FILE = 'test/studio/accessibility.test.ts';

export const accessibility = defineProof({
  name: 'accessibility',
  expectedSeconds: 60,
  summary: 'axe-core finds no serious fault in any theme, panel, palette or dialog, and the studio can be used without a mouse.',
  async run(context) {
    const outcomes = await runTests(context, [FILE]);
    const failures = outcomes.filter(({ passed }) => !passed).map(({ name }) => name);
    return judge({ tests: outcomes.length, failures: failures.length, failed: failures }, { tests: { atLeast: 4 }, failures: { equals: 0 } });
  },
});
