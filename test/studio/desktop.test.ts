import { copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StudioAnswer } from '../../src/contract/studio-api.ts';
import { ROOT } from '../../tools/lib/paths.mjs';
import { NO_CHROMIUM } from './support/chromium.ts';
import { launchShim, type LaunchedStudio } from './support/launch.ts';

interface Page {
  readonly engram: { call(name: string, input: unknown): Promise<StudioAnswer>; onEvent(listener: (message: unknown) => void): () => void };
  heard: { event: string; data: Record<string, unknown> }[];
}

// The unchanged dist/main.mjs and dist/preload.cjs; what the stand-in can't show is listed in support/electron-shim/electron.mjs.
describe.skipIf(NO_CHROMIUM !== undefined)(`the desktop program on a stand-in for Electron${NO_CHROMIUM === undefined ? '' : ` (left out: ${NO_CHROMIUM})`}`, () => {
  let studio: LaunchedStudio;
  let graph: string;

  beforeAll(async () => {
    studio = await launchShim();
    graph = join(studio.workFolder, 'render.graph.json');
    await copyFile(join(ROOT, 'graphs', 'render.graph.json'), graph);
    await studio.page.evaluate(() => {
      const page = globalThis as unknown as Page;
      page.heard = [];
      page.engram.onEvent((message) => page.heard.push(message as Page['heard'][number]));
    });
  });
  afterAll(() => studio?.close());

  const call = (name: string, input: unknown = {}): Promise<StudioAnswer> =>
    studio.page.evaluate(([callName, callInput]) => (globalThis as unknown as Page).engram.call(callName, callInput), [name, input] as const);

  async function value<T>(name: string, input: unknown = {}): Promise<T> {
    const answer = await call(name, input);
    if (!answer.ok) throw new Error(JSON.stringify(answer.errors));
    return answer.value as T;
  }

  /** The first event of a kind that the page hears after a point in time. */
  async function heard(event: string, from = 0): Promise<Record<string, unknown>> {
    const handle = await studio.page.waitForFunction(([name, start]) => (globalThis as unknown as Page).heard.slice(start).find((message) => message.event === name), [event, from] as const);
    return ((await handle.jsonValue()) as unknown as { data: Record<string, unknown> }).data;
  }
  const heardSoFar = (): Promise<number> => studio.page.evaluate(() => (globalThis as unknown as Page).heard.length);

  it('shows the page under its CSP and answers through the preload script', async () => {
    expect(await call('studio.start')).toMatchObject({ ok: true, value: { shell: 'desktop' } });
    await expect.poll(() => studio.page.locator('#studio > *').count()).toBeGreaterThan(0);
    expect(studio.complaints).toEqual([]);
  });

  it('gives the page one function to ask and one to listen, and nothing of Electron', async () => {
    expect(await studio.page.evaluate(() => Object.keys((globalThis as unknown as Page).engram).sort())).toEqual(['call', 'onEvent']);
    await studio.page.evaluate(() => {
      const page = globalThis as unknown as Page & { told: unknown[][] };
      page.told = [];
      page.engram.onEvent((...told: unknown[]) => page.told.push(told));
    });
    await studio.command({ type: 'menu', path: ['File', 'Version history'] });
    await studio.page.waitForFunction(() => (globalThis as unknown as { told: unknown[][] }).told.length > 0);
    // The message alone: an event of Electron's would hand out its sender.
    expect(await studio.page.evaluate(() => (globalThis as unknown as { told: unknown[][] }).told[0])).toEqual([{ event: 'menu', data: { command: 'file.history' } }]);
    expect(await studio.page.evaluate(() => ['require', 'process', 'ipcRenderer', 'Buffer'].filter((name) => name in globalThis))).toEqual([]);
  });

  it('hands menu entries to the window as commands, and shows recent files', async () => {
    const from = await heardSoFar();
    await studio.command({ type: 'menu', path: ['File', 'Version history'] });
    expect(await heard('menu', from)).toEqual({ command: 'file.history' });
    await value('files.open', { path: graph });
    expect(await studio.command({ type: 'menus' })).toContain('File > Open recent > render');
    expect(((await studio.command({ type: 'record' })) as { recentDocuments: string[] }).recentDocuments).toContain(graph);
  });

  it('asks with the system’s dialog, and may then read where the person pointed', async () => {
    const elsewhere = join(ROOT, 'test', 'fixtures', 'graphs', '0.1');
    expect(await call('files.list', { folder: elsewhere, base: null })).toMatchObject({ ok: false });
    await studio.command({ type: 'answer-dialog', path: join(elsewhere, 'any.graph.json') });
    expect(await value('files.pick', { purpose: 'open-graph' })).toBe(join(elsewhere, 'any.graph.json'));
    expect(await call('files.list', { folder: elsewhere, base: null })).toMatchObject({ ok: true });
    expect(await value('files.pick', { purpose: 'save-graph', suggested: 'x.graph.json' })).toBeNull();
    expect(((await studio.command({ type: 'dialogs' })) as { kind: string }[]).map(({ kind }) => kind)).toEqual(['open', 'save']);
  });

  it('opens the file that a second start or the system names in the window that is there', async () => {
    const from = await heardSoFar();
    await studio.command({ type: 'second-instance', args: ['--flag', 'render.graph.json'], folder: studio.workFolder });
    expect(await heard('open-file', from)).toEqual({ path: graph });
    const next = await heardSoFar();
    await studio.command({ type: 'open-file', path: join(studio.workFolder, 'nothing.txt') });
    await studio.command({ type: 'open-file', path: graph });
    expect(await heard('open-file', next)).toEqual({ path: graph });
  });

  it('runs a graph in the utility process, which is started again after it has died', async () => {
    const opened = await value<{ graph: { nodes: Record<string, { params: Record<string, unknown> }> } }>('files.open', { path: graph });
    (opened.graph.nodes['sample'] as { params: Record<string, unknown> }).params['steps'] = 2;
    const run = async (): Promise<string> => {
      const { runId } = await value<{ runId: string }>('run.start', { graph: opened.graph, path: graph, document: 'd', name: 'render' });
      for (;;) {
        const state = (await value<{ runId: string; status: string }[]>('run.states')).find((entry) => entry.runId === runId);
        if (state !== undefined && !['waiting', 'running'].includes(state.status)) return state.status;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    };
    expect(await run()).toBe('done');
    const { results } = await value<{ results: { id: string; path: string; kind: string }[] }>('results.list', { offset: 0, limit: 10 });
    expect(results.filter(({ kind }) => kind === 'image')).toHaveLength(4);
    await value('results.reveal', { id: results[0]?.id });
    expect(((await studio.command({ type: 'record' })) as { shown: string[] }).shown).toEqual([results[0]?.path]);

    const from = await heardSoFar();
    await studio.command({ type: 'kill-engine' });
    expect(await heard('engine', from)).toMatchObject({ state: 'died', error: { got: expect.stringContaining('SIGKILL') as string } });
    expect(await run()).toBe('done');
    expect(((await studio.command({ type: 'record' })) as { engines: unknown[] }).engines).toHaveLength(2);
  });

  it('keeps what a window does when it is told to end', async () => {
    await value('autosave.write', { document: 'd', name: 'unsaved', path: null, graph: { format: 'engram-graph', version: 1, nodes: {} } });
    await studio.command({ type: 'quit' }).catch(() => undefined);
    await studio.browser.close().catch(() => undefined);
    for (let waited = 0; studio.main.exitCode === null && waited < 15_000; waited += 100) await new Promise((resolve) => setTimeout(resolve, 100));
    expect(studio.main.exitCode).toBe(0);
    expect(await readFile(join(studio.dataFolder, 'queue.jsonl'), 'utf8')).toContain('"done"');
  });
});
