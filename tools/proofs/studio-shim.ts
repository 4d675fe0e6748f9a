import { defineProof, judge } from './framework/proof.ts';
import { studioSpecs } from './support/studio-specs.ts';
import { runTests, type TestOutcome } from './support/vitest.ts';

/** What the desktop program does besides. */
const DESKTOP = ['desktop', 'desktop-windows', 'desktop-security'].map((name) => `test/studio/${name}.test.ts`);
/** The program in Electron itself, where its binary can be had. */
const SMOKE = 'test/studio/launch.test.ts';

/** How the smoke test in Electron went, or why it was left out: its name says so. */
function smokeOutcome(outcomes: readonly TestOutcome[]): string {
  if (outcomes.every(({ passed }) => passed)) return 'passed';
  return outcomes.every(({ skipped }) => skipped) ? (/left out: [^)]*/.exec(outcomes[0]?.name ?? '')?.[0] ?? 'left out') : 'failed';
}

export const studioShim = defineProof({
  name: 'studio-shim',
  expectedSeconds: 300,
  summary: 'The unchanged main process and preload script of the desktop program, on a stand-in for Electron: its shell, and every spec of the window that holds over `engram serve`; in Electron itself where there is one.',
  async run(context) {
    const specs = await studioSpecs(context.root);
    const desktop = await runTests(context, DESKTOP);
    const window = await runTests(context, specs, { ENGRAM_STUDIO_SHELL: 'shim' });
    const smoke = smokeOutcome(await runTests(context, [SMOKE]));
    const all = [...desktop, ...window];
    const failed = all.filter(({ passed, skipped }) => !passed && !skipped).map(({ name }) => name);
    const skipped = all.filter((outcome) => outcome.skipped).map(({ name }) => name);
    return judge(
      { desktopTests: desktop.length, windowTests: window.length, windowSpecs: specs.map((file) => file.slice('test/studio/'.length)), failures: failed.length, failed, skipped: skipped.length, electron: smoke, electronFailed: smoke === 'failed' },
      { desktopTests: { atLeast: 30 }, windowTests: { atLeast: 20 }, failures: { equals: 0 }, skipped: { equals: 0 }, electronFailed: { equals: false } },
    );
  },
});
