import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadBackboneNode } from '../../../nodes/models/load-backbone.ts';
import { emptyLatentNode } from '../../../nodes/sampling/empty-latent.ts';
import { faultOf } from '../../support/fault.ts';
import { nodeBench, type TinyModel } from '../../support/node-bench.ts';
import { REFERENCE } from '../../support/reference-case.ts';

const bench = nodeBench();

async function empty(params: Record<string, unknown>): Promise<unknown> {
  const { backbone } = await bench.tiny();
  return (await bench.run<{ latents: unknown }>(emptyLatentNode, { backbone }, params)).values.latents;
}

describe('Empty Latent', () => {
  it('has the model\'s size unless told otherwise, and one item per seed', async () => {
    const item = (seed: number) => ({ label: `seed ${seed}`, prompt: '', seed, data: undefined });
    expect(await empty({ seeds: [1, 2] })).toEqual({ channels: 4, height: 8, width: 8, items: [item(1), item(2)] });
    expect(await empty({ width: 96, height: 32 })).toMatchObject({ width: 12, height: 4 });
  });

  it('names sizes that would do', async () => {
    expect(await faultOf(() => empty({ width: 100 }))).toMatchObject({ code: 'latent.size', rule: 'width must be a multiple of 8', got: '100', hint: 'Try 96 or 104.', port: 'width' });
    expect(await faultOf(() => empty({ height: 3 }))).toMatchObject({ hint: 'Try 8 or 16.', port: 'height' });
    expect(await faultOf(() => empty({ seeds: [] }))).toMatchObject({ code: 'latent.no-seeds' });
  });

  // The transformer cuts latents into patches of 2, and its grid of positions ends.
  it('goes by what the denoiser takes, too', async () => {
    const { backbone } = (await bench.run<TinyModel>(loadBackboneNode, {}, { folder: join(REFERENCE, 'tiny-sd3') })).values;
    const most = backbone.vae.factor * backbone.denoiser.latentSides!.atMost!;
    const fault = (width: number) => faultOf(() => bench.run(emptyLatentNode, { backbone }, { width }));
    const multiple = 2 * backbone.vae.factor;
    expect(await fault(multiple + backbone.vae.factor)).toMatchObject({ code: 'latent.size', rule: `width must be a multiple of ${multiple}, at most ${most}`, hint: `Try ${multiple} or ${2 * multiple}.` });
    expect(await fault(most + multiple)).toMatchObject({ code: 'latent.size', hint: `Try ${most}.` });
  });
});
