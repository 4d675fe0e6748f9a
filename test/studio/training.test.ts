import { execFileSync } from 'node:child_process';
import { beforeAll, describe, expect, it } from 'vitest';
import { NO_CHROMIUM } from './support/chromium.ts';
import { serveForTests } from './support/serve-for-tests.ts';

const STEPS = 60;
const SAMPLE_EVERY = 5;

function sampleOf(step: number): RegExp {
  return new RegExp(`^Sample of train: step ${step}(?!\\d)`);
}

/** The engine process of a studio. */
function enginePid(main: number): number {
  const lines = execFileSync('ps', ['-o', 'pid=,args=', '--ppid', String(main)], { encoding: 'utf8' }).split('\n');
  const engine = lines.find((line) => line.includes('engine-process'));
  if (engine === undefined) throw new Error(`no engine process among: ${lines.join(' | ')}`);
  return Number(engine.trim().split(' ')[0]);
}

describe.skipIf(NO_CHROMIUM !== undefined)('training in the window', { timeout: 240_000 }, () => {
  const served = serveForTests();

  beforeAll(async () => {
    await served.window.panel('Training');
    await served.window.select('Train');
    await setParam('steps', STEPS);
    await setParam('sample every', SAMPLE_EVERY);
  });

  async function setParam(name: string, value: number): Promise<void> {
    const field = served.page.locator('.inspector').getByLabel(name, { exact: true });
    await field.fill(String(value));
    await field.blur();
  }
  const dock = (): ReturnType<typeof served.page.locator> => served.page.locator('.dock');
  const progress = async (): Promise<number> => Number(/step (\d+) of/.exec((await dock().textContent()) ?? '')?.[1] ?? 0);
  const chart = (): ReturnType<typeof served.page.locator> => served.page.getByRole('img', { name: /Loss by step/ });
  const slider = (): ReturnType<typeof served.page.locator> => served.page.getByRole('slider', { name: 'Samples by step' });
  const press = (name: string): Promise<void> => dock().getByRole('button', { name, exact: true }).click();

  it('shows loss, rates and samples while a table is trained', async () => {
    await served.window.runToHere();
    await expect.poll(progress, { timeout: 120_000 }).toBeGreaterThan(SAMPLE_EVERY);
    await expect.poll(() => chart().getAttribute('aria-label')).toMatch(/Loss by step: [\d.e-]+ at step \d+, from step 1$/);
    await expect.poll(() => chart().locator('canvas').count()).toBe(1);
    await served.page.getByRole('img', { name: /vector rate by step: [\d.e-]+ at step/ }).waitFor();
    await served.page.getByRole('img', { name: sampleOf(SAMPLE_EVERY) }).waitFor();
    await expect.poll(async () => (await served.window.node('Train')).picture).toBe(true);
  });

  it('goes on from the checkpoint when the engine process was killed in a pause, and the curve with it', async () => {
    await press('Save and pause');
    await served.page.locator('.run-state', { hasText: /^paused/ }).waitFor();
    const pausedAt = await progress();
    process.kill(enginePid(served.studio.main.pid ?? 0), 'SIGKILL');
    await press('Go on training');
    await expect.poll(progress, { timeout: 120_000 }).toBeGreaterThan(pausedAt + 1);
    await expect.poll(() => chart().getAttribute('aria-label')).toMatch(/at step \d+, from step 1$/);
    expect(await dock().textContent()).not.toMatch(/begins anew/);
  });

  it('says on the node that the engine died, and goes on where it was when it is run again', async () => {
    process.kill(enginePid(served.studio.main.pid ?? 0), 'SIGKILL');
    expect(await served.window.ended('')).toMatch(/^failed/);
    expect((await served.window.node('Train')).faultText).toMatch(/engine/i);
    const before = await served.window.runId();
    await press('Go on training');
    expect(await served.window.ended(before)).toMatch(/^done/);
    await expect.poll(progress).toBe(STEPS);
    await expect.poll(() => chart().getAttribute('aria-label')).toMatch(new RegExp(`at step ${STEPS}, from step 1$`));
  });

  it('goes through the samples of all steps, of both runs', async () => {
    await served.page.getByRole('img', { name: sampleOf(STEPS) }).waitFor();
    await slider().press('Home');
    await served.page.getByRole('img', { name: sampleOf(SAMPLE_EVERY) }).waitFor();
    await expect.poll(() => slider().getAttribute('max')).toBe(String(STEPS / SAMPLE_EVERY - 1));
  });

  it('takes the trained table from the cache when asked again, and says so on the node', async () => {
    await served.window.select('Train');
    await served.window.runToHere();
    await expect.poll(async () => (await served.window.node('Train')).state, { timeout: 30_000 }).toBe('cached');
  });
});
