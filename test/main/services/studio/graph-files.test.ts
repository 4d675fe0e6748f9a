import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { GraphFile } from '../../../../src/contract/graph-file.ts';
import { GrantedFolders } from '../../../../src/main/services/studio/granted-folders.ts';
import { GraphFiles } from '../../../../src/main/services/studio/graph-files.ts';
import { graphText } from '../../../../src/contract/graph-text.ts';
import { GraphVersions } from '../../../../src/main/services/studio/graph-versions.ts';
import { RecentFiles } from '../../../../src/main/services/studio/recent-files.ts';
import { faultOf } from '../../../support/fault.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

/** Everything that a file of a later program, or of a person with an editor, may hold besides. */
const ODD = {
  format: 'engram-graph', version: 1, name: 'odd', 'x-tool': { kept: [1, 2] }, subject: null,
  nodes: { a: { type: 'NotInstalled', version: 3, params: { deep: 'x' }, inputs: { in: { node: 'b', port: 'out', 'x-note': 'on a link' } }, ui: { position: [1, 2], color: '#fff' }, future: true } },
  ui: { groups: [{ title: '<b>' }] },
} as unknown as GraphFile;

describe('GraphFiles', () => {
  let root: string;
  let work: string;
  let files: GraphFiles;
  let versions: GraphVersions;
  const changes: [string, string | null][] = [];

  beforeEach(async () => {
    root = await temporaryFolder();
    work = join(root, 'work');
    await mkdir(join(root, 'shipped'), { recursive: true });
    await mkdir(work);
    changes.length = 0;
    versions = new GraphVersions({ folder: join(root, 'versions') });
    files = new GraphFiles({
      folders: new GrantedFolders([{ name: 'work', path: work }, { name: 'shipped', path: join(root, 'shipped'), readOnly: true }]),
      versions, recent: new RecentFiles(join(root, 'recent.json')), onChanged: (path, revision) => changes.push([path, revision]),
    });
    return () => { files.close(); };
  });

  const path = (name: string): string => join(work, `${name}.graph.json`);

  it('opens and saves without losing a field, known or not', async () => {
    await writeFile(path('odd'), JSON.stringify(ODD));
    const opened = await files.open(path('odd'));
    await files.save(path('odd'), opened.graph, opened.revision);
    expect(JSON.parse(await readFile(path('odd'), 'utf8'))).toEqual(ODD);
    expect(opened).toMatchObject({ name: 'odd', readOnly: false });
  });

  it('writes equal bytes for equal graphs', async () => {
    await files.saveAs(path('a'), ODD, false);
    const opened = await files.open(path('a'));
    const before = await readFile(path('a'), 'utf8');
    await files.save(path('a'), opened.graph, opened.revision);
    expect(await readFile(path('a'), 'utf8')).toBe(before);
    expect(before).toBe(graphText(ODD));
  });

  it('refuses to overwrite what another program has written, and keeps that as a version when told to', async () => {
    await files.saveAs(path('a'), ODD, false);
    const opened = await files.open(path('a'));
    const foreign = { ...ODD, name: 'theirs' };
    await writeFile(path('a'), graphText(foreign));
    expect((await faultOf(() => files.save(path('a'), opened.graph, opened.revision))).code).toBe('files.changed');
    expect(JSON.parse(await readFile(path('a'), 'utf8'))).toMatchObject({ name: 'theirs' });
    await files.save(path('a'), opened.graph, null);
    const kinds = (await versions.list(path('a'))).map(({ kind }) => kind);
    expect(kinds).toEqual(['save', 'outside']);
    expect(await versions.read(path('a'), (await versions.list(path('a')))[1]?.id ?? '')).toMatchObject({ name: 'theirs' });
  });

  it('tells when an open file is changed or removed by another program, and not when by itself', async () => {
    await files.saveAs(path('a'), ODD, false);
    const { revision } = await files.open(path('a'));
    await files.save(path('a'), { ...ODD, name: 'b' }, revision);
    await new Promise((resolve) => setTimeout(resolve, 2500));
    expect(changes).toEqual([]);
    await writeFile(path('a'), graphText({ ...ODD, name: 'theirs' }));
    await expect.poll(() => changes.length, { timeout: 10_000 }).toBe(1);
    expect(changes[0]).toEqual([path('a'), expect.stringMatching(/^[0-9a-f]{64}$/)]);
    await rm(path('a'));
    await expect.poll(() => changes.length, { timeout: 10_000 }).toBe(2);
    expect(changes[1]).toEqual([path('a'), null]);
  });

  it.each([
    ['outside of the folders', () => '/etc/x.graph.json', 'files.outside'],
    ['in a folder that ships', () => join(root, 'shipped', 'x.graph.json'), 'files.read-only'],
    ['up and out', () => join(work, '..', 'x.graph.json'), 'files.outside'],
    ['with another ending', () => join(work, 'x.json'), 'files.ending'],
    ['with nothing but the ending', () => join(work, '.graph.json'), 'files.ending'],
    ['by a relative path', () => 'x.graph.json', 'files.relative'],
  ])('does not write %s', async (_, target, code) => {
    expect((await faultOf(() => files.saveAs(target(), ODD, true))).code).toBe(code);
  });

  it('neither reads nor writes through a link that leads out', async () => {
    await mkdir(join(root, 'secret'));
    await writeFile(join(root, 'secret', 's.graph.json'), graphText(ODD));
    await symlink(join(root, 'secret', 's.graph.json'), path('link'));
    await symlink(join(root, 'secret'), join(work, 'folder'));
    expect((await faultOf(() => files.open(path('link')))).code).toBe('files.outside');
    expect((await faultOf(() => files.saveAs(join(work, 'folder', 'x.graph.json'), ODD, true))).code).toBe('files.outside');
    // A link in the way is replaced, not followed.
    await files.saveAs(path('link'), { ...ODD, name: 'mine' }, true);
    expect(JSON.parse(await readFile(join(root, 'secret', 's.graph.json'), 'utf8'))).toMatchObject({ name: 'odd' });
  });

  it('asks before it overwrites another file', async () => {
    await files.saveAs(path('a'), ODD, false);
    expect((await faultOf(() => files.saveAs(path('a'), ODD, false))).code).toBe('files.exists');
  });

  it('tells every fault of a file’s form, and of what is no graph', async () => {
    await writeFile(path('bad'), JSON.stringify({ format: 'engram-graph', version: 1, nodes: { 'no good': {}, b: { type: 7 } } }));
    await expect(files.open(path('bad'))).rejects.toMatchObject({ faults: { length: expect.any(Number) as number } });
    await writeFile(path('text'), 'hello');
    expect((await faultOf(() => files.open(path('text')))).code).toBe('graph.not-json');
    await writeFile(path('bytes'), Uint8Array.of(0xff, 0xfe, 0xfd));
    expect((await faultOf(() => files.open(path('bytes')))).code).toBe('files.not-text');
  });

  it('refuses prototype keys, which no graph of ours has, and is changed by none', async () => {
    await writeFile(path('proto'), '{"format":"engram-graph","version":1,"nodes":{},"__proto__":{"polluted":true}}');
    expect((await faultOf(() => files.open(path('proto')))).code).toMatch(/^graph\./);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  it('takes graphs out of dropped files, and says when there is none', async () => {
    expect(await files.importBytes('x.graph.json', new TextEncoder().encode(graphText(ODD)))).toMatchObject({ name: 'x', source: 'graph' });
    expect((await faultOf(() => files.importBytes('x.png', Uint8Array.of(1, 2, 3)))).code).toBe('image.unreadable');
  });
});

describe('GraphVersions', () => {
  it('keeps each content once, and no more than its limits', async () => {
    let now = 0;
    const versions = new GraphVersions({ folder: await temporaryFolder(), limit: 3, now: () => (now += 1) });
    const graph = (name: string): GraphFile => ({ ...ODD, name });
    for (const name of ['a', 'b', 'a']) await versions.keep('/p', graph(name), 'save');
    expect((await versions.list('/p')).map(({ savedAt }) => savedAt)).toEqual([3, 2]);
    for (const name of ['c', 'd', 'e']) await versions.keep('/p', graph(name), 'autosave');
    const list = await versions.list('/p');
    expect(await Promise.all(list.map(async ({ id }) => (await versions.read('/p', id)).name))).toEqual(['e', 'd', 'c']);
    expect(await versions.list('/other')).toEqual([]);
    expect((await faultOf(() => versions.read('/p', '0'.repeat(64)))).code).toBe('history.missing');
  });

  it('drops the oldest when they take too much room, never the last one', async () => {
    const bytes = Buffer.byteLength(graphText(ODD));
    const versions = new GraphVersions({ folder: await temporaryFolder(), bytes: bytes * 2.5 });
    for (const name of ['oda', 'odb', 'odc']) await versions.keep('/p', { ...ODD, name }, 'save');
    expect(await versions.list('/p')).toHaveLength(2);
    await versions.keep('/p', { ...ODD, name: 'x'.repeat(bytes * 3) }, 'save');
    expect(await versions.list('/p')).toHaveLength(1);
  });
});
