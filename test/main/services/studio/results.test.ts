import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { encodePng } from '../../../../src/main/services/images/codec.ts';
import { claimFolder } from '../../../../src/main/services/studio/claim-folder.ts';
import { graphValueOf } from '../../../../src/main/services/studio/folder-listing.ts';
import { Pictures } from '../../../../src/main/services/studio/pictures.ts';
import { rebasePaths } from '../../../../src/main/services/studio/rebase-paths.ts';
import { resultId, Results } from '../../../../src/main/services/studio/results.ts';
import { faultOf } from '../../../support/fault.ts';
import { picture } from '../../../support/pictures.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { toyGraph } from '../../../support/toy-studio.ts';
import { sumNode } from '../../../support/toy-nodes.ts';

describe('Results', () => {
  it('lists newest first, finds by text, forgets, and is there after a restart', async () => {
    const path = join(await temporaryFolder(), 'results.jsonl');
    const totals: number[] = [];
    const results = await Results.open(path, (total) => totals.push(total));
    for (const name of ['fox', 'robot', 'table']) await results.add({ runId: 'r', node: 'save', graphName: 'mine' }, { kind: 'data', path: `/out/${name}.txt`, sha256: '0' }, 1);
    expect(results.list({ offset: 0, limit: 2 })).toMatchObject({ total: 3, results: [{ name: 'table.txt' }, { name: 'robot.txt' }] });
    expect(results.list({ offset: 0, limit: 9, text: 'FOX' }).results.map(({ id }) => id)).toEqual([resultId('r', '/out/fox.txt')]);
    await results.forget(resultId('r', '/out/fox.txt'));
    await results.close();
    const again = await Results.open(path, () => undefined);
    expect(again.list({ offset: 0, limit: 9 }).results.map(({ name }) => name)).toEqual(['table.txt', 'robot.txt']);
    expect((await faultOf(() => again.get('nothing'))).code).toBe('results.unknown');
    expect(totals).toEqual([1, 2, 3, 2]);
    await again.close();
  });
});

describe('Pictures', () => {
  it('make thumbnails within a size, once per content of the file', async () => {
    const folder = await temporaryFolder();
    const pictures = new Pictures(join(folder, 'thumbnails'));
    const path = join(folder, 'a.png');
    await writeFile(path, await encodePng(picture(200, 100)));
    const first = await pictures.thumbnail(path, 128);
    expect(first.type).toBe('image/webp');
    expect(await pictures.thumbnail(path, 128)).toEqual(first);
    await writeFile(path, await encodePng(picture(200, 100, 7)));
    expect(await pictures.thumbnail(path, 128)).not.toEqual(first);
    expect((await faultOf(() => pictures.thumbnail(join(folder, 'gone.png'), 128))).code).toBe('files.missing');
  });

  it('compare decoded pixels', async () => {
    const folder = await temporaryFolder();
    const pictures = new Pictures(folder);
    const image = picture(8, 4);
    const changed = { ...image, pixels: image.pixels.map((value, index) => (index === 5 ? (value + 10) % 256 : value)) };
    await writeFile(join(folder, 'a.png'), await encodePng(image));
    await writeFile(join(folder, 'b.png'), await encodePng(image, { other: 'text' }));
    await writeFile(join(folder, 'c.png'), await encodePng(changed));
    await writeFile(join(folder, 'd.png'), await encodePng(picture(4, 4)));
    const difference = (b: string): ReturnType<Pictures['difference']> => pictures.difference(join(folder, 'a.png'), join(folder, b));
    expect(await difference('b.png')).toMatchObject({ identical: true, maxDifference: 0, differingPixels: 0, totalPixels: 32 });
    expect(await difference('c.png')).toMatchObject({ identical: false, differingPixels: 1, maxDifference: Math.abs((changed.pixels[5] ?? 0) - (image.pixels[5] ?? 0)) });
    expect(await difference('d.png')).toMatchObject({ sameSize: false, identical: false });
  });
});

describe('claimFolder', () => {
  it('never gives a folder twice, whatever it is called', async () => {
    const parent = join(await temporaryFolder(), 'out');
    const names = await Promise.all(['My Graph!', 'my graph', 'My-Graph'].map((name) => claimFolder(parent, name)));
    expect(new Set(names).size).toBe(3);
    expect((await claimFolder(parent, 'my graph')).slice(parent.length + 1)).toBe('my-graph-4');
    for (const name of ['', '../..', 'con', '日本']) expect((await claimFolder(parent, name)).slice(parent.length + 1)).toMatch(/^run(?:-con)?-\d+$/);
  });
});

describe('paths in graphs', () => {
  it('are named from the graph’s folder, a root, or in full', () => {
    const roots = { models: '/m' };
    expect(graphValueOf('/work/sub/x.png', '/work', roots)).toBe('sub/x.png');
    expect(graphValueOf('/m/sd15', '/work', roots)).toBe('models:sd15');
    expect(graphValueOf('/else/x', '/work', roots)).toBe('/else/x');
  });

  it('name the same files when a graph is saved elsewhere', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'x.txt'), '');
    const reader = { ...sumNode, type: 'Read', params: { file: { kind: 'path', target: 'file', access: 'read', default: '', doc: 'a file' } } } as const;
    const graph = toyGraph({ a: ['Read'], b: ['Read'], c: ['Sum'] });
    const withPaths = { ...graph, nodes: { ...graph.nodes, a: { ...graph.nodes['a'], params: { file: 'x.txt' } }, b: { ...graph.nodes['b'], params: { file: 'gone.txt' } } } } as typeof graph;
    const moved = await rebasePaths(withPaths, [reader], { base: folder, roots: { root: folder } }, '/elsewhere');
    expect([moved.nodes['a']?.params['file'], moved.nodes['b']?.params['file']]).toEqual(['root:x.txt', 'gone.txt']);
    expect(await rebasePaths(withPaths, [reader], { base: folder, roots: {} }, folder)).toBe(withPaths);
  });
});
