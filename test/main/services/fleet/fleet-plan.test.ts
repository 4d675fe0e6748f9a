import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BatchPlan } from '../../../../src/contract/batch-plan.ts';
import { readDone, writeDone, type DoneRecord } from '../../../../src/main/services/fleet/done-records.ts';
import { parseFailure, printFailure } from '../../../../src/main/services/fleet/failures.ts';
import { FleetPlanReader, PAGE_ROWS, writeFleetPlan } from '../../../../src/main/services/fleet/fleet-plan.ts';
import { byRarity, contentName, doneName, jobId, needName, servesNeed } from '../../../../src/main/services/fleet/names.ts';
import { openStore } from '../../../../src/main/services/fleet/stores.ts';
import { jobsOf } from '../../../../src/main/services/fleet/submit.ts';
import { fakePlan, sha256 } from '../../../support/fleet.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

async function listed(iterable: AsyncIterable<string>): Promise<string[]> {
  const names: string[] = [];
  for await (const name of iterable) names.push(name);
  return names;
}

describe('a plan in a store', () => {
  it('comes back row by row, without paths of the machine that planned, and is kept once', async () => {
    const store = await openStore(await temporaryFolder());
    const base = fakePlan(2 * PAGE_ROWS + 3, { needs: { 1: 'cuda' } });
    const plan: BatchPlan = { ...base, folder: '/home/ada/batches', graphs: base.graphs.map((graph) => ({ ...graph, folder: '/home/ada/graphs' })) };
    const hash = await writeFleetPlan(store, plan, [], 'test');
    expect(await writeFleetPlan(store, plan, [], 'test')).toBe(hash);
    expect(await listed(store.list('contents'))).toHaveLength(1 + 3);
    const reader = await FleetPlanReader.open(store, hash);
    expect(await reader.rows([0, 1, PAGE_ROWS, 2 * PAGE_ROWS + 2])).toEqual([0, 1, PAGE_ROWS, 2 * PAGE_ROWS + 2].map((place) => plan.rows[place]));
    expect(new TextDecoder().decode(await store.get(contentName(hash)))).not.toContain('/home/ada');
    await expect(reader.rows([3 * PAGE_ROWS])).rejects.toMatchObject({ data: { code: 'fleet.plan-invalid' } });
    // 20,000 rows must not make what one row needs larger.
    expect((await store.get(contentName(hash)))?.length).toBeLessThan(2000);
  });

  it('is refused when it is gone, changed, or of another form', async () => {
    const store = await openStore(await temporaryFolder());
    const hash = await writeFleetPlan(store, fakePlan(3), [], 'test');
    await expect(FleetPlanReader.open(store, sha256('none'))).rejects.toMatchObject({ data: { code: 'fleet.plan-missing' } });
    const page = (await FleetPlanReader.open(store, hash)).head.pages[0] ?? '';
    await store.put(contentName(page), new Uint8Array([1, 2, 3]));
    await expect((await FleetPlanReader.open(store, hash)).rows([0])).rejects.toMatchObject({ data: { code: 'store.damaged' } });
    const other = new TextEncoder().encode('{"format":"engram-fleet-plan","version":2}');
    await store.put(contentName(sha256(other)), other);
    await expect(FleetPlanReader.open(store, sha256(other))).rejects.toMatchObject({ data: { code: 'fleet.plan-invalid' } });
  });
});

describe('jobsOf', () => {
  it('has every row in exactly one job of its own need, whatever the chunk, and equal plans give equal jobs', () => {
    fc.assert(fc.property(fc.array(fc.constantFrom('any', 'cuda', 'cpu'), { maxLength: 40 }), fc.integer({ min: 1, max: 7 }), (needs, chunk) => {
      const plan = fakePlan(needs.length, { needs: Object.fromEntries(needs.map((need, index) => [index, need as 'any'])) });
      const jobs = jobsOf(plan, chunk);
      expect(jobs.flatMap(({ rows }) => rows).sort((a, b) => a - b)).toEqual(needs.map((_, index) => index));
      for (const { rows, need, id } of jobs) {
        expect(rows.length).toBeLessThanOrEqual(chunk);
        for (const row of rows) expect(needs[row]).toBe(need);
        expect(id).toBe(jobId(rows.map((row) => plan.rows[row]?.id ?? '')));
      }
      expect(new Set(jobs.map(({ id }) => id)).size).toBe(jobs.length);
      expect(jobsOf(plan, chunk)).toEqual(jobs);
    }));
  });
});

describe('needs', () => {
  it('say which machines can take a row', () => {
    const need = needName({ device: 'cuda' }, 8 * 2 ** 30);
    expect(need).toBe('cuda+8192');
    expect([servesNeed(need, 'cuda', 16 * 2 ** 30), servesNeed(need, 'cuda', 4 * 2 ** 30), servesNeed(need, 'cpu', 16 * 2 ** 30)]).toEqual([true, false, false]);
    expect([servesNeed('any', 'cpu', 1), servesNeed('cpu', 'cpu', 1), servesNeed('any+1', 'webgpu', 2 ** 20)]).toEqual([true, true, true]);
    expect(['any', 'cuda', 'any+100', 'cuda+100'].sort(byRarity)).toEqual(['cuda+100', 'cuda', 'any+100', 'any']);
  });
});

describe('records of finished rows', () => {
  const record: DoneRecord = { format: 'engram-done', version: 1, row: sha256('row'), output: 'a/b', how: 'rendered', outputs: [], device: null, worker: 'w', program: 'test', seconds: 1, finishedAt: '2026-11-22T00:00:00Z' };

  it('count once, and damaged ones not at all', async () => {
    const store = await openStore(await temporaryFolder());
    expect([await writeDone(store, record), await writeDone(store, { ...record, worker: 'late' })]).toEqual([true, false]);
    expect((await readDone(store, record.row))?.worker).toBe('w');
    for (const damaged of ['', '{', '{"format":"engram-done"}', JSON.stringify({ ...record, row: sha256('another') })]) {
      await store.put(doneName(record.row), new TextEncoder().encode(damaged));
      expect(await readDone(store, record.row)).toBeUndefined();
    }
    expect(await writeDone(store, { ...record, worker: 'again' })).toBe(true);
    expect((await readDone(store, record.row))?.worker).toBe('again');
  });
});

describe('failures of jobs', () => {
  it('survive as text of bounded length, and foreign text becomes one', () => {
    const error = { code: 'a.b', kind: 'run' as const, where: 'w', rule: 'r', got: 'x'.repeat(10_000) };
    const text = printFailure({ worker: 'w1', errors: Array.from({ length: 50 }, (_, row) => ({ row, error })) });
    expect(text.length).toBeLessThan(8 * 1000);
    expect(parseFailure(text)).toMatchObject({ worker: 'w1', errors: [{ row: 0, error: { code: 'a.b' } }, ...Array<unknown>(7).fill(expect.anything())] });
    for (const foreign of ['job stalled more than allowable limit', '{}', '[1]', '', undefined]) expect(parseFailure(foreign).errors[0]?.error.code).toBe('fleet.job-failed');
  });
});
