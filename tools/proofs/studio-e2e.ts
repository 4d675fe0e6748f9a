import { defineProof, judge } from './framework/proof.ts';
import { runTests } from './support/vitest.ts';

/** Test files that use the window as a person does, in Chromium over `engram serve`. */
const FILES = ['test/studio/editing.test.ts', 'test/studio/opening.test.ts', 'test/studio/training.test.ts'];

export const studioE2e = defineProof({
  name: 'studio-e2e',
  expectedSeconds: 180,
  summary: 'In real Chromium: a graph is built with mouse and keys, run and seen; training is watched, stopped and gone on with; faults are told on their node; undo gives the same bytes; every graph opens.',
  async run(context) {
    const outcomes = await runTests(context, FILES);
    const failures = outcomes.filter(({ passed }) => !passed).map(({ name }) => name);
    return judge({ tests: outcomes.length, failures: failures.length, failed: failures }, { tests: { atLeast: 10 }, failures: { equals: 0 } });
  },
});
