import { rm, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { StudioEvent } from '../../../../src/contract/studio-api.ts';
import { faultOf } from '../../../support/fault.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { wrapRunner } from '../../../support/wrap-runner.ts';
import { openToyStudio, stepsNode, toyGraph, type ToyStudio } from '../../../support/toy-studio.ts';

const SUM = toyGraph({ one: ['Sum', { constant: 1 }], two: ['Sum', { constant: 2 }, { terms: { node: 'one', port: 'total' } }], print: ['Print', {}, { value: { node: 'two', port: 'total' } }] });
const HANG = toyGraph({ hang: ['Hang'], print: ['Print', {}, { value: { node: 'hang', port: 'total' } }] });
const request = (graph = SUM, more: object = {}): Parameters<ToyStudio['studio']['runs']['start']>[0] => ({ graph, path: null, document: 'd', name: 'sum', ...more });

type RunEvents = Extract<StudioEvent, { event: 'run' }>[];
const eventsOf = ({ events }: ToyStudio, runId: string): RunEvents => events.filter((event): event is RunEvents[number] => event.event === 'run' && event.data.runId === runId);
const isStart = (id: string) => (event: StudioEvent): event is RunEvents[number] => event.event === 'run' && event.data.event.type === 'node-start' && event.data.event.nodeId === id;

describe('RunManager', () => {
  it('runs graphs one after the other and tells everything in order, with numbers that count up', async () => {
    const toy = await openToyStudio(await temporaryFolder());
    const first = await toy.studio.runs.start(request());
    const second = await toy.studio.runs.start(request());
    expect([await toy.ended(first), await toy.ended(second)]).toEqual(['done', 'done']);
    const told = eventsOf(toy, first);
    expect(told.map(({ data }) => data.sequence)).toEqual(told.map((_, index) => index + 1));
    expect(told.map(({ data }) => data.event.type)).toEqual(['run-start', 'node-start', 'node-done', 'node-start', 'node-done', 'node-start', 'artifact', 'node-done', 'run-end']);
    expect(toy.events.findIndex((event) => event === eventsOf(toy, second)[0])).toBeGreaterThan(toy.events.findIndex((event) => event === told.at(-1)));
    await toy.studio.close();
  });

  it('tells windows of the end of a run that could not begin, with the reason in the queue', async () => {
    const toy = await openToyStudio(await temporaryFolder());
    await writeFile(toy.studio.options.outputFolder, 'a file where a folder should be');
    const runId = await toy.studio.runs.start(request());
    await expect.poll(() => toy.studio.runs.states().find((state) => state.runId === runId)?.status).toBe('failed');
    expect(eventsOf(toy, runId).map(({ data }) => data.event.type)).toEqual(['run-end']);
    expect(toy.studio.runs.view().history[0]?.error).toMatchObject({ code: 'files.write' });
    await rm(toy.studio.options.outputFolder);
    expect(await toy.ended(await toy.studio.runs.start(request()))).toBe('done');
    await toy.studio.close();
  });

  it('gives a window that connects later the state that all events so far come to', async () => {
    const toy = await openToyStudio(await temporaryFolder());
    const runId = await toy.studio.runs.start(request());
    await toy.ended(runId);
    const [state] = toy.studio.runs.states();
    expect(state).toMatchObject({ runId, document: 'd', status: 'done', order: ['one', 'two', 'print'], sequence: eventsOf(toy, runId).length });
    expect(state?.nodes['two']).toMatchObject({ state: 'done', cached: false, reason: { kind: 'first-run' } });
    expect(state?.nodes['print']?.artifacts).toEqual([expect.objectContaining({ path: '/printed/3', result: expect.any(String) as string })]);
    await toy.studio.close();
  });

  it('queues nothing that has faults, and tells all of them', async () => {
    const toy = await openToyStudio(await temporaryFolder());
    const bad = toyGraph({ a: ['Nothing'], b: ['Sum', { constant: 9999 }], c: ['Print'] });
    await expect(toy.studio.runs.start(request(bad))).rejects.toMatchObject({ faults: { length: 3 } });
    expect(toy.studio.runs.view().waiting).toEqual([]);
    await toy.studio.close();
  });

  it('cancels what runs and what waits', async () => {
    const toy = await openToyStudio(await temporaryFolder());
    const running = await toy.studio.runs.start(request(HANG));
    const waiting = await toy.studio.runs.start(request());
    await toy.until(isStart('hang'));
    await toy.studio.runs.cancel(waiting);
    await toy.studio.runs.cancel(running);
    expect([await toy.ended(waiting), await toy.ended(running)]).toEqual(['cancelled', 'cancelled']);
    expect(toy.ran).not.toContain('print');
    expect((await faultOf(() => toy.studio.runs.cancel(running))).code).toBe('queue.state');
    await toy.studio.close();
  });

  it('pauses between two nodes and goes on', async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => { release = resolve; });
    const toy = await openToyStudio(await temporaryFolder(), [], (runner) => ({
      ...wrapRunner(runner, {}), run: async (node, tell, signal) => { if (node.nodeId === 'one') await held; return runner.run(node, tell, signal); },
    }));
    const runId = await toy.studio.runs.start(request());
    await toy.until(isStart('one'));
    toy.studio.runs.pause(runId);
    release();
    await toy.until((event): event is RunEvents[number] => event.event === 'run' && event.data.event.type === 'node-done' && event.data.event.nodeId === 'one');
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(toy.ran).toEqual(['one']);
    expect(toy.studio.runs.states()[0]?.status).toBe('paused');
    toy.studio.runs.resume(runId);
    expect(await toy.ended(runId)).toBe('done');
    expect(toy.ran).toEqual(['one', 'two', 'print']);
    await toy.studio.close();
  });

  it('pauses inside a node that goes on where it was, with its curve whole', async () => {
    let reached = (): void => undefined;
    const tenth = new Promise<void>((resolve) => { reached = resolve; });
    const steps: number[] = [];
    const toy = await openToyStudio(await temporaryFolder(), [stepsNode(40, (step) => { steps.push(step); if (step === 10) reached(); })]);
    const runId = await toy.studio.runs.start(request(toyGraph({ train: ['Steps'], print: ['Print', {}, { value: { node: 'train', port: 'total' } }] })));
    await tenth;
    toy.studio.runs.pause(runId);
    await new Promise((resolve) => setTimeout(resolve, 100));
    const paused = steps.length;
    expect(paused).toBeLessThan(40);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(steps).toHaveLength(paused);
    toy.studio.runs.resume(runId);
    expect(await toy.ended(runId)).toBe('done');
    expect(steps).toEqual(Array.from({ length: 40 }, (_, index) => index + 1));
    expect(toy.studio.runs.states()[0]?.nodes['train']?.curves['loss']?.map(([step]) => step)).toEqual(steps);
    expect(eventsOf(toy, runId).filter(({ data }) => data.event.type === 'run-end')).toHaveLength(1);
    await toy.studio.close();
  });

  it('cancels a paused run', async () => {
    const toy = await openToyStudio(await temporaryFolder());
    const runId = await toy.studio.runs.start(request(HANG));
    await toy.until(isStart('hang'));
    toy.studio.runs.pause(runId);
    await toy.studio.runs.cancel(runId);
    expect(await toy.ended(runId)).toBe('cancelled');
    await toy.studio.close();
  });

  it('keeps failed runs with their error, and runs them again', async () => {
    const toy = await openToyStudio(await temporaryFolder());
    const runId = await toy.studio.runs.start(request(toyGraph({ fail: ['Fail'], print: ['Print', {}, { value: { node: 'fail', port: 'total' } }] })));
    expect(await toy.ended(runId)).toBe('failed');
    await expect.poll(() => toy.studio.runs.view().history[0]?.state).toBe('failed');
    expect(toy.studio.runs.view().history[0]).toMatchObject({ error: { rule: 'it broke', nodeId: 'fail' }, name: 'sum' });
    expect(toy.studio.runs.graphOf(runId).graph.nodes).toHaveProperty('fail');
    await toy.studio.runs.retry(runId);
    await expect.poll(() => toy.studio.runs.view().history.length).toBe(1);
    await toy.studio.close();
  });

  it('finds its queue after a restart: what ran waits, paused, until the person says so', async () => {
    const root = await temporaryFolder();
    const before = await openToyStudio(root);
    await before.studio.runs.start(request(HANG, { name: 'hangs' }));
    await before.studio.runs.start(request());
    await before.until(isStart('hang'));
    await before.studio.close();
    const after = await openToyStudio(root);
    expect(after.studio.runs.view()).toMatchObject({ paused: 'from the last session', waiting: [{ name: 'hangs' }, { name: 'sum' }] });
    const moved = after.studio.runs.view().waiting[1]?.id ?? '';
    await after.studio.queue.move(moved, 'first');
    await after.studio.runs.resumeQueue();
    await after.ended(moved);
    expect(after.ran.slice(0, 3)).toEqual(['one', 'two', 'print']);
    await after.studio.close();
  });

  it('lets one process at a time work on its folder', async () => {
    const root = await temporaryFolder();
    const toy = await openToyStudio(root);
    expect((await faultOf(() => openToyStudio(root))).code).toBe('queue.locked');
    await toy.studio.close();
    await (await openToyStudio(root)).studio.close();
  });
});

