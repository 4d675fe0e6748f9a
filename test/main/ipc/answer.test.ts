import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { STUDIO_CALLS, STUDIO_CALL_NAMES, type StudioAnswer } from '../../../src/contract/studio-api.ts';
import { answerCall } from '../../../src/main/ipc/answer.ts';
import { BROWSER_SHELL, studioHandlers } from '../../../src/main/ipc/studio-calls.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { openToyStudio, toyGraph, type ToyStudio } from '../../support/toy-studio.ts';

describe('answerCall', () => {
  let toy: ToyStudio;
  let call: (name: string, input?: unknown) => Promise<StudioAnswer>;

  beforeEach(async () => {
    toy = await openToyStudio(await temporaryFolder());
    const handlers = studioHandlers(toy.studio, BROWSER_SHELL);
    call = (name, input = {}) => answerCall(handlers, name, input);
  });
  afterEach(() => toy.studio.close());

  it('has a handler for every call of the contract', () => {
    expect(Object.keys(studioHandlers(toy.studio, BROWSER_SHELL)).sort()).toEqual([...STUDIO_CALL_NAMES].sort());
  });

  it('gives answers that fit the contract', async () => {
    for (const name of ['studio.start', 'catalogue.nodes', 'files.recent', 'files.shipped', 'files.places', 'autosave.list', 'run.states', 'queue.view', 'preferences.read', 'settings.read'] as const) {
      const answer = await call(name);
      expect(answer).toMatchObject({ ok: true });
      expect(STUDIO_CALLS[name].output.safeParse((answer as { value: unknown }).value)).toMatchObject({ success: true });
    }
  });

  it('tells every fault of a graph', async () => {
    const answer = await call('run.start', { graph: toyGraph({ a: ['Nothing'], b: ['Print'] }), path: null, document: null, name: 'x' });
    expect(answer).toMatchObject({ ok: false, errors: [{ code: 'graph.unknown-type', nodeId: 'a' }, { code: 'graph.missing-input', nodeId: 'b' }] });
  });

  it('lists 500 faults and says how many more there are', async () => {
    const graph = toyGraph(Object.fromEntries(Array.from({ length: 600 }, (_, index) => [`n${index}`, ['Nothing'] as const])));
    for (const [name, input] of [['run.validate', { graph }], ['run.start', { graph, path: null, document: null, name: 'x' }]] as const) {
      const answer = await call(name, input);
      const faults = answer.ok ? (answer.value as { code: string; rule: string }[]) : answer.errors;
      expect(faults).toHaveLength(501);
      expect(faults.at(-1)).toMatchObject({ code: 'graph.more-faults', rule: expect.stringContaining('100 more') as string });
    }
  });

  it('saves, lists, keeps and recovers through calls', async () => {
    const graph = { ...toyGraph({ a: ['Sum'] }), extra: { kept: true } };
    const path = join(toy.work, 'mine.graph.json');
    expect(await call('files.saveAs', { path, graph, overwrite: false })).toMatchObject({ ok: true, value: { path, name: 'mine' } });
    expect(await call('files.open', { path })).toMatchObject({ ok: true, value: { graph: { extra: { kept: true } } } });
    await mkdir(join(toy.work, 'sub'));
    expect(await call('files.list', { folder: toy.work, base: toy.work })).toMatchObject({ ok: true, value: { entries: [{ name: 'sub', kind: 'folder' }, { name: 'mine.graph.json', kind: 'graph', value: 'mine.graph.json' }] } });
    expect(await call('files.list', { folder: '/', base: null })).toMatchObject({ ok: false, errors: [{ code: 'files.outside' }] });
    await call('autosave.write', { document: '../../x', name: 'mine', path, graph });
    expect(await call('autosave.list')).toMatchObject({ ok: true, value: [{ document: '../../x', nodes: 1 }] });
    expect(await call('autosave.read', { document: '../../x' })).toMatchObject({ ok: true, value: { extra: { kept: true } } });
    await call('autosave.discard', { document: '../../x' });
    expect(await call('autosave.read', { document: '../../x' })).toMatchObject({ ok: false, errors: [{ code: 'autosave.missing' }] });
    expect(await call('files.pick', { purpose: 'open-graph' })).toMatchObject({ ok: false, errors: [{ code: 'shell.none' }] });
  });

  it('changes settings and preferences bit by bit', async () => {
    expect(await call('settings.write', { threads: 2 })).toMatchObject({ ok: true, value: { threads: 2, device: 'auto' } });
    expect(await call('settings.write', { device: 'cpu', threads: null })).toMatchObject({ ok: true, value: { threads: null, device: 'cpu' } });
    expect(await call('settings.write', { cacheFolder: 'relative' })).toMatchObject({ ok: false, errors: [{ code: 'settings.invalid' }] });
    await call('preferences.write', { values: { theme: 'dark', 'keys.run': ['Mod+R'] } });
    await call('preferences.write', { values: { theme: 'light' } });
    expect(await call('preferences.read')).toEqual({ ok: true, value: { theme: 'light', 'keys.run': ['Mod+R'] } });
  });

  it.each([
    ['nested without end', '['.repeat(5000) + ']'.repeat(5000), /at most 66 deep/],
    ['a prototype key', '{"__proto__":{"x":1}}', /no key "__proto__"/],
  ])('refuses an input with %s', async (_, value, rule) => {
    const answer = await call('preferences.write', JSON.parse(`{"values":{"x":${value}}}`));
    expect(answer).toMatchObject({ ok: false, errors: [{ code: 'studio.input', kind: 'input', rule: expect.stringMatching(rule) as string }] });
  });

  it('never throws, whatever a window sends', async () => {
    const graph = fc.record({ format: fc.constant('engram-graph'), version: fc.jsonValue(), nodes: fc.oneof(fc.object(), fc.dictionary(fc.string(), fc.jsonValue())) }, { requiredKeys: ['format', 'nodes'] });
    const input = fc.oneof(fc.jsonValue(), fc.record({ path: fc.oneof(fc.string(), fc.constant(null)), graph, document: fc.string(), name: fc.string(), overwrite: fc.boolean(), revision: fc.constant(null) }));
    await fc.assert(fc.asyncProperty(fc.constantFrom(...STUDIO_CALL_NAMES, '__proto__', 'toString', ''), input, async (name, sent) => {
      const answer = await call(name, sent);
      if (answer.ok) return;
      expect(answer.errors.length).toBeGreaterThan(0);
      // What is wrong with what was sent is said as that, not as a failure of the program.
      expect(answer.errors.map(({ kind, rule, where }) => `${kind} ${where} ${rule}`).filter((line) => line.startsWith('internal'))).toEqual([]);
    }), { numRuns: 400 });
  });
});
