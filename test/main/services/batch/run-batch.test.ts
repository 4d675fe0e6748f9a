import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { BatchEvent, BatchSummary } from '../../../../src/contract/batch-events.ts';
import type { BatchPlan } from '../../../../src/contract/batch-plan.ts';
import { BatchHistory } from '../../../../src/main/services/batch/history.ts';
import { runBatch, type RunBatchOptions } from '../../../../src/main/services/batch/run-batch.ts';
import { RequestSpool } from '../../../../src/main/services/queue/requests.ts';
import { takeLock } from '../../../../src/main/services/queue/lock.ts';
import { FaultyDisk } from '../../../support/faulty-file-system.ts';
import { faultOf } from '../../../support/fault.ts';
import { MortalRunner } from '../../../support/mortal-runner.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { BAD_SEED, DEADLY_SEED, toyOptions, toyPlan, toyProcesses, toyRunner } from '../../../support/toy-batch.ts';

interface Run { readonly summary: BatchSummary; readonly events: BatchEvent[]; readonly drawn: number[] }

async function run(plan: BatchPlan | undefined, out: string, more: Partial<RunBatchOptions> & { beforeDraw?: (seed: number, signal: AbortSignal) => Promise<void> } = {}): Promise<Run> {
  const [events, drawn]: [BatchEvent[], number[]] = [[], []];
  const { beforeDraw, ...options } = more;
  const runner = toyRunner({ drawn, ...(beforeDraw === undefined ? {} : { beforeDraw }) });
  const summary = await runBatch(toyOptions(plan, out, runner, { events, ...options }));
  return { summary, events, drawn };
}

async function outputs(out: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const folder of ['group-0', 'group-1']) for (const name of await readdir(join(out, folder)).catch(() => [])) found[`${folder}/${name}`] = await readFile(join(out, folder, name), 'utf8');
  return found;
}

const told = <T extends BatchEvent['type']>(events: readonly BatchEvent[], type: T): Extract<BatchEvent, { type: T }>[] => events.filter((event): event is Extract<BatchEvent, { type: T }> => event.type === type);

