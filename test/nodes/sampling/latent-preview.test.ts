import { describe, expect, it } from 'vitest';
import { emptyLatentNode } from '../../../nodes/sampling/empty-latent.ts';
import { encodePromptNode } from '../../../nodes/sampling/encode-prompt.ts';
import { LatentPreview } from '../../../nodes/sampling/latent-preview.ts';
import { sampleNode } from '../../../nodes/sampling/sample.ts';
import type { NodeServices } from '../../../nodes/services.ts';
import type { Conditioning, LatentBatch } from '../../../nodes/values.ts';
import type { RunContext } from '../../../src/contract/node.ts';
import type { SampledStep } from '../../../src/main/diffusion/sample.ts';
import { decodeImage } from '../../../src/main/services/images/codec.ts';
import { nodeBench, type BenchOptions, type BenchRun } from '../../support/node-bench.ts';

const bench = nodeBench();
const model = bench.tiny();

async function sample(seeds: readonly number[], options: BenchOptions, params: Record<string, unknown> = {}, changes: object = {}): Promise<BenchRun<{ latents: LatentBatch }>> {
  const { backbone, textEncoders } = await model;
  const { values } = await bench.run<{ positive: Conditioning; negative: Conditioning }>(encodePromptNode, { textEncoders }, { prompts: ['a fox'] });
  const { latents } = (await bench.run<{ latents: LatentBatch }>(emptyLatentNode, { backbone }, { seeds })).values;
  return bench.run(sampleNode, { backbone: { ...backbone, ...changes }, ...values, latents }, { steps: 4, scheduler: 'euler', ...params }, options);
}

describe('previews of sampling', () => {
  it('are shown to those who look on, and change no bit of the latents', async () => {
    const [alone, watched] = [await sample([7], {}), await sample([7], { watched: true })];
    expect(alone.previews).toEqual([]);
    expect(watched.previews.at(-1)?.label).toBe('image 1 of 1, step 4 of 4');
    expect(watched.previews[0]?.label).toBe('image 1 of 1, step 1 of 4');
    expect(watched.values).toEqual(alone.values);
    expect(watched.progress.map(({ done, total }) => [done, total])).toEqual(alone.progress.map(({ done, total }) => [done, total]));
    expect(watched.warnings).toEqual([]);
    expect(await decodeImage(watched.previews[0]!.png, 'preview')).toMatchObject({ width: 8, height: 8 });
  });

  it('show the images of one run of the model side by side, and those of padding not at all', async () => {
    const { previews } = await sample([1, 2, 3], { watched: true }, { batchSize: 2 });
    const last = (label: string): Uint8Array => previews.findLast((preview) => preview.label === label)!.png;
    expect(await decodeImage(last('image 1 of 3, step 4 of 4'), 'preview')).toMatchObject({ width: 16, height: 8 });
    expect(await decodeImage(last('image 3 of 3, step 4 of 4'), 'preview')).toMatchObject({ width: 8, height: 8 });
  });

  it('are told as missing once when they can not be made, and sampling goes on', async () => {
    const { vae } = await model;
    const broken = { vae: { ...vae, fingerprint: 'other', factor: vae.factor, latentChannels: vae.latentChannels, decoderPlan: () => { throw new Error('no memory'); } } };
    const { previews, warnings, values } = await sample([7], { watched: true }, {}, broken);
    expect(previews).toEqual([]);
    expect(warnings).toMatchObject([{ code: 'sample.preview', got: expect.stringContaining('no memory') as string }]);
    expect(values.latents.items[0]?.data).toEqual((await sample([7], {})).values.latents.items[0]?.data);
  });

  it('take at most one hundredth of the time, and come at most every 300 milliseconds', async () => {
    const { backbone } = await model;
    let clock = 0;
    const shown: number[] = [];
    const services = {
      now: () => clock, latentColors: { of: async () => [0, 1, 2].map(() => [0.1, 0.1, 0.1, 0.1, 0]) },
      images: { encodePng: async () => { clock += clock < 2000 ? 1 : 20; return new Uint8Array(); } },
    };
    const context = { watched: true, services, preview: () => { shown.push(clock); }, warn: () => undefined, where: 'Sample "s"' } as unknown as RunContext<NodeServices>;
    const preview = await LatentPreview.create(backbone, { channels: 4, height: 2, width: 2 }, context);
    const values = new Float32Array(16);
    for (let done = 1; done <= 100; done += 1) {
      await preview!.show({ done, total: 100, latents: values, input: values, prediction: values, timestep: 500 } satisfies SampledStep, [0], 'step');
      clock += 100;
    }
    // Each cost 1 ms at first: 300 ms apart, at the next step of 100. From the third second 20 ms: 2 seconds apart. The last step is always shown.
    expect(shown.slice(0, 3)).toEqual([1, 302, 603]);
    const late = shown.filter((time) => time > 3000);
    late.slice(1, -1).forEach((time, index) => { expect(time - late[index]!).toBeGreaterThanOrEqual(2000); });
    expect(late.length).toBeGreaterThan(2);
    expect(clock - 100).toBe(late.at(-1));
  });
});
