import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openQueue, readQueue, type DurableQueue, type NewJob } from '../../../../src/main/services/queue/durable-queue.ts';
import type { JobState } from '../../../../src/main/services/queue/queue-entries.ts';
import { runError } from '../../../../src/contract/errors.ts';
import { FaultyDisk } from '../../../support/faulty-file-system.ts';
import { faultOf } from '../../../support/fault.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const ERROR = runError('toy.broke', 'Toy', 'must hold').data;
const job = (id: string, priority = 0): NewJob => ({ id, kind: 'toy', payload: { id }, priority });
const idsOf = (queue: DurableQueue): string[] => queue.view().waiting.map(({ id }) => id);

async function fresh(seeds: readonly NewJob[] = [], more: { maxAttempts?: number; historyLimit?: number } = {}): Promise<{ queue: DurableQueue; reopen: () => Promise<DurableQueue>; path: string }> {
  const path = join(await temporaryFolder(), 'queue.jsonl');
  let time = 1000;
  const open = async (): Promise<DurableQueue> => (await openQueue({ path, seeds, now: () => (time += 10), ...more })).queue;
  const queue = await open();
  return { queue, path, reopen: async () => { await queue.close(); return open(); } };
}

describe('durable queue', () => {
  it('hands jobs out by priority, then in order, and keeps states, results and durations over openings', async () => {
    const { queue, reopen } = await fresh();
    await Promise.all([queue.add(job('a')), queue.add(job('b')), queue.add(job('c', 5))]);
    expect(queue.take()?.job.id).toBe('c');
    expect(queue.take()?.job.id).toBe('a');
    await queue.finish('c', 123, { files: ['x.png'] });
    const again = await reopen();
    expect(again.get('c')).toMatchObject({ state: 'done', ms: 123, result: { files: ['x.png'] }, payload: { id: 'c' } });
    // It was running when the process went away: it waits at its place, and it is no failure of its own.
    expect(again.get('a')).toMatchObject({ state: 'waiting', attempts: 0, interruptions: 1 });
    expect(idsOf(again)).toEqual(['a', 'b']);
    expect(again.counts).toEqual({ waiting: 2, running: 0, done: 1, failed: 0, cancelled: 0 });
    expect((await faultOf(() => again.add(job('a')))).code).toBe('queue.duplicate');
    await again.close();
  });

  it('sends a failed job to the end, and sets it aside after three failures of its own; an engine that died is none', async () => {
    const { queue, reopen } = await fresh([job('a'), job('b')]);
    const failNext = async (): Promise<JobState> => queue.fail((queue.take() as { job: { id: string } }).job.id, 5, ERROR);
    expect([await failNext(), idsOf(queue)]).toEqual(['waiting', ['b', 'a']]);
    await queue.finish((queue.take() as { job: { id: string } }).job.id, 1);
    expect(await failNext()).toBe('waiting');
    queue.take();
    await queue.putBack('a', true);
    expect(queue.get('a')).toMatchObject({ attempts: 2, interruptions: 1 });
    expect(await failNext()).toBe('failed');
    expect(queue.take()).toBeUndefined();
    const again = await reopen();
    expect(again.get('a')).toMatchObject({ state: 'failed', attempts: 3, error: ERROR, ms: 5 });
    expect(again.view().history.map(({ id, state }) => [id, state])).toEqual([['a', 'failed'], ['b', 'done']]);
    expect(await again.retryAll('failed')).toBe(1);
    expect(again.get('a')).toMatchObject({ state: 'waiting', attempts: 0 });
    expect(again.get('a')?.error).toBeUndefined();
    again.take();
    expect(await again.fail('a', 1, ERROR, true)).toBe('failed');
    await again.close();
  });

  it('pauses, also over openings, and says why', async () => {
    const { queue, reopen } = await fresh([job('a')]);
    await queue.pause('disk full');
    expect(queue.take()).toBeUndefined();
    const again = await reopen();
    expect([again.paused, again.take()]).toEqual(['disk full', undefined]);
    await again.resume();
    expect(again.take()?.job.id).toBe('a');
    await again.close();
  });

  it('stops a running job that is cancelled, and takes no result of it afterwards', async () => {
    const { queue } = await fresh([job('a'), job('b')]);
    const taken = queue.take();
    await queue.cancel('a');
    expect(taken?.signal.aborted).toBe(true);
    expect((await faultOf(() => queue.retry('a'))).code).toBe('queue.state'); // it hasn't stopped yet
    await queue.finish('a', 1, 'late');
    expect(queue.get('a')).toMatchObject({ state: 'cancelled' });
    expect(queue.get('a')?.result).toBeUndefined();
    await queue.cancel('b');
    expect((await faultOf(() => queue.cancel('b'))).code).toBe('queue.state');
    await queue.retry('a');
    expect(idsOf(queue)).toEqual(['a']);
    await queue.close();
  });

  it('refuses what cannot be: unknown jobs, jobs that run, priorities that are no whole numbers', async () => {
    const { queue } = await fresh([job('a'), job('b')]);
    expect((await faultOf(() => queue.cancel('nobody'))).code).toBe('queue.unknown');
    queue.take();
    expect((await faultOf(() => queue.move('a', 'last'))).code).toBe('queue.state');
    expect((await faultOf(() => queue.move('b', { before: 'a' }))).code).toBe('queue.state');
    expect((await faultOf(() => queue.setPriority('b', 0.5))).code).toBe('queue.priority');
    expect((await faultOf(() => queue.remove('b'))).code).toBe('queue.state');
    await queue.close();
  });

  it('finds a place between two jobs however often', async () => {
    const { queue, reopen } = await fresh(['a', 'b', 'c', 'd'].map((id) => job(id)));
    for (let turn = 0; turn < 200; turn += 1) await queue.move(turn % 2 === 0 ? 'c' : 'b', { before: turn % 2 === 0 ? 'b' : 'c' });
    expect(idsOf(queue)).toEqual(['a', 'b', 'c', 'd']);
    const again = await reopen();
    expect(idsOf(again)).toEqual(['a', 'b', 'c', 'd']);
    await again.close();
  });

  it('keeps seeds out of the journal, and its journal short', async () => {
    const seeds = Array.from({ length: 300 }, (_, index) => job(`row-${index}`));
    const { queue, reopen, path } = await fresh(seeds, { historyLimit: 5 });
    for (let turn = 0; turn < 4; turn += 1) {
      for (let taken = queue.take(); taken !== undefined; taken = queue.take()) await queue.finish(taken.job.id, 1, { turn });
      await Promise.all(seeds.map(({ id }) => queue.retry(id)));
    }
    // 4 turns of 900 entries each: without compaction there would be 3,600 lines.
    const { damage, waiting } = await readQueue({ path, seeds });
    expect([damage.length, waiting.length]).toEqual([0, 300]);
    expect(queue.get('row-7')?.result).toEqual({ turn: 3 });
    const again = await reopen();
    expect(idsOf(again)).toHaveLength(300);
    await again.compact();
    await again.close();
  });

  it('forgets old history of jobs that no plan lists', async () => {
    const { queue } = await fresh([], { historyLimit: 3 });
    for (let index = 0; index < 30; index += 1) {
      await queue.add(job(`run-${index}`));
      queue.take();
      await queue.finish(`run-${index}`, 1);
    }
    await queue.compact();
    expect(queue.counts.done).toBe(3);
    expect(queue.view(2).history.map(({ id }) => id)).toEqual(['run-29', 'run-28']);
    await queue.close();
  });

  it('refuses everything once the disk has refused an entry, since memory is ahead of it then', async () => {
    const disk = new FaultyDisk();
    const open = () => openQueue({ path: '/q', seeds: [job('a'), job('b')], fileSystem: disk.fileSystem });
    const { queue } = await open();
    queue.take();
    await queue.finish('a', 1);
    disk.capacity = 1;
    const fault = await faultOf(() => queue.cancel('b'));
    expect(fault).toMatchObject({ code: 'files.write', got: expect.stringContaining('ENOSPC') as string });
    disk.capacity = Infinity;
    expect(await faultOf(() => queue.pause())).toEqual(fault);
    expect([queue.take(), queue.failed?.data]).toEqual([undefined, fault]);
    const { queue: again } = await open();
    expect([again.get('a')?.state, again.get('b')?.state]).toEqual(['done', 'waiting']);
  });

  it('takes 50,000 seeds in and hands them out in seconds', async () => {
    const seeds = Array.from({ length: 50_000 }, (_, index) => job(`row-${index}`));
    const { queue } = await fresh(seeds);
    const started = performance.now();
    const ends: Promise<void>[] = [];
    for (let taken = queue.take(); taken !== undefined; taken = queue.take()) {
      ends.push(queue.finish(taken.job.id, 1));
      if (ends.length === 1000) await Promise.all(ends.splice(0));
    }
    await Promise.all(ends);
    expect(queue.counts.done).toBe(50_000);
    // Some 4 s on two busy cores; a quadratic line takes minutes.
    expect(performance.now() - started).toBeLessThan(60_000);
    await queue.close();
  });
});

