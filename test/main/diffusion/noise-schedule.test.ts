import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { addNoise, BETA_SCHEDULES, createNoiseSchedule, velocity, type NoiseScheduleOptions } from '../../../src/main/diffusion/noise-schedule.ts';
import { readReferenceTensors, relativeDifference } from '../../support/reference-tensors.ts';

const FOLDER = new URL('../../fixtures/reference/schedulers/training/', import.meta.url);
const info = JSON.parse(readFileSync(new URL('case.json', FOLDER), 'utf8')) as { base: NoiseScheduleOptions; options: Record<string, Partial<NoiseScheduleOptions>> };
const inputs = readReferenceTensors(new URL('inputs.safetensors', FOLDER));
const outputs = readReferenceTensors(new URL('outputs.safetensors', FOLDER));
const timesteps = [...inputs.get('timesteps')!];
const DEFAULTS: NoiseScheduleOptions = { num_train_timesteps: 1000, beta_start: 0.0001, beta_end: 0.02, beta_schedule: 'linear', trained_betas: null };

describe.each(Object.entries(info.options))('the noise schedule "%s"', (name, options) => {
  const schedule = createNoiseSchedule({ ...info.base, ...options });
  const reference = outputs.get(`alphas_cumprod.${name}`)!;

  it('has diffusers\' cumulative products', () => {
    // Schedules without a transcendental function or a square root of torch's own (MKL's is one unit off here and there) are equal bit by bit.
    if (['sd15', 'linear', 'cosine'].includes(name)) expect(schedule.alphasCumprod).toEqual(reference);
    schedule.alphasCumprod.forEach((value, time) => {
      const distance = Math.abs(value - reference[time]!);
      // Shifting to a zero terminal SNR cancels: there only the absolute error stays small, at some units of float32 below 1.
      expect(distance, `time ${time}`).toBeLessThanOrEqual(name === 'zero-snr' ? 1e-6 : 3e-7 * reference[time]!);
    });
  });

  it('adds noise and makes velocities as diffusers does', () => {
    const [sample, noise] = [inputs.get('sample')!, inputs.get('noise')!];
    expect(relativeDifference(addNoise(schedule, sample, noise, timesteps), outputs.get(`add_noise.${name}`)!)).toBeLessThanOrEqual(1e-6);
    expect(relativeDifference(velocity(schedule, sample, noise, timesteps), outputs.get(`velocity.${name}`)!)).toBeLessThanOrEqual(1e-6);
  });
});

describe('noise schedules', () => {
  it('lose signal at every time, whatever their kind', () => {
    for (const kind of BETA_SCHEDULES) {
      const { alphasCumprod, betas } = createNoiseSchedule({ ...DEFAULTS, beta_schedule: kind });
      expect(betas.every((beta) => beta > 0 && beta < 1), kind).toBe(true);
      alphasCumprod.forEach((value, time) => { if (time > 0) expect(value, `${kind} at ${time}`).toBeLessThanOrEqual(alphasCumprod[time - 1]!); });
    }
  });

  it('take trained betas as they are', () => {
    const { betas, alphasCumprod } = createNoiseSchedule({ ...DEFAULTS, trained_betas: [0.5, 0.25] });
    expect([[...betas], [...alphasCumprod]]).toEqual([[0.5, 0.25], [0.5, 0.375]]);
  });

  it('end in pure noise with a zero terminal SNR', () => {
    const { alphasCumprod } = createNoiseSchedule({ ...DEFAULTS, rescale_betas_zero_snr: true });
    expect(alphasCumprod.at(-1)).toBe(0);
    expect(addNoise({ betas: alphasCumprod, alphasCumprod }, Float32Array.of(5), Float32Array.of(2), [999])).toEqual(Float32Array.of(2));
  });

  it('may have a single time', () => {
    expect(createNoiseSchedule({ ...DEFAULTS, num_train_timesteps: 1 }).betas).toEqual(Float32Array.of(0.0001));
  });

  it('refuse times outside', () => {
    const schedule = createNoiseSchedule(DEFAULTS);
    for (const time of [-1, 1000, 0.5]) expect(() => addNoise(schedule, new Float32Array(1), new Float32Array(1), [time])).toThrow(`timestep must be 0..999, got ${time}`);
  });
});
