import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { GraphFile } from '../../../../src/contract/graph-file.ts';
import { neededFiles } from '../../../../src/main/services/studio/needed-files.ts';
import { rebaseBatch } from '../../../../src/main/services/studio/rebase-batch.ts';
import { watchFolders } from '../../../../src/main/services/studio/watch-folders.ts';
import { TOY_CATALOGUE, toyGraph } from '../../../support/batch-world.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

describe('what a graph reads', () => {
  it('is found, or said to be missing with the nodes that want it', async () => {
    const top = await temporaryFolder();
    await mkdir(join(top, 'models', 'a'), { recursive: true });
    await mkdir(join(top, 'work'));
    const graph = toyGraph() as GraphFile;
    const found = await neededFiles(graph, TOY_CATALOGUE, { base: join(top, 'work'), roots: { models: join(top, 'models') } });
    expect(found).toMatchObject([
      { value: 'tables/a.engram.safetensors', nodes: ['table'], path: null, error: { code: 'files.missing' } },
      { value: 'models:a', nodes: ['model'], path: join(top, 'models', 'a') },
    ]);
  });
});

describe('a batch that is moved to another folder', () => {
  it('names the same files, and leaves params of rows as they are', () => {
    const moved = rebaseBatch({
      format: 'engram-batch', version: 1, graph: 'a.graph.json', $schema: 'x.json',
      groups: [{ prompt: { set: 'text.prompts', values: { lines: 'prompts.txt' }, wildcards: 'all' } }, { table: { set: 'table.file', values: ['tables/a.safetensors'] } }, { which: { set: 'graph', values: ['a.graph.json', 'models:b.graph.json'] } }],
    }, '/shipped/graphs', '/home/own', { examples: '/shipped/graphs' });
    expect(moved).toEqual({
      format: 'engram-batch', version: 1, graph: 'examples:a.graph.json',
      groups: [{ prompt: { set: 'text.prompts', values: { lines: 'examples:prompts.txt' }, wildcards: 'all' } }, { table: { set: 'table.file', values: ['tables/a.safetensors'] } }, { which: { set: 'graph', values: ['examples:a.graph.json', 'models:b.graph.json'] } }],
    });
  });
});

describe('watched folders', () => {
  it('tell once of many changes, and of none after they are let go', async () => {
    const folder = await temporaryFolder();
    let told = 0;
    const end = watchFolders([folder, join(folder, 'gone')], () => { told += 1; });
    for (const name of ['a', 'b', 'c']) await writeFile(join(folder, name), name);
    await expect.poll(() => told, { timeout: 10_000 }).toBe(1);
    end();
    await writeFile(join(folder, 'd'), 'd');
    await new Promise((resolve) => { setTimeout(resolve, 1000); });
    expect(told).toBe(1);
  });
});