describe('a batch', () => {
  it('runs rows in plan order, as many at a time as it is told, and has nothing to do the second time', async () => {
    const [out, plan] = [await temporaryFolder(), await toyPlan([5, 3, 8, 1, 9])];
    let [atWork, most] = [0, 0];
    const beforeDraw = async (): Promise<void> => {
      atWork += 1;
      most = Math.max(most, atWork);
      await new Promise((resolve) => { setTimeout(resolve, 5); });
      atWork -= 1;
    };
    const { summary, drawn } = await run(plan, out, { beforeDraw, rowsAtOnce: 2 });
    expect(summary).toMatchObject({ status: 'done', counts: { total: 5, done: 5, failed: 0, cancelled: 0 } });
    expect([drawn, most]).toEqual([[5, 3, 8, 1, 9], 2]);
    expect(summary.rows.map(({ row, result }) => [row.output, result?.outputs[0]?.file, result?.how, result?.device])).toEqual(plan.rows.map(({ output }) => [output, `${output}.txt`, 'rendered', 'toy device']));
    const again = await run(plan, out);
    expect([again.drawn, again.summary.status, again.summary.recovery]).toEqual([[], 'done', { verified: 5, adopted: 0, lost: 0, setAside: [], interrupted: 0, swept: 0 }]);
    expect(told(again.events, 'batch-start')[0]).toMatchObject({ resumed: true, counts: { done: 5 } });
  });

  it('lists a bad row with its reason and runs all others; --retry-failed runs it alone', async () => {
    const [out, plan] = [await temporaryFolder(), await toyPlan([1, BAD_SEED, 2, 3])];
    const first = await run(plan, out);
    expect(first.summary).toMatchObject({ status: 'failed', counts: { done: 3, failed: 1 } });
    expect(first.summary.rows[1]).toMatchObject({ state: 'failed', attempts: 3, error: { rule: 'thirteen brings bad luck', nodeId: 'draw' } });
    expect(told(first.events, 'row-failed').map(({ row, attempts, final }) => [row, attempts, final])).toEqual([[1, 1, false], [1, 2, false], [1, 3, true]]);
    expect((await run(plan, out)).drawn).toEqual([]);
    let tries = 0;
    const retried = await run(plan, out, { retryFailed: true, beforeDraw: () => { tries += 1; return Promise.resolve(); } });
    expect([tries, retried.drawn, retried.summary.status]).toEqual([3, [], 'failed']);
  });

  it('outlives an engine that dies of one row: that row is set aside, the others are made once', async () => {
    const [out, plan, drawn, events] = [await temporaryFolder(), await toyPlan([1, 2, DEADLY_SEED, 4, 5, 6]), [] as number[], [] as BatchEvent[]];
    const runner = new MortalRunner(() => toyRunner({ drawn }), ({ type, params }) => type === 'Draw' && params['seed'] === DEADLY_SEED);
    const summary = await runBatch(toyOptions(plan, out, runner, { events }));
    expect(summary).toMatchObject({ status: 'failed', counts: { done: 5, failed: 1 } });
    expect(summary.rows[2]).toMatchObject({ state: 'failed', attempts: 3, error: { code: 'engine.died' } });
    expect(Object.keys(await outputs(out))).toHaveLength(5);
    expect([...new Set(drawn)].filter((seed) => seed !== DEADLY_SEED).sort()).toEqual([1, 2, 4, 5, 6]);
  });

  it('stops with what is wrong when the engine dies whatever it is asked, and keeps everything', async () => {
    const [out, plan] = [await temporaryFolder(), await toyPlan([1, 2, 3])];
    const runner = toyRunner();
    const died = { code: 'engine.died', kind: 'run', where: 'Engine process', rule: 'the engine process must stay alive' } as const;
    const summary = await runBatch(toyOptions(plan, out, runner, { runRow: () => Promise.resolve({ kind: 'back', error: died, interrupted: true }) }));
    expect(summary).toMatchObject({ status: 'paused', error: { code: 'engine.died' }, counts: { done: 0, failed: 0 } });
    expect((await run(plan, out)).summary.status).toBe('done');
  });

  it('renders outputs again that are gone, and puts those aside that somebody has changed', async () => {
    const [out, plan] = [await temporaryFolder(), await toyPlan([1, 2, 3, 4])];
    await run(plan, out);
    const whole = await outputs(out);
    await rm(join(out, 'group-0', 'number-1.txt'));
    await writeFile(join(out, 'group-1', 'number-2.txt'), 'retouched');
    const { summary, drawn } = await run(plan, out);
    expect([drawn, summary.status]).toEqual([[1, 2], 'done']);
    expect(summary.recovery).toMatchObject({ verified: 2, lost: 2 });
    expect(await outputs(out)).toEqual(whole);
    expect(await readFile(summary.recovery.setAside[0] as string, 'utf8')).toBe('retouched');
  });

  it('goes on after damage in its journal: it says which lines, and makes nothing again that is there', async () => {
    const [out, plan] = [await temporaryFolder(), await toyPlan([1, 2, 3])];
    await run(plan, out);
    const journal = join(out, '.engram-batch', 'journal.jsonl');
    const lines = (await readFile(journal, 'utf8')).split('\n');
    const at = lines.findIndex((line) => line.includes('"type":"done"'));
    lines[at] = (lines[at] as string).replace('"ms"', '"mx"');
    await writeFile(journal, lines.join('\n'));
    const { events, summary, drawn } = await run(plan, out);
    expect(told(events, 'batch-warning')[0]?.warning).toMatchObject({ code: 'queue.journal-damaged', got: `line ${at + 1} its checksum does not fit` });
    expect([summary.status, drawn.length]).toEqual(['done', 1]);
    expect(await readFile(`${journal}.damaged`, 'utf8')).toContain('\\"mx\\"');
  });

  it('adopts outputs that are there without a line in the journal, when they are what the row would make', async () => {
    const [out, plan] = [await temporaryFolder(), await toyPlan([1, 2, 3])];
    await run(plan, out);
    await rm(join(out, '.engram-batch'), { recursive: true });
    await rm(join(out, 'group-1', 'number-2.txt'));
    const identify: RunBatchOptions['identify'] = (bytes) => Promise.resolve({ node: 'write', kind: 'data', key: Buffer.from(bytes).toString().slice(0, 64), index: 0, count: 1, pixels: '' });
    const { summary, drawn } = await run(plan, out, { identify });
    expect([summary.status, drawn, summary.recovery.adopted]).toEqual(['done', [2], 2]);
    expect(summary.rows.map(({ result }) => result?.how)).toEqual(['adopted', 'rendered', 'adopted']);
  });

  it('refuses to overwrite files that it has not made', async () => {
    const [out, plan] = [await temporaryFolder(), await toyPlan([1, 2, 3])];
    await mkdir(join(out, 'group-1'));
    await writeFile(join(out, 'group-1', 'number-2.txt'), 'somebody else\'s');
    expect(await faultOf(() => run(plan, out))).toMatchObject({ code: 'batch.would-overwrite', kind: 'input', got: 'number-2.txt' });
    // Nor the second time, when the folder has been begun with.
    expect((await faultOf(() => run(plan, out))).code).toBe('batch.would-overwrite');
    expect(await outputs(out)).toEqual({ 'group-1/number-2.txt': 'somebody else\'s' });
    await writeFile(join(out, 'group-1', 'number-22.txt'), 'no output of the batch');
    await rm(join(out, 'group-1', 'number-2.txt'));
    expect((await run(plan, out)).summary.status).toBe('done');
  });

  it('refuses the folder of another batch, goes on with its own when that has grown, and with the stored plan when asked to', async () => {
    const out = await temporaryFolder();
    await run(await toyPlan([1, 2]), out);
    expect(await faultOf(async () => run(await toyPlan([7, 8], { name: 'others' }), out))).toMatchObject({ code: 'batch.other', kind: 'input', got: 'batch "toys" with 2 rows' });
    const grown = await run(await toyPlan([1, 2, 3, 4]), out);
    expect([grown.drawn, grown.summary.counts.done]).toEqual([[3, 4], 4]);
    await rm(join(out, 'group-0', 'number-1.txt'));
    expect((await run(undefined, out)).drawn).toEqual([1]);
    expect((await faultOf(async () => run(undefined, await temporaryFolder()))).code).toBe('batch.nothing-to-resume');
  });

  it('refuses rows whose models or node types are no longer those of the plan', async () => {
    const [out, plan] = [await temporaryFolder(), await toyPlan([1, 2])];
    const rows = plan.rows.map((row) => ({ ...row, set: { 'draw.seed': 77 + row.index } }));
    const { summary, drawn } = await run({ ...plan, rows }, out);
    expect([summary.status, drawn]).toEqual(['failed', []]);
    expect(summary.rows[0]?.error).toMatchObject({ code: 'batch.inputs-changed', where: 'Row 1 (group-0/number-1)' });
  });

  it('lets one process at a time work on a folder', async () => {
    const [out, plan] = [await temporaryFolder(), await toyPlan([1])];
    const lock = await takeLock(join(out, '.engram-batch'), 'Test');
    expect(await faultOf(() => run(plan, out))).toMatchObject({ code: 'queue.locked', kind: 'input', got: expect.stringContaining(String(process.pid)) as string });
    await lock.release();
    expect((await run(plan, out)).summary.status).toBe('done');
  });

  it('stops within a step when it is told to, and goes on where it was', async () => {
    const [out, plan, stop] = [await temporaryFolder(), await toyPlan([1, 2, 3, 4]), new AbortController()];
    const beforeDraw = (seed: number, signal: AbortSignal): Promise<void> => new Promise((resolve) => {
      if (seed < 3) return resolve();
      signal.addEventListener('abort', () => { resolve(); });
      return setTimeout(() => { stop.abort(); }, 20);
    });
    const { summary, drawn } = await run(plan, out, { signal: stop.signal, beforeDraw, rowsAtOnce: 2 });
    expect([summary.status, summary.counts.done, drawn]).toEqual(['cancelled', 2, [1, 2]]);
    const resumed = await run(plan, out);
    expect([resumed.summary.status, resumed.drawn]).toEqual(['done', [3, 4]]);
    expect(resumed.summary.rows[2]).toMatchObject({ attempts: 0 });
  });
});