// The same queue, naively: all jobs in one list, in memory.
interface ModelJob { readonly id: string; priority: number; state: JobState; attempts: number }
class Model {
  jobs: ModelJob[] = [];
  paused = false;

  copy(): Model {
    return Object.assign(new Model(), { jobs: this.jobs.map((one) => ({ ...one })), paused: this.paused });
  }
  find(id: string): ModelJob | undefined {
    return this.jobs.find((one) => one.id === id);
  }
  /** Stable sort: the order of the list counts among equal priorities. */
  waiting(): ModelJob[] {
    return this.jobs.filter(({ state }) => state === 'waiting').sort((a, b) => b.priority - a.priority);
  }
  toEnd(one: ModelJob): void {
    this.jobs = [...this.jobs.filter((other) => other !== one), one];
  }
  crash(): void {
    for (const one of this.jobs) if (one.state === 'running') one.state = 'waiting';
  }
  describe(): unknown {
    return { paused: this.paused, waiting: this.waiting().map(({ id }) => id), states: Object.fromEntries([...this.jobs].sort((a, b) => (a.id < b.id ? -1 : 1)).map(({ id, state, attempts, priority }) => [id, [state, attempts, priority]])) };
  }
}

function describeQueue(queue: DurableQueue): unknown {
  const all = [...queue.jobs()].sort((a, b) => (a.id < b.id ? -1 : 1));
  return { paused: queue.paused !== undefined, waiting: idsOf(queue), states: Object.fromEntries(all.map(({ id, state, attempts, priority }) => [id, [state, attempts, priority]])) };
}

