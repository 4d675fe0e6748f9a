import { describe, expect, it } from 'vitest';
import { DIFFUSERS_WEIGHTS, readStoredWeights, TRANSFORMERS_WEIGHTS } from '../../../src/main/backbones/weight-files.ts';
import { fakeModelFolder, type FakeFile } from '../../support/node-model-folder.ts';

const one = (key: string): FakeFile => ({ tensors: { [key]: { shape: [1] } } });
const read = (files: Record<string, FakeFile>): ReturnType<typeof readStoredWeights> => readStoredWeights(fakeModelFolder(files), 'unet/', DIFFUSERS_WEIGHTS);

const SHARDS = {
  'unet/diffusion_pytorch_model-00001-of-00002.safetensors': one('a'),
  'unet/diffusion_pytorch_model-00002-of-00002.safetensors': one('b'),
};
const index = (map: unknown): FakeFile => ({ json: { metadata: { total_size: 8 }, weight_map: map } });
const INDEX = 'unet/diffusion_pytorch_model.safetensors.index.json';
const MAP = { a: 'diffusion_pytorch_model-00001-of-00002.safetensors', b: 'diffusion_pytorch_model-00002-of-00002.safetensors' };

describe('readStoredWeights', () => {
  it('takes the full-precision file before the fp16 variant, and that one when it is alone', async () => {
    const both = await read({ 'unet/diffusion_pytorch_model.safetensors': one('full'), 'unet/diffusion_pytorch_model.fp16.safetensors': one('half') });
    expect([...both.keys()]).toEqual(['full']);
    expect([...(await read({ 'unet/diffusion_pytorch_model.fp16.safetensors': one('half') })).keys()]).toEqual(['half']);
  });

  it('reads shards by their index, full precision and fp16', async () => {
    const stored = await read({ ...SHARDS, [INDEX]: index(MAP) });
    expect([...stored].map(([key, { file }]) => [key, file])).toEqual([
      ['a', 'unet/diffusion_pytorch_model-00001-of-00002.safetensors'],
      ['b', 'unet/diffusion_pytorch_model-00002-of-00002.safetensors'],
    ]);
    const half = await read({ 'unet/d.safetensors': one('a'), 'unet/diffusion_pytorch_model.safetensors.index.fp16.json': index({ a: 'd.safetensors' }) });
    expect([...half.keys()]).toEqual(['a']);
  });

  it('takes the bf16 variant, one file or shards, after fp16', async () => {
    const brief = { 'unet/diffusion_pytorch_model.bf16.safetensors': one('brief') };
    expect([...(await read(brief)).keys()]).toEqual(['brief']);
    expect([...(await read({ ...brief, 'unet/diffusion_pytorch_model.fp16.safetensors': one('half') })).keys()]).toEqual(['half']);
    const shards = await read({ 'unet/d.safetensors': one('a'), 'unet/diffusion_pytorch_model.safetensors.index.bf16.json': index({ a: 'd.safetensors' }) });
    expect([...shards.keys()]).toEqual(['a']);
    expect([...(await readStoredWeights(fakeModelFolder({ 'model.bf16.safetensors': one('brief') }), '', TRANSFORMERS_WEIGHTS)).keys()]).toEqual(['brief']);
  });

  it('passes over an index whose shards are missing where other weights are whole, as a download of a variant leaves it', async () => {
    const left = { [INDEX]: index(MAP) };
    expect([...(await read({ ...left, 'unet/diffusion_pytorch_model.fp16.safetensors': one('half') })).keys()]).toEqual(['half']);
    const half = { 'unet/d.safetensors': one('a'), 'unet/diffusion_pytorch_model.safetensors.index.fp16.json': index({ a: 'd.safetensors' }) };
    expect([...(await read({ ...left, ...half })).values()].map(({ file }) => file)).toEqual(['unet/d.safetensors']);
    const [[path, shard]] = Object.entries(SHARDS) as [[string, FakeFile]];
    expect([...(await read({ ...left, [path]: shard, ...half })).values()].map(({ file }) => file)).toEqual(['unet/d.safetensors']);
  });

  it('names the shards that are missing when no weights are whole, those of the first index', async () => {
    const [[path, shard]] = Object.entries(SHARDS) as [[string, FakeFile]];
    const half = { 'unet/diffusion_pytorch_model.safetensors.index.fp16.json': index({ a: 'd.safetensors' }) };
    await expect(read({ [INDEX]: index(MAP), [path]: shard, ...half })).rejects.toThrow(
      'model/unet/diffusion_pytorch_model.safetensors.index.json: every file that weight_map names must be beside it, got no diffusion_pytorch_model-00002-of-00002.safetensors. Is the download of the model complete?',
    );
    const many = Object.fromEntries(Array.from({ length: 9 }, (_, shardNumber) => [`key${shardNumber}`, `d${shardNumber}.safetensors`]));
    await expect(read({ [INDEX]: index(many) })).rejects.toThrow('got no d0.safetensors, d1.safetensors, d2.safetensors and 6 more');
  });

  it.each([
    ['a key in the wrong shard', { ...MAP, a: MAP.b }, 'weight_map says that "a" is in diffusion_pytorch_model-00002-of-00002.safetensors, got no such key there'],
    ['a key that the index forgets', { a: MAP.a, b2: MAP.b }, 'weight_map says that "b2"'],
    ['a path', { a: '../x.safetensors' }, 'weight_map "a" must name a .safetensors file beside it, got "../x.safetensors"'],
    ['another format', { a: 'x.bin' }, 'must name a .safetensors file beside it, got "x.bin"'],
    ['no map', undefined, 'must hold "weight_map"'],
  ])('refuses an index with %s', async (_, map, message) => {
    await expect(read({ ...SHARDS, [INDEX]: index(map) })).rejects.toThrow(message);
  });

  it('refuses shards that hold a key twice, or one that the index does not list', async () => {
    const twice = { ...SHARDS, 'unet/diffusion_pytorch_model-00002-of-00002.safetensors': { tensors: { a: { shape: [1] }, b: { shape: [1] } } } };
    await expect(read({ ...twice, [INDEX]: index(MAP) })).rejects.toThrow('key "a" must be in one shard only');
    const more = { ...SHARDS, 'unet/diffusion_pytorch_model-00002-of-00002.safetensors': { tensors: { b: { shape: [1] }, c: { shape: [1] } } } };
    await expect(read({ ...more, [INDEX]: index(MAP) })).rejects.toThrow('weight_map must list every key of its shards, got no "c"');
  });

  it('says what to do when only pickled weights are there, and what is missing when nothing is', async () => {
    await expect(read({ 'unet/diffusion_pytorch_model.bin': { text: '' } })).rejects.toThrow(/model\/unet\/: must hold diffusion_pytorch_model\.safetensors, got diffusion_pytorch_model\.bin\. Only safetensors is read/);
    await expect(read({})).rejects.toThrow('model/unet/: must hold diffusion_pytorch_model.safetensors, got no weight file');
    await expect(readStoredWeights(fakeModelFolder({ 'pytorch_model.bin': { text: '' } }), '', TRANSFORMERS_WEIGHTS)).rejects.toThrow('must hold model.safetensors, got pytorch_model.bin');
  });
});