describe('a batch that is steered from outside', () => {
  it('pauses between rows, writes its reports, and obeys moves, priorities and cancellations meanwhile', async () => {
    const [out, plan] = [await temporaryFolder(), await toyPlan([1, 2, 3, 4, 5, 6])];
    const spool = new RequestSpool(join(out, '.engram-batch', 'requests'));
    const id = (seed: number): string => (plan.rows.find(({ set }) => set['draw.seed'] === seed) as { id: string }).id;
    const reported: number[] = [];
    let paused: Promise<string> | undefined;
    const [events, drawn]: [BatchEvent[], number[]] = [[], []];
    const runner = toyRunner({ drawn, beforeDraw: async () => { paused ??= spool.ask({ type: 'pause' }); await paused; } });
    const steer = async (): Promise<void> => {
      expect(await spool.ask({ type: 'move', id: id(6), before: 'first' })).toBe('moved');
      expect(await spool.ask({ type: 'priority', id: id(5), priority: 9 })).toBe('priority 9');
      expect(await spool.ask({ type: 'cancel', id: id(4) })).toBe('cancelled');
      expect(await faultOf(() => spool.ask({ type: 'cancel', id: id(1) }))).toMatchObject({ code: 'queue.state', got: 'done' });
      await spool.ask({ type: 'resume' });
    };
    let steered: Promise<void> | undefined;
    const summary = await runBatch(toyOptions(plan, out, runner, {
      rowsAtOnce: 1,
      onEvent: (event) => { events.push(event); if (event.type === 'batch-paused') steered = steer(); },
      writeReports: ({ records }) => { reported.push(records.filter(({ state }) => state === 'done').length); return Promise.resolve({ files: ['/manifest'], warnings: [] }); },
    }));
    await steered;
    expect([drawn, summary.status, summary.counts, summary.reports]).toEqual([[1, 5, 6, 2, 3], 'done', { total: 6, done: 5, failed: 0, cancelled: 1 }, ['/manifest']]);
    expect(reported).toEqual([1, 5]);
    expect(told(events, 'batch-resumed')).toHaveLength(1);
  });
});

