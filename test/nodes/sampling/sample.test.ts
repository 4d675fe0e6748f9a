import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { vaeEncodeNode } from '../../../nodes/image/vae-encode.ts';
import { loadBackboneNode } from '../../../nodes/models/load-backbone.ts';
import { emptyLatentNode } from '../../../nodes/sampling/empty-latent.ts';
import { encodePromptNode } from '../../../nodes/sampling/encode-prompt.ts';
import { sampleNode } from '../../../nodes/sampling/sample.ts';
import type { Conditioning, LatentBatch } from '../../../nodes/values.ts';
import { faultOf } from '../../support/fault.ts';
import { nodeBench, type BenchOptions, type TinyModel } from '../../support/node-bench.ts';
import { picture } from '../../support/pictures.ts';
import { REFERENCE } from '../../support/reference-case.ts';

const bench = nodeBench();
const model = bench.tiny();

/** Inputs of Sample for prompts and seeds on the tiny model. */
async function inputsFor(prompts: readonly string[], seeds: readonly number[], negativePrompt = 'blurry'): Promise<{ positive: Conditioning; negative: Conditioning; latents: LatentBatch }> {
  const { backbone, textEncoders } = await model;
  const conditioning = await bench.run<{ positive: Conditioning; negative: Conditioning }>(encodePromptNode, { textEncoders }, { prompts, negativePrompt });
  const { latents } = (await bench.run<{ latents: LatentBatch }>(emptyLatentNode, { backbone }, { seeds })).values;
  return { ...conditioning.values, latents };
}

async function sample(inputs: object, params: Record<string, unknown> = {}, options: BenchOptions = {}): Promise<LatentBatch> {
  const { backbone } = await model;
  return (await bench.run<{ latents: LatentBatch }>(sampleNode, { backbone, ...inputs }, { steps: 3, scheduler: 'ddim', ...params }, options)).values.latents;
}

const dataOf = ({ items }: LatentBatch): (Float32Array | undefined)[] => items.map(({ data }) => data);

