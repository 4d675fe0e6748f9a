import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import type { BatchPlan } from '../../../../src/contract/batch-plan.ts';
import { AppError } from '../../../../src/contract/errors.ts';
import { comparePlans } from '../../../../src/main/services/batch/compare-plans.ts';
import { formatPlan, parsePlan, readPlan, writePlan } from '../../../../src/main/services/batch/plan-file.ts';
import { batchWorld, toyGraph, type BatchWorld } from '../../../support/batch-world.ts';
import { faultOf } from '../../../support/fault.ts';

const groups = [{ p: { set: 'text.prompts', values: ['a fox', 'a cat', 'a fox'] } }, { s: { set: 'latent.seeds', values: { seeds: 2 } } }];
let world: BatchWorld;
let plan: BatchPlan;

beforeEach(async () => {
  world = await batchWorld();
  await world.write('b.graph.json', toyGraph({ draw: { sampler: 'euler' } }));
  plan = await world.plan({ graph: undefined, groups: [...groups, { g: { set: 'graph', values: ['a.graph.json', 'b.graph.json'] } }], output: { name: '{p:slug}/{s}', quota: '1 GB' }, needs: { device: 'cuda' } });
});

describe('plan files', () => {
  test('are read back as they were', async () => {
    expect(parsePlan(formatPlan(plan), 'plan.json')).toEqual(plan);
    const path = join(world.folder, 'deep/plan.json');
    await writePlan(path, plan);
    expect(await readPlan(path)).toEqual(plan);
    expect(await readPlan(join(world.folder, 'none.json'))).toBeUndefined();
    expect((await readFile(path, 'utf8')).split('\n').filter((line) => line.startsWith('['))).toHaveLength(plan.rows.length);
  });

  test('keep what rows need of a machine', async () => {
    const made = await world.plan({ groups: [{ s: { set: 'latent.seeds', values: { seeds: 2 } }, need: { set: 'memory', values: ['1 GB', 2e9] }, on: { set: 'device', values: ['any', 'cuda'] } }], needs: { device: 'cpu' } });
    expect(parsePlan(formatPlan(made), 'x')).toEqual(made);
    expect(made.rows.map(({ needs }) => needs)).toContainEqual({ device: 'cuda', memory: 2e9 });
  });

  test('any batch that was planned is read back', async () => {
    const value = fc.oneof(fc.string({ unit: 'binary' }), fc.integer());
    await fc.assert(fc.asyncProperty(fc.array(value, { minLength: 1, maxLength: 6 }), fc.boolean(), async (values, labels) => {
      const made = await world.plan({ groups: [{ a: { set: 'text.prompts', values }, ...(labels ? { b: { values: values.map(String) } } : {}) }, { constructor: { set: 'latent.seeds', values: { seeds: 2 } } }] });
      expect(parsePlan(formatPlan(made), 'x')).toEqual(made);
    }), { numRuns: 25 });
  });

  type Stored = Record<string, unknown> & { rows: [number, string, number, string, number[], number[]][]; graphs: Record<string, unknown>[] };
  test.each<[string, (stored: Stored) => void]>([
    ['a name that leads out', (stored) => { stored.rows[0]![3] = '../../x'; }],
    ['a hidden name', (stored) => { stored.rows[0]![3] = '.engram-batch/plan'; }],
    ['a device name', (stored) => { stored.rows[0]![3] = 'con'; }],
    ['a name twice', (stored) => { stored.rows[0]![3] = stored.rows[1]![3].toUpperCase(); }],
    ['a key twice', (stored) => { stored.rows[0]![1] = stored.rows[1]![1]; }],
    ['another key', (stored) => { stored.rows[0]![1] = '0'.repeat(64); }],
    ['a row that is gone', (stored) => { stored.rows.pop(); }],
    ['a graph that is not there', (stored) => { stored.rows[0]![2] = 2; }],
    ['a value that is not there', (stored) => { stored.rows[0]![5][0] = 99; }],
    ['a label that is not there', (stored) => { stored.rows[0]![4][0] = -1; }],
    ['too few labels', (stored) => { stored.rows[0]![4].pop(); }],
    ['a key that is not known', (stored) => { stored['more'] = 1; }],
    ['a writer without a node', (stored) => { stored.graphs[0]!['writers'] = [{ node: 'x', param: 'name', suffix: '' }]; }],
    ['a target without a node', (stored) => { stored.graphs[0]!['targets'] = ['x.y', 'toString.z']; }],
    ['a need that is not there', (stored) => { (stored.rows[0] as unknown[])[6] = 7; }],
    ['no graphs', (stored) => { stored.graphs = []; }],
  ])('refuses %s', async (_name, change) => {
    const stored = JSON.parse(formatPlan(plan)) as Stored;
    change(stored);
    expect(await faultOf(() => parsePlan(JSON.stringify(stored), 'plan.json'))).toMatchObject({ code: 'batch.plan-damaged', kind: 'run', where: 'plan.json', path: 'plan.json' });
  });

  test('refuses other files and later versions', async () => {
    for (const text of ['', 'null', '[]', '{}', '{"format":"engram-batch-plan"}', formatPlan(plan).slice(0, -20)]) expect(await faultOf(() => parsePlan(text, 'p'))).toMatchObject({ code: 'batch.plan-damaged' });
    expect(await faultOf(() => parsePlan(formatPlan({ ...plan, version: 2 }), 'p'))).toMatchObject({ code: 'batch.newer-plan' });
    await writeFile(join(world.folder, 'plan.json'), 'no plan');
    expect(await faultOf(() => readPlan(join(world.folder, 'plan.json')))).toMatchObject({ code: 'batch.plan-damaged' });
  });

  test('a flipped character is noticed or harms nothing', () => {
    const text = formatPlan(plan);
    const start = text.indexOf('"rows":');
    fc.assert(fc.property(fc.integer({ min: start, max: text.length - 1 }), fc.constantFrom('0', '7', 'a', '"', ',', '[', ' ', '.'), (at, character) => {
      try {
        const read = parsePlan(`${text.slice(0, at)}${character}${text.slice(at + 1)}`, 'p');
        expect(read.rows.map(({ id, output }) => [id, output])).toEqual(plan.rows.map(({ id, output }) => [id, output]));
      } catch (error) {
        expect(error).toBeInstanceOf(AppError);
      }
    }));
  });
});

