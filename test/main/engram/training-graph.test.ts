import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Denoiser } from '../../../src/main/backbones/backbone.ts';
import { loadUnet } from '../../../src/main/backbones/sd15/unet/denoiser.ts';
import { floatTensor } from '../../../src/main/core/ir/tensor.ts';
import { gradientOutput, trainingPlan } from '../../../src/main/engram/training-graph.ts';
import { nodeModelFolder } from '../../support/node-model-folder.ts';
import { asFloats, readCase, REFERENCE, relativeL2, tensorOf } from '../../support/reference-case.ts';
import { runGraph } from '../../support/run-graph.ts';

const { inputs, outputs } = readCase('gradients', 'sd15-77-tokens');
const sample = asFloats(tensorOf(inputs, 'sample'));
const [batch, , height, width] = sample.shape as [number, number, number, number];
const states = asFloats(tensorOf(inputs, 'encoder_hidden_states'));
const feeds = {
  latents: sample, timestep: asFloats(tensorOf(inputs, 'timestep'), batch), target: asFloats(tensorOf(inputs, 'noise')), 'states.clip_l': states,
};
let denoiser: Denoiser;
beforeAll(async () => {
  const folder = nodeModelFolder(join(REFERENCE, 'modules/unet/sd15'));
  denoiser = (await loadUnet(folder)).denoiser(states.shape[1]!);
});

describe('trainingPlan', () => {
  test('gives loss and state gradients of a real U-Net as torch does', async () => {
    const results = await runGraph(trainingPlan(denoiser, { batch, height, width }, ['clip_l']).build(), feeds);
    expect(Object.keys(results).sort()).toEqual(['grad.clip_l', 'loss']);
    const loss = asFloats(results['loss']!).data[0]!;
    const expected = asFloats(tensorOf(outputs, 'loss')).data[0]!;
    // The proof's own bounds: loss 1e-4, state gradients 1e-4 in relative L2.
    expect(Math.abs(loss - expected) / expected).toBeLessThan(1e-4);
    expect(relativeL2(results[gradientOutput('clip_l')], tensorOf(outputs, 'encoder_hidden_states_gradient'))).toBeLessThan(1e-4);
  });

  test('is the forward pass alone when no stream needs a gradient', async () => {
    const plan = trainingPlan(denoiser, { batch, height, width }, []);
    const results = await runGraph(plan.build(), feeds);
    expect(Object.keys(results)).toEqual(['loss']);
    expect(relativeL2(floatTensor(asFloats(results['loss']!).data, [1]), floatTensor(asFloats(tensorOf(outputs, 'loss')).data, [1]))).toBeLessThan(1e-4);
    expect(plan.build().nodes.length).toBeLessThan(trainingPlan(denoiser, { batch, height, width }, ['clip_l']).build().nodes.length);
  });

  test('names all that it depends on in its key', () => {
    const keys = [
      trainingPlan(denoiser, { batch, height, width }, ['clip_l']), trainingPlan(denoiser, { batch: 1, height, width }, ['clip_l']),
      trainingPlan(denoiser, { batch, height: 8, width }, ['clip_l']), trainingPlan(denoiser, { batch, height, width }, []),
      trainingPlan({ ...denoiserParts(), plan: () => ({ key: 'other', build: () => { throw new Error('not built'); } }) }, { batch, height, width }, ['clip_l']),
    ].map(({ key }) => key);
    expect(new Set(keys).size).toBe(keys.length);
    expect(trainingPlan(denoiser, { batch, height, width }, ['clip_l']).key).toBe(keys[0]);
  });

  test('refuses a stream that the denoiser does not take', () => {
    expect(() => trainingPlan(denoiser, { batch, height, width }, ['t5']).build()).toThrowError(/must take states of "t5", got clip_l/);
  });
});

function denoiserParts(): Pick<Denoiser, 'build'> {
  return { build: (builder, shape) => denoiser.build(builder, shape) };
}
