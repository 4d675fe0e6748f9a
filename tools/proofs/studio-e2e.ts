import { defineProof, judge } from './framework/proof.ts';
import { studioSpecs } from './support/studio-specs.ts';
import { runTests } from './support/vitest.ts';

export const studioE2e = defineProof({
  name: 'studio-e2e',
  expectedSeconds: 240,
  summary: 'In real Chromium: a graph is built with mouse and keys, run and seen; training is watched, stopped and gone on with; faults are told on their node; undo gives the same bytes; every graph opens.',
  async run(context) {
    const specs = await studioSpecs(context.root);
    const outcomes = await runTests(context, specs);
    const failures = outcomes.filter(({ passed }) => !passed).map(({ name }) => name);
    return judge({ tests: outcomes.length, specs: specs.map((file) => file.slice('test/studio/'.length)), failures: failures.length, failed: failures }, { tests: { atLeast: 20 }, failures: { equals: 0 } });
  },
});
