import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadImageNode } from '../../../nodes/image/load-image.ts';
import { saveImageNode } from '../../../nodes/image/save-image.ts';
import type { ImageBatch, Picture } from '../../../nodes/values.ts';
import { readPngText } from '../../../src/main/services/images/png-text.ts';
import { pixelHash } from '../../../src/main/services/images/rgb-image.ts';
import { faultOf } from '../../support/fault.ts';
import { nodeBench } from '../../support/node-bench.ts';
import { picture } from '../../support/pictures.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const bench = nodeBench();
const GRAPH = '{"format":"engram-graph","nodes":{"secret":{"params":{"prompts":["my secret prompt"]}}}}';
const RENDERED: Partial<Picture> = { label: 'A fox, seed 7', prompt: 'my secret prompt', seed: 7 };

async function save(pictures: readonly Picture[], params: Record<string, unknown>, outputFolder: string) {
  return (await bench.run(saveImageNode, { image: { pictures } }, params, { outputFolder, graph: GRAPH, inputKeys: { image: ['k'.repeat(64)] } })).artifacts;
}

describe('Save Image', () => {
  it('writes graph, node, inputs, prompt, seed and the hash of the pixels into the file', async () => {
    const original = picture(6, 4, 1, RENDERED);
    const [artifact] = await save([original], { name: 'sub/fox' }, await temporaryFolder());
    const bytes = await readFile(artifact!.path);
    expect(Object.fromEntries(readPngText(bytes, 'png'))).toEqual({
      'engram-graph': GRAPH, 'engram-node': 'test', 'engram-inputs': JSON.stringify({ image: ['k'.repeat(64)] }), 'engram-prompt': 'my secret prompt', 'engram-seed': '7', 'Pixels-SHA256': pixelHash(original),
    });
    expect(artifact).toMatchObject({ kind: 'image', pixels: pixelHash(original) });
  });

  it('equal runs write equal bytes', async () => {
    const [a, b] = [await temporaryFolder(), await temporaryFolder()];
    const pictures = [picture(6, 4, 1, RENDERED), picture(6, 4, 2)];
    const [first, second] = [await save(pictures, { name: 'x' }, a), await save(pictures, { name: 'x' }, b)];
    expect(first.map(({ sha256 }) => sha256)).toEqual(second.map(({ sha256 }) => sha256));
    for (const name of await readdir(a)) expect(await readFile(join(a, name))).toEqual(await readFile(join(b, name)));
  });

  it('numbers several files and names them by their labels', async () => {
    const folder = await temporaryFolder();
    await save([picture(6, 4, 1, RENDERED), picture(6, 4, 2)], { name: 'x' }, folder);
    expect((await readdir(folder)).sort()).toEqual(['x-01-a-fox-seed-7.png', 'x-02-picture-2.png']);
  });

  it('without the graph no prompt is told: not in the file, not in its name', async () => {
    const folder = await temporaryFolder();
    const artifacts = await save([picture(6, 4, 1, RENDERED), picture(6, 4, 2)], { name: 'x', embedGraph: false }, folder);
    expect((await readdir(folder)).sort()).toEqual(['x-01.png', 'x-02.png']);
    const bytes = await readFile(artifacts[0]!.path);
    expect([...readPngText(bytes, 'png').keys()].sort()).toEqual(['Pixels-SHA256', 'engram-inputs']);
    expect(bytes.includes('secret')).toBe(false);
  });

  it('what it wrote, Load Image reads, pixel by pixel', async () => {
    const original = picture(7, 5, 3);
    const [artifact] = await save([original], {}, await temporaryFolder());
    const { image } = (await bench.run<{ image: ImageBatch }>(loadImageNode, {}, { file: artifact!.path })).values;
    expect(image.pictures).toEqual([{ width: 7, height: 5, pixels: original.pixels, label: 'image.png', prompt: '', seed: undefined }]);
  });
});

describe('Load Image', () => {
  it('refuses what is no image, and names the file', async () => {
    expect((await faultOf(() => bench.run(loadImageNode, {}, { file: '/none.png' }))).where).toContain('none.png');
  });
});
