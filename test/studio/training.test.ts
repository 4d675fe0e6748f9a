import { execFileSync } from 'node:child_process';
import { beforeAll, describe, expect, it } from 'vitest';
import { NO_CHROMIUM } from './support/chromium.ts';
import { serveForTests } from './support/serve-for-tests.ts';

const STEPS = 60;

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
    await served.page.getByRole('navigation', { name: 'Panels' }).getByRole('button', { name: 'Training' }).click();
    await served.window.select('Train');
    const steps = served.page.locator('.inspector').getByLabel('steps', { exact: true });
    await steps.fill(String(STEPS));
    await steps.blur();
  });

  const progress = async (): Promise<number> => Number(/step (\d+) of/.exec((await served.page.locator('.dock').textContent()) ?? '')?.[1] ?? 0);

  it('shows the loss while a table is trained', async () => {
    await served.window.runToHere();
    await expect.poll(progress, { timeout: 120_000 }).toBeGreaterThan(8);
    const chart = served.page.getByRole('img', { name: /Loss by step/ });
    await expect(chart.getAttribute('aria-label')).resolves.toMatch(/Loss by step: [\d.e-]+ at step \d+/);
    expect(await chart.locator('canvas').count()).toBe(1);
  });

  it('says on the node that the engine died, and trains to the end when it is run again', async () => {
    await expect.poll(progress, { timeout: 60_000 }).toBeGreaterThan(12);
    process.kill(enginePid(served.studio.main.pid ?? 0), 'SIGKILL');
    expect(await served.window.ended('')).toMatch(/^failed/);
    expect((await served.window.node('Train')).faultText).toMatch(/engine/i);
    const before = await served.window.runToHere();
    expect(await served.window.ended(before)).toMatch(/^done/);
    expect(await progress()).toBe(STEPS);

  });

  it('takes the trained table from the cache when asked again, and says so on the node', async () => {
    await served.window.runToHere();
    await expect.poll(async () => (await served.window.node('Train')).state, { timeout: 30_000 }).toBe('cached');
  });
});
