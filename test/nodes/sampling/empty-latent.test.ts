import { describe, expect, it } from 'vitest';
import { emptyLatentNode } from '../../../nodes/sampling/empty-latent.ts';
import { faultOf } from '../../support/fault.ts';
import { nodeBench } from '../../support/node-bench.ts';

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
});