describe('a batch on a disk that fills up', () => {
  const disk = async (capacity: number): Promise<{ disk: FaultyDisk; go: (more?: Partial<RunBatchOptions>) => Promise<Run> }> => {
    const made = new FaultyDisk();
    const plan = await toyPlan([1, 2, 3, 4, 5, 6, 7, 8]);
    let life = 0;
    const go = async (more: Partial<RunBatchOptions> = {}): Promise<Run> => {
      life += 1;
      const [events, drawn]: [BatchEvent[], number[]] = [[], []];
      const runner = toyRunner({ fileSystem: made.fileSystem, drawn });
      return { summary: await runBatch(toyOptions(plan, '/out', runner, { events, fileSystem: made.fileSystem, processes: toyProcesses(() => life), ...more })), events, drawn };
    };
    await made.fileSystem.mkdir('/out', { recursive: true });
    made.capacity = capacity;
    return { disk: made, go };
  };

  it.each([30, 130, 230, 330, 430, 700, 1000, 1500, 2000])('with %i bytes too few it stops with a clear error, loses nothing, and goes on when there is room', async (missing) => {
    const whole = await disk(Infinity);
    await whole.go();
    const needed = [...whole.disk.files().values()].reduce((sum, text) => sum + Buffer.byteLength(text), 0);
    const { disk: made, go } = await disk(needed - missing);
    const first = await go();
    expect(first.summary).toMatchObject({ status: 'paused', error: { kind: 'run' } });
    expect(['batch.disk-full', 'files.write']).toContain(first.summary.error?.code);
    expect(told(first.events, 'row-failed')).toEqual([]);
    const kept = [...made.files()].filter(([path]) => path.endsWith('.txt'));
    made.capacity = Infinity;
    const second = await go();
    expect(second.summary).toMatchObject({ status: 'done', counts: { done: 8, failed: 0 } });
    const now = made.files();
    for (const [path, text] of kept) expect(now.get(path)).toBe(text);
    expect([...now.keys()].filter((path) => path.endsWith('-tmp'))).toEqual([]);
    // What was told is journalled; a last row may be there whose line found no room.
    expect(second.drawn.length).toBeLessThanOrEqual(8 - told(first.events, 'row-done').length);
  });

  it('stops before the disk is full, with how much is needed', async () => {
    const { go } = await disk(1e6);
    const { summary, drawn } = await go({ minimumFree: 2e6 });
    expect(summary.error).toMatchObject({ code: 'batch.disk-full', rule: 'disk must have 2.0 MB free', hint: expect.stringContaining('Nothing is lost') as string });
    expect(drawn).toEqual([]);
  });

  it('stops before outputs take more than the quota, and goes on with a larger one', async () => {
    const { go } = await disk(Infinity);
    const bytes = (await (await disk(Infinity)).go()).summary.rows[0]?.result?.outputs[0]?.bytes as number;
    const first = await go({ quota: bytes * 5 + 100 });
    expect(first.summary).toMatchObject({ status: 'paused', error: { code: 'batch.quota' } });
    expect(first.summary.counts.done).toBeGreaterThanOrEqual(3);
    expect(first.summary.counts.done).toBeLessThanOrEqual(5);
    expect((await go({ quota: bytes * 9 })).summary.status).toBe('done');
  });
});

describe('the time that a batch takes', () => {
  it('is recorded per row for later estimates', async () => {
    const [out, cache, plan] = [await temporaryFolder(), await temporaryFolder(), await toyPlan([1, 2, 3, 4])];
    await mkdir(cache, { recursive: true });
    await run(plan, out, { history: await BatchHistory.open(cache), beforeDraw: () => new Promise((resolve) => { setTimeout(resolve, 30); }) });
    const estimate = (await BatchHistory.open(cache)).estimate('toy');
    expect(estimate).toMatchObject({ rows: 4, device: 'toy device' });
    expect(estimate?.bytes).toBeGreaterThan(200);
  });
});
