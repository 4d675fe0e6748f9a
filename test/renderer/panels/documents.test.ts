import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { runError } from '../../../src/contract/errors.ts';
import type { GraphFile } from '../../../src/contract/graph-file.ts';
import { StudioError } from '../../../src/contract/studio-api.ts';
import type { StudioClient } from '../../../src/renderer/api.ts';
import { Catalogue } from '../../../src/renderer/graph/index.ts';
import { DocumentStore } from '../../../src/renderer/panels/studio/documents.ts';
import { Notices } from '../../../src/renderer/panels/studio/notices.ts';

const graph = (name: string): GraphFile => ({ format: 'engram-graph', version: 1, name, nodes: { a: { type: 'Note', version: 1, params: {}, inputs: {} } } });
const FILE = { path: '/x.graph.json', name: 'x', revision: 'a'.repeat(64), readOnly: false };

describe('DocumentStore', () => {
  const kept = new Map<string, GraphFile>();
  let disk: 'works' | 'full';
  let documents: DocumentStore;
  let notices: Notices;

  beforeEach(() => {
    vi.stubGlobal('navigator', {});
    vi.useFakeTimers();
    kept.clear();
    disk = 'works';
    const calls: Record<string, (input: never) => unknown> = {
      'autosave.write': ({ document, graph: written }: { document: string; graph: GraphFile }) => {
        if (disk === 'full') throw new StudioError([runError('files.write', '/data/autosave', 'file must be writable', { got: 'ENOSPC: no space left on device' }).data]);
        kept.set(document, written);
        return { savedAt: 1 };
      },
      'autosave.read': ({ document }: { document: string }) => kept.get(document) ?? Promise.reject(new Error('not kept')),
      'autosave.list': () => [...kept.keys()].map((document) => ({ document, name: 'x', path: null, savedAt: 1, nodes: 1 })),
      'autosave.discard': ({ document }: { document: string }) => void kept.delete(document),
      'files.open': ({ path }: { path: string }) => ({ ...FILE, path, graph: graph('saved') }),
      'run.validate': () => [],
    };
    const client = { call: async (name: string, input: never) => calls[name]?.(input), on: () => () => undefined, onConnection: () => () => undefined } as unknown as StudioClient;
    notices = new Notices();
    documents = new DocumentStore(client, notices, new Catalogue([]));
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it('shows unsaved work again under its id, else the file', async () => {
    kept.set('window-1', graph('unsaved'));
    expect(await documents.resume({ document: 'window-1', file: FILE })).toBe(true);
    expect([documents.id, documents.state.value.document.name, documents.dirty.value, documents.file.value]).toEqual(['window-1', 'unsaved', true, FILE]);
    expect(await documents.resume({ document: 'window-2', file: FILE })).toBe(true);
    expect([documents.id, documents.state.value.document.name, documents.dirty.value]).toEqual(['window-2', 'saved', false]);
    expect(await documents.resume({ document: 'window-3', file: { ...FILE, path: null } })).toBe(false);
  });

  it('tells once that unsaved work can’t be kept, until it can again', async () => {
    documents.take(graph('mine'));
    disk = 'full';
    await documents.autosave();
    expect(notices.list.value.map(({ text }) => text)).toEqual([expect.stringContaining('no space left')]);
    notices.close(notices.list.value[0]?.id ?? 0);
    await documents.autosave();
    expect(notices.list.value).toEqual([]);
    disk = 'works';
    await documents.autosave();
    expect(kept.has(documents.id)).toBe(true);
    disk = 'full';
    await documents.autosave();
    expect(notices.list.value).toHaveLength(1);
  });

  it('forgets unsaved work that is given up, also while it is being written', async () => {
    documents.take(graph('mine'));
    void documents.autosave();
    await documents.giveUpUnsaved();
    expect(kept.size).toBe(0);
  });

  it('offers no unsaved work that another window has open', async () => {
    kept.set('window-open', graph('a')).set('window-left', graph('b'));
    vi.stubGlobal('navigator', { locks: { query: async () => ({ held: [{ name: 'engram-document:window-open' }, { name: 'other' }] }) } });
    expect((await documents.leftBehind()).map(({ document }) => document)).toEqual(['window-left']);
  });
});