describe('dry runs', () => {
  it('say what would run and why, what is cached, and what it took before', async () => {
    const toy = await openToyStudio(await temporaryFolder());
    const subject = { graph: SUM, path: null };
    const before = await toy.studio.dryRun(subject);
    expect(before.nodes.map(({ id, outcome, reason }) => [id, outcome, reason?.kind])).toEqual([['one', 'runs', 'first-run'], ['two', 'runs', 'first-run'], ['print', 'runs', 'side-effects']]);
    expect(before).toMatchObject({ faults: [], unmeasured: 3 });
    expect(before.expectedMs).toBeUndefined();
    expect(toy.ran).toEqual([]);
    await toy.ended(await toy.studio.runs.start(request(SUM, { document: null })));
    await expect.poll(async () => (await toy.studio.dryRun(subject)).unmeasured).toBe(0);
    const after = await toy.studio.dryRun(subject);
    expect(Object.fromEntries(after.nodes.map(({ id, outcome }) => [id, outcome]))).toEqual({ one: 'unneeded', two: 'memory', print: 'runs' });
    expect(after.expectedMs).toBeGreaterThan(0);
    expect(after.expectedMemory).toBe(1000);
    const changed = { ...SUM, nodes: { ...SUM.nodes, one: { ...SUM.nodes['one'], params: { constant: 5 } } } } as typeof SUM;
    expect((await toy.studio.dryRun({ graph: changed, path: null })).nodes.find(({ id }) => id === 'one')?.reason).toEqual({ kind: 'changed', changes: ['param "constant": 1 -> 5'] });
    await toy.studio.close();
  });

  it('answer faults as data', async () => {
    const toy = await openToyStudio(await temporaryFolder());
    expect(await toy.studio.dryRun({ graph: toyGraph({ print: ['Print'] }), path: null })).toMatchObject({ faults: [{ code: 'graph.missing-input', nodeId: 'print' }], nodes: [] });
    await toy.studio.close();
  });
});

