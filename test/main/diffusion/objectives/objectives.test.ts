import { describe, expect, it } from 'vitest';
import { AppError } from '../../../../src/contract/errors.ts';
import { createTorchGenerator } from '../../../../src/main/core/random/torch-generator.ts';
import { objectiveById, objectives } from '../../../../src/main/diffusion/objectives/index.ts';
import { checkTrainingSettings } from '../../../../src/main/engram/training/settings.ts';
import { readReferenceTensors, relativeDifference } from '../../../support/reference-tensors.ts';

const FOLDER = new URL('../../../fixtures/reference/schedulers/training/', import.meta.url);
const inputs = readReferenceTensors(new URL('inputs.safetensors', FOLDER));
const outputs = readReferenceTensors(new URL('outputs.safetensors', FOLDER));
const [sample, noise] = [inputs.get('sample')!, inputs.get('noise')!];
const times = [...inputs.get('timesteps')!];
/** SD1.5's own file: of a sampler's class, as training finds it. */
const SD15 = {
  _class_name: 'PNDMScheduler', beta_end: 0.012, beta_schedule: 'scaled_linear', beta_start: 0.00085, num_train_timesteps: 1000, set_alpha_to_one: false,
  skip_prk_steps: true, steps_offset: 1, trained_betas: null, clip_sample: false,
};
/** SD3's own file. */
const SD3 = { _class_name: 'FlowMatchEulerDiscreteScheduler', num_train_timesteps: 1000, shift: 3 };
const FILES = { diffusion: SD15, flow: SD3 };

