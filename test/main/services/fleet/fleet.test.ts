import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BatchPlan } from '../../../../src/contract/batch-plan.ts';
import { runError } from '../../../../src/contract/errors.ts';
import { Board } from '../../../../src/main/services/fleet/board.ts';
import { FleetControl } from '../../../../src/main/services/fleet/control.ts';
import { readDone } from '../../../../src/main/services/fleet/done-records.ts';
import { FleetFollower } from '../../../../src/main/services/fleet/follow.ts';
import { readFleet } from '../../../../src/main/services/fleet/fleet-view.ts';
import { JobSource } from '../../../../src/main/services/fleet/job-source.ts';
import { batchId, queueName } from '../../../../src/main/services/fleet/names.ts';
import { depthOf, withQueue } from '../../../../src/main/services/fleet/queues.ts';
import { storeError, type Store } from '../../../../src/main/services/fleet/store.ts';
import { openStore } from '../../../../src/main/services/fleet/stores.ts';
import { doneRows, eventually, FakeRenderer, fakePlan, sha256, slowly, startWorker, submit } from '../../../support/fleet.ts';
import { connectTo, noRedis, redisTitle, startRedis } from '../../../support/redis.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

async function fleet() {
  const server = await startRedis();
  const [redis, store, scratch] = [await connectTo(server), await openStore(await temporaryFolder()), await temporaryFolder()];
  const depth = (plan: BatchPlan, need = 'any') => withQueue(redis, batchId(plan.batchKey), need, depthOf);
  return { server, redis, store, scratch, depth, control: new FleetControl(redis), board: new Board(redis), renderer: new FakeRenderer(scratch) };
}