describe('Sample', () => {
  it('gives an image for every prompt with every seed, and says which is which', async () => {
    const { items, ...size } = await sample(await inputsFor(['a fox', 'a robot'], [1, 2]));
    expect(items.map(({ label, prompt, seed }) => [label, prompt, seed])).toEqual([
      ['a fox, seed 1', 'a fox', 1], ['a fox, seed 2', 'a fox', 2], ['a robot, seed 1', 'a robot', 1], ['a robot, seed 2', 'a robot', 2],
    ]);
    expect(size).toEqual({ channels: 4, height: 8, width: 8 });
    expect(new Set(items.map(({ data }) => String(data))).size).toBe(4);
    expect(items.every(({ data }) => data?.length === 4 * 8 * 8 && data.every(Number.isFinite))).toBe(true);
  });

  it('gives the same latents for the same seed, bit for bit, and others for another', async () => {
    const inputs = await inputsFor(['a fox'], [7]);
    expect(dataOf(await sample(inputs))).toEqual(dataOf(await sample(inputs)));
    expect(dataOf(await sample(await inputsFor(['a fox'], [8])))).not.toEqual(dataOf(await sample(inputs)));
  });

  // Bit for bit: what a picture shares its batch with must not be seen in it. Padding: 5 images in batches of 3 leave one place over.
  it.each([1, 3, 5])('a picture never depends on what shares its batch of %i', async (batchSize) => {
    const together = await sample(await inputsFor(['a fox', 'a robot', 'a red coat', 'the moon', 'a city at night'], [3]), { batchSize });
    const others = await sample(await inputsFor(['snow', 'a cat', 'a red coat', 'a hat', 'a boat'], [3]), { batchSize });
    const alone = await sample(await inputsFor(['a red coat'], [3]), { batchSize });
    expect(others.items[2]?.data).toEqual(together.items[2]?.data);
    expect(alone.items[0]?.data).toEqual(together.items[2]?.data);
  });

  // Not promised by ONNX Runtime, but so on its CPU provider: rows of a batch go through the same kernels in the same order.
  it('gives the same latents in batches of any width, on one CPU thread', async () => {
    const inputs = await inputsFor(['a fox', 'a robot', 'a red coat', 'snow'], [3]);
    const one = dataOf(await sample(inputs, { batchSize: 1 }));
    expect(dataOf(await sample(inputs, { batchSize: 2 }))).toEqual(one);
    expect(dataOf(await sample(inputs, { batchSize: 3 }))).toEqual(one);
  });

  it('guidance acts above 1, and the negative prompt with it', async () => {
    const inputs = await inputsFor(['a fox'], [7], 'snow');
    const other = await inputsFor(['a fox'], [7], 'a boat');
    expect(dataOf(await sample(inputs, { guidanceScale: 1 }))).toEqual(dataOf(await sample(other, { guidanceScale: 1 })));
    expect(dataOf(await sample(inputs))).not.toEqual(dataOf(await sample(other)));
  });

  it('tells every step, with the time left once it is known', async () => {
    const { backbone } = await model;
    const { progress } = await bench.run(sampleNode, { backbone, ...(await inputsFor(['a fox', 'a robot'], [1])) }, { steps: 3, scheduler: 'ddim' });
    expect(progress.map(({ done, total, message }) => [done, total, message])).toEqual([1, 2, 3, 4, 5, 6].map((done) => [done, 6, `image ${done <= 3 ? 1 : 2} of 2`]));
    expect(progress.at(-1)?.secondsLeft).toBe(0);
  });

  it('stops within a step when it is cancelled', async () => {
    const controller = new AbortController();
    let steps = 0;
    const inputs = await inputsFor(['a fox'], [1]);
    const fault = await faultOf(() => sample(inputs, { steps: 50 }, { signal: controller.signal, onProgress: () => { steps += 1; if (steps === 2) controller.abort(); } }));
    expect(fault.kind).toBe('cancelled');
    expect(steps).toBe(2);
  });

  it('takes the model\'s scheduler when none is chosen', async () => {
    const inputs = await inputsFor(['a fox'], [1]);
    const own = await sample(inputs, { scheduler: 'as the model says' });
    expect(dataOf(own)).toEqual(dataOf(await sample(inputs, { scheduler: 'pndm' })));
    expect(dataOf(own)).not.toEqual(dataOf(await sample(inputs)));
  });

  it('refuses latents of another model, latents of pictures, and negative prompts that fit no prompt', async () => {
    const inputs = await inputsFor(['a fox', 'a robot', 'snow'], [1]);
    expect(await faultOf(() => sample({ ...inputs, latents: { ...inputs.latents, channels: 16 } }))).toMatchObject({ code: 'sample.channels', rule: 'latents must have 4 channels', got: '16' });
    const { vae } = await model;
    const encoded = (await bench.run<{ latents: LatentBatch }>(vaeEncodeNode, { vae, image: { pictures: [picture(64, 64)] } })).values.latents;
    expect(await faultOf(() => sample({ ...inputs, latents: encoded }))).toMatchObject({ code: 'sample.not-empty', port: 'latents' });
    const [first, second] = inputs.positive.entries;
    expect(await faultOf(() => sample({ ...inputs, negative: { entries: [first, second] } }))).toMatchObject({ code: 'sample.negatives', got: '2 for 3 prompts' });
  });

  it('takes a negative prompt for each prompt', async () => {
    const inputs = await inputsFor(['a fox', 'a robot'], [1], 'snow');
    const other = await inputsFor(['a fox', 'a robot'], [1], 'a boat');
    const mixed = await sample({ ...inputs, negative: { entries: [inputs.negative.entries[0], other.negative.entries[0]] } });
    expect(mixed.items[0]?.data).toEqual((await sample(inputs)).items[0]?.data);
    expect(mixed.items[1]?.data).toEqual((await sample(other)).items[1]?.data);
  });

  // One model, once with T5 and once without: as far as the table of ports goes, their conditionings are of one kind.
  it.each(['positive', 'negative'])('refuses %s text states that another model\'s encoders made', async (port) => {
    const folder = join(REFERENCE, 'tiny-sd3');
    const [whole, without] = await Promise.all([[], ['t5']].map(async (leaveOut) => {
      const { backbone, textEncoders } = (await bench.run<TinyModel>(loadBackboneNode, {}, { folder, leaveOut })).values;
      const conditioning = (await bench.run<Record<'positive' | 'negative', Conditioning>>(encodePromptNode, { textEncoders }, { prompts: ['a fox'] })).values;
      const { latents } = (await bench.run<{ latents: LatentBatch }>(emptyLatentNode, { backbone }, { width: 32, height: 32 })).values;
      return { backbone, latents, ...conditioning };
    }));
    const fault = await faultOf(() => bench.run(sampleNode, { ...whole, [port]: without![port as 'positive'] }, { steps: 1 }));
    expect(fault).toMatchObject({ code: 'sample.text', kind: 'input', port });
    expect(fault.rule).toMatch(new RegExp(`^${port} must hold the text states that the backbone reads, .*states\\.t5 \\[1, \\d+, \\d+\\]`));
    expect(fault.got).not.toContain('states.t5');
  });
});