describe('a batch that has changed', () => {
  const base = { groups, output: { name: '{p:slug}-{row:2}' } };

  test('says which rows are the same, new and gone; rows that stay keep their names', async () => {
    const before = await world.plan(base);
    const more = [{ p: { set: 'text.prompts', values: ['an owl', 'a cat', 'a fox'] } }, groups[1]!];
    const after = await world.plan({ ...base, groups: more }, { previous: before });
    const changes = comparePlans(before, after);
    expect(changes.same).toHaveLength(4);
    expect(changes.same.map(({ id, output }) => [id, output]).sort()).toEqual(before.rows.map(({ id, output }) => [id, output]).sort());
    expect(changes.added.map(({ output }) => output)).toEqual(['an-owl-01', 'an-owl-02']);
    expect([changes.gone, changes.renamed, changes.reused, changes.width]).toEqual([[], [], [], undefined]);
    const fewer = comparePlans(before, await world.plan({ ...base, groups: [{ p: { set: 'text.prompts', values: ['a cat'] } }, groups[1]!] }, { previous: before }));
    expect([fewer.same.length, fewer.added.length, fewer.gone.length]).toEqual([2, 0, 2]);
  });

  test('says what is called otherwise, and which names have changed hands', async () => {
    const before = await world.plan({ ...base, output: { name: '{s}' } });
    const renamed = comparePlans(before, await world.plan({ ...base, output: { name: 'new/{s}' } }, { previous: before }));
    expect([renamed.same.length, renamed.renamed.length]).toEqual([0, 4]);
    const swapped = comparePlans(before, await world.plan({ ...base, groups: [{ p: { set: 'text.prompts', values: ['an owl'] } }, groups[1]!], output: { name: '{s}' } }));
    expect([swapped.added.length, swapped.gone.length, swapped.reused]).toEqual([2, 4, ['0', '1']]);
  });

  test('another width makes other images', async () => {
    const before = await world.plan({ ...base, width: 2 });
    const changes = comparePlans(before, await world.plan({ ...base, width: 3 }));
    expect([changes.same.length, changes.width]).toEqual([0, { before: 2, after: 3 }]);
  });
});