describe.skipIf(noRedis !== undefined)(redisTitle('a fleet'), () => {
  it('does every row once, and a batch that is given again adds nothing', async () => {
    const { redis, store, renderer, depth } = await fleet();
    const plan = fakePlan(9);
    const first = await submit(redis, store, plan);
    await submit(redis, store, plan);
    expect([first.doneBefore, first.jobs.length, await depth(plan)]).toEqual([0, 9, { waiting: 9, active: 0, setAside: 0 }]);
    const worker = startWorker(redis, store, renderer, { once: true });
    await worker.ended;
    expect(await doneRows(store, plan)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(worker.events.filter(({ type }) => type === 'row-start')).toHaveLength(9);
    expect((await submit(redis, store, plan)).doneBefore).toBe(9);
    expect(await depth(plan)).toEqual({ waiting: 0, active: 0, setAside: 0 });
    const { outputs } = (await readDone(store, (plan.rows[4] as { id: string }).id)) ?? { outputs: [] };
    expect(outputs).toMatchObject([{ file: 'row/4.txt', stored: `outputs/${batchId(plan.batchKey)}/row/4.txt`, sha256: sha256(plan.rows[4]?.id ?? '') }]);
  });

  it('gives rows of another batch with the same keys to nobody again', async () => {
    const { redis, store, renderer } = await fleet();
    await submit(redis, store, fakePlan(6));
    await startWorker(redis, store, renderer, { once: true }).ended;
    const shorter = { ...fakePlan(6), batchKey: sha256('another batch') };
    expect((await submit(redis, store, shorter)).doneBefore).toBe(6);
  });

  it('sets a poison row aside after three failures of its own, does the others, and tries it again when asked', async () => {
    const { redis, store, scratch, control, depth } = await fleet();
    const plan = fakePlan(5);
    let mended = false;
    const tries: number[] = [];
    const renderer = new FakeRenderer(scratch, async (row) => {
      if (row.index === 2) tries.push(row.index);
      return row.index === 2 && !mended ? 'failed' : 'done';
    });
    await submit(redis, store, plan);
    const worker = startWorker(redis, store, renderer);
    await eventually(async () => (await depth(plan)).setAside === 1 && (await doneRows(store, plan)).length === 4, 30_000);
    expect(tries).toHaveLength(3);
    const view = await readFleet(redis, 'here');
    expect(view.failures).toMatchObject([{ batch: 'fake', row: 2, failures: 3, worker: 'worker', error: { code: 'fake.failed', where: 'Row 2' } }]);
    // Workers tell of themselves every few seconds.
    await eventually(async () => (await readFleet(redis, 'here')).workers[0]?.rowsDone === 4);
    expect((await readFleet(redis, 'here')).workers).toMatchObject([{ name: 'worker', device: 'cpu', rowsDone: 4, rowsFailed: 3 }]);
    mended = true;
    expect(await control.retry(await control.find('fake'))).toBe(1);
    await eventually(async () => (await doneRows(store, plan)).length === 5);
    await worker.stop();
    expect((await readFleet(redis, 'here')).workers).toEqual([]);
  }, 60_000);

  it('counts a lost worker as no failure: its row goes to another one within two leases', async () => {
    const { server, redis, store, renderer, depth } = await fleet();
    const plan = fakePlan(1);
    await submit(redis, store, plan);
    const queue = queueName(batchId(plan.batchKey), 'any');
    for (let lost = 1; lost <= 4; lost += 1) {
      const source = new JobSource({ redis: await connectTo(server), workerName: `lost-${lost}`, leaseMs: 600, onError: () => undefined });
      const taken = performance.now();
      let lease;
      await eventually(async () => (lease = await source.take(queue)) !== undefined);
      expect(performance.now() - taken).toBeLessThan(2500); // 2 leases of 600 ms, looked for every 500 ms
      expect((lease as unknown as { failures: number }).failures).toBe(0);
      (lease as unknown as { abandon(): void }).abandon();
      await source.close();
    }
    await startWorker(redis, store, renderer, { leaseMs: 600, once: true }).ended;
    expect([await doneRows(store, plan), await depth(plan)]).toEqual([[0], { waiting: 0, active: 0, setAside: 0 }]);
  }, 60_000);

  it('stops a running row at once when its batch is taken out, and goes on from there when it is given again', async () => {
    const { redis, store, scratch, control, board } = await fleet();
    const plan = fakePlan(40);
    await submit(redis, store, plan);
    const worker = startWorker(redis, store, new FakeRenderer(scratch, (row, time, hooks) => slowly(row.index < 3 ? 1 : 60_000)(row, time, hooks)));
    await eventually(() => worker.events.some((event) => event.type === 'row-start' && event.row === 3));
    const asked = performance.now();
    await control.cancel(await control.find('fake'));
    await eventually(async () => (await readFleet(redis, '')).workers[0]?.state !== 'busy' && (await board.batches()).length === 0);
    expect(performance.now() - asked).toBeLessThan(5000);
    expect((await redis.keys('engram:*')).filter((key) => key.includes(batchId(plan.batchKey)) && !key.includes('ended'))).toEqual([]);
    await worker.stop();
    expect((await submit(redis, store, plan)).doneBefore).toBe(3);
    await startWorker(redis, store, new FakeRenderer(scratch), { once: true }).ended;
    expect(await doneRows(store, plan)).toHaveLength(40);
  }, 60_000);

  it('stops single jobs alone', async () => {
    const { redis, store, scratch, control, depth } = await fleet();
    const plan = fakePlan(3);
    const { jobs } = await submit(redis, store, plan);
    const worker = startWorker(redis, store, new FakeRenderer(scratch, (row, time, hooks) => slowly(row.index === 0 ? 60_000 : 1)(row, time, hooks)));
    await eventually(() => worker.events.some(({ type }) => type === 'row-start'));
    await control.cancelJobs(await control.find('fake'), [jobs[0]?.id ?? '', jobs[2]?.id ?? '']);
    await eventually(async () => (await depth(plan)).setAside === 2 && (await doneRows(store, plan)).length === 1);
    expect((await readFleet(redis, '')).failures.map(({ error }) => error.code)).toEqual(['run.cancelled', 'run.cancelled']);
    await worker.stop();
  });

  it('begins no row of a paused batch, and serves batches of higher priority first', async () => {
    const { redis, store, renderer, control } = await fleet();
    const [low, high] = [fakePlan(4, { name: 'low' }), fakePlan(4, { name: 'high' })];
    await submit(redis, store, low);
    await submit(redis, store, high, { priority: 5 });
    const paused = await control.find('high');
    await control.pause(paused);
    const worker = startWorker(redis, store, renderer);
    await eventually(async () => (await doneRows(store, low)).length === 4);
    expect(await doneRows(store, high)).toEqual([]);
    await control.resume(paused);
    await eventually(async () => (await doneRows(store, high)).length === 4);
    await worker.stop();
    const again = [fakePlan(3, { name: 'later' }), fakePlan(3, { name: 'sooner' })] as const;
    await submit(redis, store, again[0]);
    await submit(redis, store, again[1], { priority: 1 });
    const second = startWorker(redis, store, renderer, { once: true });
    await second.ended;
    expect(second.events.flatMap((event) => (event.type === 'row-start' ? [event.batch] : []))).toEqual([...Array<string>(3).fill('sooner'), ...Array<string>(3).fill('later')]);
  }, 60_000);

  it('gives rows only to machines that have what they need', async () => {
    const { redis, store, renderer, depth } = await fleet();
    const plan = fakePlan(6, { needs: { 1: 'cuda', 4: 'cuda' } });
    await submit(redis, store, plan);
    await startWorker(redis, store, renderer, { once: true, device: 'cpu' }).ended;
    expect([await doneRows(store, plan), await depth(plan, 'cuda')]).toEqual([[0, 2, 3, 5], { waiting: 2, active: 0, setAside: 0 }]);
    expect((await readFleet(redis, '')).needs).toContainEqual({ need: 'cuda', waiting: 2, workers: 0 });
    await startWorker(redis, store, renderer, { once: true, device: 'cuda' }).ended;
    expect(await doneRows(store, plan)).toHaveLength(6);
  });

  it('gives a row back at once when it is asked to end, without counting that', async () => {
    const { server, redis, store, scratch } = await fleet();
    const plan = fakePlan(1);
    await submit(redis, store, plan);
    const first = startWorker(await connectTo(server), store, new FakeRenderer(scratch, slowly(60_000)), { graceMs: 50, leaseMs: 30_000 });
    await eventually(() => first.events.some(({ type }) => type === 'row-start'));
    await first.stop();
    expect(first.events.at(-1)).toEqual({ type: 'job-back', batch: 'fake', reason: 'the worker ends' });
    const second = startWorker(redis, store, new FakeRenderer(scratch), { once: true, leaseMs: 30_000 });
    await second.ended; // long before the lease of the first would have run out
    expect(second.events[0]).toMatchObject({ type: 'row-start', failures: 0 });
  });

  it('takes trouble with the store for no failure of the row, and goes on when it is over', async () => {
    const { redis, store, renderer, depth } = await fleet();
    const plan = fakePlan(2);
    await submit(redis, store, plan);
    let broken = 3;
    const flaky: Store = {
      location: store.location, check: () => store.check(), has: (name) => store.has(name), get: (name) => store.get(name), put: (name, bytes) => store.put(name, bytes), delete: (name) => store.delete(name), list: (folder) => store.list(folder),
      create: async (name, bytes) => {
        broken -= 1;
        if (broken >= 0) throw storeError('write', 'flaky', name, new Error('ENOSPC: no space left'));
        return store.create(name, bytes);
      },
    };
    const worker = startWorker(redis, flaky, renderer, { once: true });
    await worker.ended;
    expect(worker.events.filter(({ type }) => type === 'waiting')).toHaveLength(3);
    expect(worker.events.flatMap((event) => (event.type === 'row-start' ? [event.failures] : []))).not.toContain(1);
    expect([await doneRows(store, plan), (await depth(plan)).setAside]).toEqual([[0, 1], 0]);
  }, 60_000);

  it('leaves a batch that it can\'t serve to others, and says why', async () => {
    const { redis, store, renderer } = await fleet();
    const plan = fakePlan(2);
    await submit(redis, store, plan);
    const poor = startWorker(redis, store, { prepare: () => Promise.reject(runError('fleet.missing-file', '"models:x"', 'must be on this machine')) }, { name: 'poor' });
    await eventually(() => poor.events.some(({ type }) => type === 'cannot'));
    await startWorker(redis, store, renderer, { once: true, name: 'rich' }).ended;
    await poor.stop();
    expect([await doneRows(store, plan), poor.events.map(({ type }) => type)]).toEqual([[0, 1], ['cannot']]);
  });

  it('keeps the record and the output of the worker that was first, when two had a row', async () => {
    const { server, redis, store, scratch } = await fleet();
    const plan = fakePlan(1);
    await submit(redis, store, plan);
    // The first one is slower than its lease and is cut off from Redis, but goes on and writes in the end.
    let begun = 0;
    const slow: FakeRenderer = new FakeRenderer(join(scratch, 'a'), async () => { begun += 1; await new Promise((resolve) => setTimeout(resolve, 6000)); return 'done'; }, () => 'bytes of the slow one');
    const zombie = startWorker(await connectTo(server), store, slow, { name: 'slow', leaseMs: 700, graceMs: 60_000 });
    await eventually(() => begun === 1);
    zombie.cut();
    await startWorker(redis, store, new FakeRenderer(join(scratch, 'b'), undefined, () => 'bytes of the quick one'), { name: 'quick', once: true, leaseMs: 700 }).ended;
    await zombie.ended.catch(() => undefined);
    const record = await readDone(store, plan.rows[0]?.id ?? '');
    expect(record?.worker).toBe('quick');
    const [output] = record?.outputs ?? [];
    expect(new TextDecoder().decode(await store.get(output?.stored ?? ''))).toBe('bytes of the quick one');
    expect(output?.sha256).toBe(sha256('bytes of the quick one'));
  }, 60_000);

  it('brings outputs under the names of the batch, tells failures, and adds what Redis has lost', async () => {
    const { redis, store, scratch } = await fleet();
    const plan = fakePlan(12);
    const out = await temporaryFolder();
    const submission = await submit(redis, store, plan);
    const trouble: string[] = [];
    const follower = new FleetFollower({ redis, store, plan, submission, outputFolder: out, submitAgain: () => submit(redis, store, plan), onTrouble: ({ code }) => { trouble.push(code); } });
    await follower.open();
    const ends = Promise.all(plan.rows.map((row) => follower.row(row, new AbortController().signal)));
    let rendered = 0;
    const renderer = new FakeRenderer(scratch, async (row, time, hooks) => {
      rendered += 1;
      return row.index === 5 ? 'failed' : slowly(100)(row, time, hooks);
    });
    const worker = startWorker(redis, store, renderer);
    await eventually(() => rendered >= 3);
    await redis.flushall();
    const outcomes = await ends;
    expect(outcomes.map(({ kind }) => kind)).toEqual(plan.rows.map(({ index }) => (index === 5 ? 'failed' : 'done')));
    expect(outcomes[5]).toMatchObject({ error: { code: 'fake.failed' }, final: true });
    expect(await readFile(join(out, 'row', '7.txt'), 'utf8')).toBe(plan.rows[7]?.id);
    expect(trouble).toContain('fleet.lost-jobs');
    await follower.close();
    await worker.stop();
  }, 90_000);

  it('renders a row again whose output has gone from the store, and refuses one that was changed there', async () => {
    const { redis, store, renderer } = await fleet();
    const plan = fakePlan(2);
    const out = await temporaryFolder();
    const submission = await submit(redis, store, plan);
    await startWorker(redis, store, renderer, { once: true }).ended;
    const stored = (index: number): string => `outputs/${batchId(plan.batchKey)}/row/${index}.txt`;
    await store.delete(stored(0));
    await writeFile(join(store.location, ...stored(1).split('/')), 'changed');
    const follower = new FleetFollower({ redis, store, plan, submission, outputFolder: out, submitAgain: () => submit(redis, store, plan), onTrouble: () => undefined });
    await follower.open();
    const [gone, changed] = plan.rows.map((row) => follower.row(row, new AbortController().signal));
    const worker = startWorker(redis, store, renderer);
    expect(await gone).toMatchObject({ kind: 'done' });
    expect(await changed).toMatchObject({ kind: 'failed', error: { code: 'store.damaged', hint: expect.stringMatching(/Remove that file/) as unknown } });
    await follower.close();
    await worker.stop();
  }, 60_000);

  it('ends with every row either recorded once or set aside, whatever happens to rows and workers', async () => {
    const { server, redis, store, scratch, depth } = await fleet();
    const fate = fc.array(fc.constantFrom('done' as const, 'failed' as const, 'lost' as const), { minLength: 1, maxLength: 4 });
    let run = 0;
    await fc.assert(fc.asyncProperty(fc.array(fate, { minLength: 1, maxLength: 6 }), fc.integer({ min: 1, max: 3 }), async (fates, chunk) => {
      run += 1;
      const plan = fakePlan(fates.length, { name: `run ${run}` });
      await submit(redis, store, plan, { chunk });
      const times = new Map<number, number>();
      // Each life of a worker ends with the first row that loses it.
      for (let life = 0; life < 40; life += 1) {
        const mine = await connectTo(server);
        let cut: () => void = () => undefined;
        const worker = startWorker(mine, store, new FakeRenderer(join(scratch, `${run}-${life}`), async (row, _time, { signal }) => {
          const time = (times.get(row.index) ?? 0) + 1;
          times.set(row.index, time);
          const what = fates[row.index]?.[time - 1] ?? 'done';
          if (what !== 'lost') return what;
          cut();
          await new Promise((resolve) => { signal.addEventListener('abort', resolve, { once: true }); });
          return 'stopped';
        }), { once: true, leaseMs: 500, graceMs: 1 });
        let lost = false;
        cut = () => { lost = true; worker.cut(); };
        await worker.ended.catch(() => undefined);
        mine.disconnect();
        if (!lost) break;
      }
      const counts = await depth(plan);
      expect([counts.waiting, counts.active]).toEqual([0, 0]);
      const done = await doneRows(store, plan);
      const hopeless = fates.flatMap((steps, index) => (done.includes(index) ? [] : [{ steps, index }]));
      // A row is only without a record when its job has failed three times; with one row per job those failures are its own.
      if (chunk === 1) for (const { steps } of hopeless) expect(steps.filter((step) => step === 'failed').length).toBeGreaterThanOrEqual(3);
      expect(counts.setAside === 0).toBe(hopeless.length === 0);
    }), { numRuns: 6 });
  }, 180_000);
});