type Operation = (model: Model) => ((queue: DurableQueue) => Promise<unknown>) | undefined;
const NAMES = ['a', 'b', 'c', 'd', 'e'];
const name = fc.constantFrom(...NAMES);

/** Each operation changes the model, if it is possible there, and says what to do with the real queue. */
const operation: fc.Arbitrary<Operation> = fc.oneof(
  fc.tuple(name, fc.integer({ min: -1, max: 1 })).map(([id, priority]): Operation => (model) => {
    if (model.find(id) !== undefined) return undefined;
    model.jobs.push({ id, priority, state: 'waiting', attempts: 0 });
    return (queue) => queue.add(job(id, priority));
  }),
  fc.constant<Operation>((model) => {
    const next = model.paused ? undefined : model.waiting()[0];
    if (next !== undefined) next.state = 'running';
    return async (queue) => { expect(queue.take()?.job.id).toBe(next?.id); };
  }),
  fc.tuple(name, fc.constantFrom('finish', 'fail', 'back')).map(([id, how]): Operation => (model) => {
    const one = model.find(id);
    if (one?.state !== 'running') return undefined;
    one.state = how === 'finish' ? 'done' : 'waiting';
    if (how === 'fail') {
      one.attempts += 1;
      if (one.attempts === 2) one.state = 'failed';
      else model.toEnd(one);
    }
    return (queue) => (how === 'finish' ? queue.finish(id, 1) : how === 'fail' ? queue.fail(id, 1, ERROR) : queue.putBack(id));
  }),
  name.map((id): Operation => (model) => {
    const one = model.find(id);
    if (one?.state !== 'waiting') return undefined;
    one.state = 'cancelled';
    return (queue) => queue.cancel(id);
  }),
  name.map((id): Operation => (model) => {
    const one = model.find(id);
    if (one === undefined || one.state === 'waiting' || one.state === 'running') return undefined;
    Object.assign(one, { state: 'waiting', attempts: 0 });
    model.toEnd(one);
    return (queue) => queue.retry(id);
  }),
  fc.tuple(name, fc.integer({ min: -1, max: 1 })).map(([id, priority]): Operation => (model) => {
    const one = model.find(id);
    if (one?.state !== 'waiting') return undefined;
    one.priority = priority;
    return (queue) => queue.setPriority(id, priority);
  }),
  fc.tuple(name, fc.oneof(name.map((before) => ({ before })), fc.constantFrom('first' as const, 'last' as const))).map(([id, to]): Operation => (model) => {
    const one = model.find(id);
    const line = model.waiting().filter((other) => other !== one);
    const target = to === 'first' ? line[0] : to === 'last' ? line.at(-1) : line.find((other) => other.id === to.before);
    if (one?.state !== 'waiting' || target === undefined) return undefined;
    one.priority = target.priority;
    model.toEnd(one);
    if (to !== 'last') model.jobs = model.jobs.filter((other) => other !== one).flatMap((other) => (other === target ? [one, other] : [other]));
    return (queue) => queue.move(id, to);
  }),
  name.map((id): Operation => (model) => {
    const one = model.find(id);
    if (one === undefined || one.state === 'running') return undefined;
    model.jobs = model.jobs.filter((other) => other !== one);
    return (queue) => queue.remove(id);
  }),
  fc.boolean().map((paused): Operation => (model) => {
    model.paused = paused;
    return (queue) => (paused ? queue.pause() : queue.resume());
  }),
  fc.constant<Operation>(() => (queue) => queue.compact()),
);

