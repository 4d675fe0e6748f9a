import { describe, expect, it } from 'vitest';
import { vaeDecodeNode } from '../../../nodes/image/vae-decode.ts';
import { vaeEncodeNode } from '../../../nodes/image/vae-encode.ts';
import type { ImageBatch, LatentBatch, Picture } from '../../../nodes/values.ts';
import { faultOf } from '../../support/fault.ts';
import { nodeBench } from '../../support/node-bench.ts';
import { picture } from '../../support/pictures.ts';

const bench = nodeBench();
const model = bench.tiny();

async function encode(...pictures: readonly Picture[]): Promise<LatentBatch> {
  const { vae } = await model;
  return (await bench.run<{ latents: LatentBatch }>(vaeEncodeNode, { vae, image: { pictures } })).values.latents;
}

async function decode(latents: LatentBatch): Promise<ImageBatch> {
  const { vae } = await model;
  return (await bench.run<{ image: ImageBatch }>(vaeDecodeNode, { vae, latents })).values.image;
}

describe('VAE Encode', () => {
  it('gives scaled latents an eighth the size, each of its own picture alone', async () => {
    const latents = await encode(picture(32, 16, 1, { prompt: 'a fox', seed: 3 }), picture(32, 16, 2));
    expect(latents).toMatchObject({ channels: 4, height: 2, width: 4, items: [{ label: 'picture 1', prompt: 'a fox', seed: 3 }, { label: 'picture 2', seed: 0 }] });
    expect((await encode(picture(32, 16, 2))).items[0]?.data).toEqual(latents.items[1]?.data);
    expect(latents.items[0]?.data).not.toEqual(latents.items[1]?.data);
  });

  it('refuses no picture, odd sizes and mixed sizes', async () => {
    expect(await faultOf(() => encode())).toMatchObject({ code: 'vae.no-pictures' });
    expect(await faultOf(() => encode(picture(30, 16)))).toMatchObject({ code: 'vae.size', rule: 'width and height must be multiples of 8', got: '30x16' });
    expect(await faultOf(() => encode(picture(32, 16), picture(16, 16)))).toMatchObject({ code: 'vae.mixed-sizes' });
  });
});

describe('VAE Decode', () => {
  it('gives pictures with the prompts and seeds of their latents, each of its own latents alone', async () => {
    const latents = await encode(picture(32, 16, 1, { prompt: 'a fox', seed: 3 }), picture(32, 16, 2));
    const { pictures } = await decode(latents);
    expect(pictures).toMatchObject([{ width: 32, height: 16, label: 'picture 1', prompt: 'a fox', seed: 3 }, { width: 32, height: 16 }]);
    expect((await decode({ ...latents, items: latents.items.slice(1) })).pictures[0]?.pixels).toEqual(pictures[1]?.pixels);
    expect(pictures[0]?.pixels).not.toEqual(pictures[1]?.pixels);
  });

  it('refuses latents that are still empty, and those of another model', async () => {
    const empty: LatentBatch = { channels: 4, height: 2, width: 2, items: [{ label: 'seed 1', prompt: '', seed: 1, data: undefined }] };
    expect(await faultOf(() => decode(empty))).toMatchObject({ code: 'vae.empty-latents', kind: 'input' });
    expect(await faultOf(() => decode({ ...empty, channels: 16 }))).toMatchObject({ code: 'vae.channels', got: '16' });
  });
});