describe('training objectives', () => {
  it.each(objectives)('$id: published settings can be used', ({ published }) => {
    expect(() => { checkTrainingSettings(published, 'Train'); }).not.toThrow();
  });

  it('noise prediction: published settings are those of the paper (section 3)', () => {
    expect(objectiveById('ddpm-epsilon').published).toMatchObject({
      steps: 5000, batch: 4, warmUp: 500, schedule: 'linear', lastBatch: 'keep', vectors: { rate: 1e-3, weightDecay: 0.01 }, scale: { rate: 1e-4, weightDecay: 0.01 },
    });
  });

  it('ask for the noise, or for the velocity, at noisy latents as diffusers makes them', () => {
    const question = objectiveById('ddpm-epsilon').create(SD15).prepare(sample, noise, times);
    expect(question.target).toEqual(noise);
    expect(question.timesteps).toEqual(times);
    expect(relativeDifference(question.noisy, outputs.get('add_noise.sd15')!)).toBeLessThanOrEqual(1e-6);
    const velocity = objectiveById('ddpm-v-prediction').create(SD15).prepare(sample, noise, times);
    expect(velocity.noisy).toEqual(question.noisy);
    expect(relativeDifference(velocity.target, outputs.get('velocity.sd15')!)).toBeLessThanOrEqual(1e-6);
  });

  it('use the whole noise schedule of the config', () => {
    for (const options of [{ beta_schedule: 'linear', beta_start: 0.0001, beta_end: 0.02 }, { rescale_betas_zero_snr: true }]) {
      const name = 'beta_schedule' in options ? 'linear' : 'zero-snr';
      const { noisy } = objectiveById('ddpm-epsilon').create({ ...SD15, ...options }).prepare(sample, noise, times);
      expect(relativeDifference(noisy, outputs.get(`add_noise.${name}`)!), name).toBeLessThanOrEqual(1e-6);
    }
  });

  it.each(objectives)('$id: a right prediction leads back to the clean latents', ({ create, process }) => {
    const objective = create(FILES[process]);
    const width = sample.length / times.length;
    times.forEach((_, row) => {
      const part = (values: Float32Array): Float32Array => values.subarray(row * width, (row + 1) * width);
      const { noisy, target, timesteps } = objective.prepare(part(sample), part(noise), objective.drawTimes(createTorchGenerator(row), 1));
      // Two float32 products and a division by sqrt(alpha bar), which is as small as 0.07 at the last time.
      expect(relativeDifference(objective.clean(target, noisy, timesteps[0]!), part(sample))).toBeLessThanOrEqual(1e-5);
    });
  });

  it.each(objectives.filter(({ predicts }) => predicts !== 'flow_prediction'))('$id: a time between two training times is taken as the nearer one', ({ create }) => {
    const objective = create(SD15);
    const width = sample.length / times.length;
    times.forEach((time, row) => {
      const part = (values: Float32Array): Float32Array => values.subarray(row * width, (row + 1) * width);
      const { noisy, target } = objective.prepare(part(sample), part(noise), [time]);
      // Two float32 products and a division by sqrt(alpha bar), which is as small as 0.07 at the last time.
      expect(relativeDifference(objective.clean(target, noisy, time + 0.3), part(sample))).toBeLessThanOrEqual(1e-5);
    });
  });

  it('draw times as torch.randint does, over all training times', () => {
    const objective = objectiveById('ddpm-epsilon').create({ ...SD15, num_train_timesteps: 7 });
    expect(objective.drawTimes(createTorchGenerator(42), 5)).toEqual(createTorchGenerator(42).randint(0, 7, 5));
    expect(new Set(objective.drawTimes(createTorchGenerator(0), 200))).toEqual(new Set([0, 1, 2, 3, 4, 5, 6]));
  });

  it('rectified flow: published settings are those of the paper for SD3.5 (sections 2.6 and 3)', () => {
    expect(objectiveById('rectified-flow').published).toMatchObject({ steps: 5000, batch: 1, warmUp: 0, schedule: 'constant', vectors: { rate: 5e-4 }, scale: { rate: 1e-4 } });
  });

  it('rectified flow: asks for noise minus latents on the straight line between them', () => {
    const { noisy, target, timesteps } = objectiveById('rectified-flow').create({}).prepare(Float32Array.of(1, -2, 4, 8), Float32Array.of(3, 0, -4, 0), [0.25, 1]);
    expect([...noisy]).toEqual([1.5, -1.5, -4, 0]);
    expect([...target]).toEqual([2, 2, -8, -8]);
    expect(timesteps).toEqual([250, 1000]);
  });

  it('rectified flow: draws the sigmoid of torch\'s normal numbers, uniform ones, or those moved by the model\'s shift', () => {
    const draw = (id: string, config: Record<string, unknown>): readonly number[] => objectiveById(id).create(config).drawTimes(createTorchGenerator(5), 20);
    const [normal, uniform] = [createTorchGenerator(5).randn(20), createTorchGenerator(5).rand(20)];
    draw('rectified-flow', {}).forEach((time, index) => { expect(time).toBeCloseTo(1 / (1 + Math.exp(-normal[index]!)), 6); });
    expect(draw('rectified-flow-uniform', { shift: 3 })).toEqual([...uniform]);
    draw('rectified-flow-shifted', SD3).forEach((time, index) => { expect(time).toBeCloseTo((3 * uniform[index]!) / (1 + 2 * uniform[index]!), 6); });
    expect(draw('rectified-flow-shifted', { ...SD3, shift: 1 })).toEqual([...uniform]);
    const solver = { _class_name: 'UniPCMultistepScheduler', use_flow_sigmas: true, prediction_type: 'flow_prediction', flow_shift: 3, shift: 7 };
    expect(draw('rectified-flow-shifted', solver)).toEqual(draw('rectified-flow-shifted', SD3));
  });

  it('rectified flow: shifted times follow a shift by the number of tokens, as sampling does', () => {
    const shifted = objectiveById('rectified-flow-shifted');
    const dynamic = { ...SD3, use_dynamic_shifting: true, base_shift: 0, max_shift: 2, base_image_seq_len: 100, max_image_seq_len: 300 };
    const draw = (config: Record<string, unknown>, imageTokens?: number): readonly number[] => shifted.create(config, { imageTokens }).drawTimes(createTorchGenerator(5), 20);
    for (const [tokens, mu] of [[100, 0], [250, 1.5]] as const) {
      draw({ ...SD3, shift: Math.exp(mu) }).forEach((time, index) => { expect(draw(dynamic, tokens)[index]).toBeCloseTo(time, 6); });
    }
    expect(() => draw(dynamic)).toThrow('use_dynamic_shifting needs a model that cuts pictures into tokens');
  });

  it.each(objectives)('$id: refuses a scheduler config of the other process', ({ create, process }) => {
    expect(() => create(FILES[process === 'flow' ? 'diffusion' : 'flow'])).toThrow('scheduler_config.json: must set a scheduler for models of');
  });

  it('leave clean latents and noise as they are', () => {
    const [before, noiseBefore] = [sample.slice(), noise.slice()];
    for (const { id, predicts, process } of objectives) objectiveById(id).create(FILES[process]).prepare(sample, noise, predicts === 'flow_prediction' ? times.map((time) => time / 1000) : times);
    expect([sample, noise]).toEqual([before, noiseBefore]);
  });

  it('refuse what they do not know', () => {
    expect(() => objectiveById('ddpm')).toThrow('Training objective: must be one of ddpm-epsilon, ddpm-v-prediction, rectified-flow, rectified-flow-uniform, rectified-flow-shifted, got ddpm');
    expect(() => objectiveById('ddpm-epsilon').create({ ...SD15, beta_schedule: 'sqrt' })).toThrow(AppError);
    expect(() => objectiveById('ddpm-epsilon').create({ ...SD15, betas: [] })).toThrow('scheduler_config.json: betas is not an option');
  });
});
