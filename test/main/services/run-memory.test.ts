import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createRunMemory } from '../../../src/main/services/run-memory.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const PARTS = { type: 'Sample', version: 2, params: { steps: 20, prompts: ['a', 'b'], model: 'hash' }, inputs: { latents: ['key.port'] }, device: 'cpu' };

test('remembers what nodes were run with, per graph, across processes', async () => {
  const folder = await temporaryFolder();
  const memory = createRunMemory(folder, '/graphs/a.graph.json');
  expect(await memory.recall('sample')).toBeUndefined();
  await memory.remember('sample', PARTS);
  await memory.remember('save', { ...PARTS, device: null });
  const later = createRunMemory(folder, '/graphs/a.graph.json');
  expect(await later.recall('sample')).toEqual(PARTS);
  expect((await later.recall('save'))?.device).toBeNull();
  expect(await createRunMemory(folder, '/graphs/b.graph.json').recall('sample')).toBeUndefined();
});

test('a damaged file means that nothing is known', async () => {
  const folder = await temporaryFolder();
  await createRunMemory(folder, '/a').remember('sample', PARTS);
  const [name = ''] = await readdir(folder);
  for (const damage of ['', '{', '[]', '{"sample": {"type": 1}}']) {
    await writeFile(join(folder, name), damage);
    expect(await createRunMemory(folder, '/a').recall('sample')).toBeUndefined();
  }
});
