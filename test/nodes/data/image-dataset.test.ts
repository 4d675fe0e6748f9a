import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { imageDatasetNode } from '../../../nodes/data/image-dataset.ts';
import type { Dataset } from '../../../nodes/values.ts';
import { encodePng } from '../../../src/main/services/images/codec.ts';
import { faultOf } from '../../support/fault.ts';
import { nodeBench } from '../../support/node-bench.ts';
import { picture } from '../../support/pictures.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const bench = nodeBench();

/** A folder with pictures `1.png`, `2.png`, … below a folder of its own, and text files by path relative to it. */
async function folderWith(count: number, texts: Readonly<Record<string, string>>): Promise<string> {
  const folder = join(await temporaryFolder(), 'images');
  await mkdir(folder);
  for (let number = 1; number <= count; number += 1) await writeFile(join(folder, `${number}.png`), await encodePng(picture(8, 6, number)));
  for (const [path, text] of Object.entries(texts)) await writeFile(join(folder, path), text);
  return folder;
}

async function read(folder: string, trigger = ''): Promise<{ captions: string[]; dataset: Dataset; warnings: readonly unknown[]; progress: readonly unknown[] }> {
  const { values: { dataset }, warnings, progress } = await bench.run<{ dataset: Dataset }>(imageDatasetNode, {}, { folder, trigger });
  return { captions: dataset.items.map(({ caption }) => caption), dataset, warnings, progress };
}

describe('Image Dataset', () => {
  it('reads pictures with the captions beside them, in the order of their names', async () => {
    const { dataset, progress } = await read(await folderWith(2, { '1.txt': 'a fox\n', '2.txt': ' a robot ' }));
    expect(dataset.label).toBe('images');
    expect(dataset.items.map(({ name, caption }) => [name, caption])).toEqual([['1.png', 'a fox'], ['2.png', 'a robot']]);
    expect(dataset.items[1]?.picture).toMatchObject({ width: 8, height: 6, pixels: picture(8, 6, 2).pixels });
    expect(progress).toEqual([{ done: 1, total: 2, message: '1.png' }, { done: 2, total: 2, message: '2.png' }]);
  });

  it.each([
    ['the authors\' metadata.json beside the pictures', 'metadata.json', JSON.stringify({ '1.png': { training_prompt: 'a fox' } })],
    ['the authors\' metadata.json above the folder', '../metadata.json', JSON.stringify({ 'images/1.png': { training_prompt: 'a fox' } })],
    ['metadata.jsonl', 'metadata.jsonl', '{"file_name":"1.png","text":"a fox"}\n'],
  ])('reads captions from %s', async (_what, path, text) => {
    expect((await read(await folderWith(1, { [path]: text }))).captions).toEqual(['a fox']);
  });

  it('says which captions lack the trigger, letter case and white space aside', async () => {
    const folder = await folderWith(3, { '1.txt': 'a portrait of ALDRIC  vortex', '2.txt': 'a fox' });
    const { warnings } = await read(folder, 'Aldric Vortex');
    expect(warnings).toMatchObject([
      { code: 'dataset.no-trigger', where: 'ImageDataset "test", 2.png', got: '"a fox"' },
      { code: 'dataset.no-trigger', where: 'ImageDataset "test", 3.png', got: '""' },
    ]);
    expect((await read(folder)).warnings).toEqual([]);
  });

  it('refuses a folder without pictures, and a picture that is none', async () => {
    expect(await faultOf(async () => read(await folderWith(0, {})))).toMatchObject({ code: 'dataset.empty', kind: 'input' });
    const broken = await faultOf(async () => read(await folderWith(0, { '1.png': 'no picture' })));
    expect(broken.where).toContain('1.png');
  });

  it('stops between two pictures when it is cancelled', async () => {
    const controller = new AbortController();
    const folder = await folderWith(3, {});
    const seen: number[] = [];
    const onProgress = ({ done }: { done: number }): void => { seen.push(done); controller.abort(); };
    expect(await faultOf(() => bench.run(imageDatasetNode, {}, { folder }, { signal: controller.signal, onProgress }))).toMatchObject({ kind: 'cancelled' });
    expect(seen).toEqual([1]);
  });
});