const step = fc.record({ operation, cut: fc.option(fc.record({ during: fc.nat({ max: 12 }), seed: fc.nat() }), { freq: 4 }) });

describe('durable queue beside a naive one in memory', () => {
  it('does the same, and after a power cut is as it was before the operation or after it; after it, if it was acknowledged', async () => {
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const disk = new FaultyDisk();
      const open = async (): Promise<DurableQueue> => (await openQueue({ path: '/state/q', maxAttempts: 2, fileSystem: disk.fileSystem })).queue;
      let [model, queue] = [new Model(), await open()];
      for (const { operation: change, cut } of steps) {
        const before = model.copy();
        const act = change(model);
        if (act === undefined) continue;
        if (cut === null) {
          await act(queue);
          expect(describeQueue(queue)).toEqual(model.describe());
          continue;
        }
        disk.cutDuring(disk.count + cut.during);
        const acknowledged = await act(queue).then(() => true, () => false);
        disk.restart({ seed: cut.seed });
        queue = await open();
        before.crash();
        model.crash();
        const found = describeQueue(queue);
        const isBefore = JSON.stringify(found) === JSON.stringify(before.describe());
        if (!acknowledged && isBefore) model = before;
        expect(found).toEqual(model.describe());
      }
    }), { numRuns: 400 });
  });
});
