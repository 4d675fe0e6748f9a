import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadImageNode } from '../../../nodes/image/load-image.ts';
import { saveImageNode } from '../../../nodes/image/save-image.ts';
import type { ImageBatch, Picture } from '../../../nodes/values.ts';
import { PICTURE_FORMATS } from '../../../src/contract/image-metadata.ts';
import { decodeImageFile } from '../../../src/main/services/images/codec.ts';
import { readImageMetadata } from '../../../src/main/services/images/metadata.ts';
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
  return (await bench.run(saveImageNode, { image: { pictures } }, params, { outputFolder, graph: GRAPH, inputKeys: { image: ['c'.repeat(64)] } })).artifacts;
}

describe('Save Image', () => {
  it('writes graph, node, inputs, prompt, seed, provenance and the hash of the pixels into the file', async () => {
    const original = picture(6, 4, 1, RENDERED);
    const [artifact] = await save([original], { name: 'sub/fox' }, await temporaryFolder());
    const bytes = await readFile(artifact!.path);
    expect(Object.fromEntries(readPngText(bytes, 'png'))).toEqual({
      'engram-graph': GRAPH, 'engram-node': 'test', 'engram-inputs': JSON.stringify({ image: ['c'.repeat(64)] }), 'engram-prompt': 'my secret prompt', 'engram-seed': '7', 'engram-image': '1/1',
      'engram-provenance': JSON.stringify({ program: '0.0.0', device: null, contentKey: 'a'.repeat(64), nodes: {}, files: [] }), 'Pixels-SHA256': pixelHash(original),
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

  it.each(PICTURE_FORMATS)('%s without metadata tells no prompt: not in the file, not in its name', async (format) => {
    const folder = await temporaryFolder();
    const artifacts = await save([picture(16, 14, 1, RENDERED), picture(16, 14, 2)], { name: 'x', metadata: 'none', format }, folder);
    expect((await readdir(folder)).sort()).toEqual(artifacts.map(({ path }) => basename(path)));
    expect(basename(artifacts[1]!.path)).toMatch(/^x-02\.(png|webp|avif|jpg)$/);
    const { texts } = await readImageMetadata(artifacts[0]!.path);
    expect([...texts.keys()]).toEqual(['Pixels-SHA256']);
    expect((await readFile(artifacts[0]!.path)).includes('secret')).toBe(false);
  });

  it.each(PICTURE_FORMATS)('%s is written with everything, and says which of several it is', async (format) => {
    const pictures = [picture(16, 14, 1, RENDERED), picture(16, 14, 2)];
    const artifacts = await save(pictures, { format }, await temporaryFolder());
    for (const [index, { path, pixels }] of artifacts.entries()) {
      const { picture: found, width, format: name } = await readImageMetadata(path);
      expect(found).toMatchObject({ graph: GRAPH, node: 'test', place: { index, count: 2 }, pixels: pixelHash(pictures[index]!) });
      expect([width, name.toLowerCase(), pixels]).toEqual([16, format, pixelHash(pictures[index]!)]);
    }
  });

  it.each([['webp', true], ['avif', true], ['webp', false]] as const)('%s, lossless %s', async (format, lossless) => {
    const original = picture(16, 14, 1);
    const [artifact] = await save([original], { format, lossless, quality: 50 }, await temporaryFolder());
    expect(pixelHash(await decodeImageFile(artifact!.path)) === pixelHash(original)).toBe(lossless);
  });

  it('refuses a lossless JPEG', async () => {
    expect(await faultOf(async () => save([picture(6, 4)], { format: 'jpeg', lossless: true }, await temporaryFolder()))).toMatchObject({ code: 'image.lossless', port: 'lossless' });
  });

  it('what a JPEG has no room for is written beside it, and told', async () => {
    let state = 1;
    const noise = Array.from({ length: 90_000 }, () => ((state = (state * 48271) % 0x7fffffff) % 36).toString(36)).join('');
    const graph = JSON.stringify({ format: 'engram-graph', noise });
    const outputFolder = await temporaryFolder();
    const { artifacts, warnings } = await bench.run(saveImageNode, { image: { pictures: [picture(8, 8, 1, RENDERED)] } }, { name: 'x', format: 'jpeg' }, { outputFolder, graph });
    expect(artifacts.map(({ kind, path }) => [kind, basename(path)])).toEqual([['data', 'x.jpg.json'], ['image', 'x.jpg']]);
    expect(warnings).toMatchObject([{ code: 'image.metadata-size', hint: expect.stringContaining('x.jpg.json') as string }]);
    expect(JSON.parse(await readFile(artifacts[0]!.path, 'utf8'))).toMatchObject({ 'engram-graph': graph, 'engram-prompt': 'my secret prompt' });
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
