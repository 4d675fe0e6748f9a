import { describe, expect, test } from 'vitest';
import { describePlan, describePlanChanges, printBytes } from '../../../src/main/cli/describe-plan.ts';
import { BatchHistory } from '../../../src/main/services/batch/history.ts';
import { batchWorld } from '../../support/batch-world.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const groups = [{ prompt: { set: 'text.prompts', values: ['a fox', 'a cat'] } }, { seed: { set: 'latent.seeds', values: { seeds: 50 } }, steps: { set: 'draw.steps', values: { from: 1, to: 50 } } }];

describe('describePlan', () => {
  test('says how many runs, what is shared, width, time and disk, and the first rows', async () => {
    const world = await batchWorld();
    const history = await BatchHistory.open(await temporaryFolder());
    const batch = { groups, output: { name: '{prompt:slug}/{seed:2}' } };
    expect(describePlan(await world.plan(batch, { history }), 2)).toBe([
      'x: 100 runs of a',
      '  axes      prompt 2 x (seed 50 with steps 50)',
      '  work      once for many rows: Latent 50 of 100, Table 1 of 100, Model 1 of 100, Text 2 of 100; for every row: Draw 100, Save 100',
      '  width     4 images per run of the model',
      '  expected  not known yet: no row of such a graph has been measured on this device',
      '  first 2 rows:',
      '       1  a-fox/00  (prompt=a fox  seed=0  steps=1)',
      '       2  a-fox/01  (prompt=a fox  seed=1  steps=2)',
      '    and 98 more',
    ].join('\n'));
    const { shape } = (await world.plan(batch)).graphs[0]!;
    history.record({ shape, device: 'cpu, 2 threads', seconds: 90, bytes: 1_500_000 });
    expect(describePlan(await world.plan(batch, { history }))).toContain('  expected  about 2 h 30 min and 150 MB for 100 runs, by 1 row measured on cpu, 2 threads\n');
  });

  test('a batch without axes is one run, and notices are told', async () => {
    const text = describePlan(await (await batchWorld()).plan({ name: 'one' }, { chooseWidth: undefined }));
    expect(text).toMatch(/^one: 1 run of a\n {2}axes {6}no axes: one run\n {2}work {6}for every row: Latent 1, /);
    expect(text).toContain('\n       1  0001\n');
    expect(text).toContain('  note: x.batch.json: the width is chosen by memory when the batch is started, got planned with 8');
  });

  test('what has changed since a plan', async () => {
    const world = await batchWorld();
    const before = await world.plan({ groups });
    expect(describePlanChanges(before, await world.plan({ groups }))).toBeUndefined();
    const after = await world.plan({ groups: [{ prompt: { set: 'text.prompts', values: ['a cat', 'an owl'] } }, groups[1]!] }, { previous: before });
    expect(describePlanChanges(before, after)).toBe('the batch has changed since it was planned: 50 rows as before, 50 new, 50 gone');
    expect(describePlanChanges(before, await world.plan({ groups, output: { name: 'x-{row}' } }))).toBe('the batch has changed since it was planned: 0 rows as before, 0 new, 0 gone, 100 under another name');
    expect(describePlanChanges(before, await world.plan({ groups, width: 1 }))).toBe('the batch has changed since it was planned: 0 rows as before, 100 new, 100 gone, width 4 -> 1: pixels depend on it');
  });
});

test.each([[0, '0 B'], [999, '999 B'], [1000, '1.0 kB'], [12_345, '12 kB'], [1.5e9, '1.5 GB'], [2e16, '20000 TB']])('%d bytes are %s', (bytes, text) => {
  expect(printBytes(bytes)).toBe(text);
});
