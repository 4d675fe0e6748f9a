import { describe, expect, it } from 'vitest';
import { AppError } from '../../../src/contract/errors.ts';
import { floatTensor, type FloatTensor, type Tensor } from '../../../src/main/core/ir/tensor.ts';
import { createTorchGenerator } from '../../../src/main/core/random/torch-generator.ts';
import type { Session } from '../../../src/main/core/session.ts';
import { sampleBatch, sampleLatents, type SampleRequest } from '../../../src/main/diffusion/sample.ts';
import { schedulerById } from '../../../src/main/diffusion/schedulers/index.ts';

const CONFIG = { _class_name: 'DDIMScheduler', beta_start: 0.00085, beta_end: 0.012, beta_schedule: 'scaled_linear', clip_sample: false, steps_offset: 1, set_alpha_to_one: false };
const SHAPE = [2, 3, 3] as const;
const SIZE = 18;

interface FakeSession extends Session {
  readonly calls: Readonly<Record<string, Tensor>>[];
}

/** A denoiser that looks at its latents, its time and its row of text states alone: prediction = 0.5·x + 0.001·t + state. */
function fakeSession(change: (prediction: Float32Array, call: number) => void = () => undefined): FakeSession {
  const calls: Readonly<Record<string, Tensor>>[] = [];
  return {
    calls,
    async run(feeds) {
      calls.push(feeds);
      const { latents, timestep, 'states.clip': states } = feeds as Record<string, FloatTensor>;
      const [rows] = latents!.shape as [number];
      const each = latents!.data.length / rows;
      const prediction = latents!.data.map((x, index) => {
        const row = Math.floor(index / each);
        return 0.5 * x + 0.001 * timestep!.data[row]! + states!.data[row * 2]!;
      });
      change(prediction, calls.length);
      return { prediction: floatTensor(prediction, latents!.shape) };
    },
    dispose: async () => undefined,
  };
}

const states = (value: number): { 'states.clip': FloatTensor } => ({ 'states.clip': floatTensor(Float32Array.of(value, value), [1, 1, 2]) });

function request(changes: Partial<SampleRequest> = {}): SampleRequest {
  return {
    where: 'Sample "s"', session: fakeSession(), scheduler: schedulerById('ddim').create(CONFIG, 4), shape: SHAPE,
    images: [{ positive: states(0.1), negative: states(-0.2), seed: 42 }], guidanceScale: 7.5, signal: new AbortController().signal, ...changes,
  };
}

describe('the sampling loop', () => {
  it('runs negatives and positives as one batch, with every time of the scheduler', async () => {
    const session = fakeSession();
    const made = request({ session, images: [{ positive: states(0.1), negative: states(-0.2), seed: 1 }, { positive: states(0.3), negative: states(-0.4), seed: 2 }] });
    await sampleLatents(made);
    expect(session.calls).toHaveLength(4);
    expect(sampleBatch(2, 7.5)).toBe(4);
    session.calls.forEach((feeds, index) => {
      expect(feeds['latents']!.shape).toEqual([4, ...SHAPE]);
      expect(feeds['timestep']).toEqual(floatTensor(new Float32Array(4).fill(made.scheduler.timesteps[index]!), [4]));
      expect(feeds['states.clip']).toEqual(floatTensor(Float32Array.of(-0.2, -0.2, -0.4, -0.4, 0.1, 0.1, 0.3, 0.3), [4, 1, 2]));
      const latents = feeds['latents']!.data as Float32Array;
      expect(latents.subarray(0, 2 * SIZE)).toEqual(latents.subarray(2 * SIZE));
    });
  });

  it('leaves the negative prompt out at guidance 1 and below', async () => {
    const session = fakeSession();
    await sampleLatents(request({ session, guidanceScale: 1 }));
    expect(sampleBatch(1, 1)).toBe(1);
    expect(session.calls[0]!['latents']!.shape).toEqual([1, ...SHAPE]);
    expect((session.calls[0]!['states.clip']!.data as Float32Array)[0]).toBeCloseTo(0.1);
  });

  it('begins with the seed\'s noise times the first sigma, and scales the model\'s input', async () => {
    const session = fakeSession();
    const scheduler = schedulerById('euler').create(CONFIG, 4);
    await sampleLatents(request({ session, scheduler }));
    const begin = createTorchGenerator(42).randn(SIZE).map((value) => value * Math.fround(scheduler.initNoiseSigma));
    expect((session.calls[0]!['latents']!.data as Float32Array).subarray(0, SIZE)).toEqual(scheduler.scaleModelInput(begin, 0));
  });

  it('is guidance and the scheduler\'s steps, and nothing else', async () => {
    const scheduler = schedulerById('ddim').create(CONFIG, 4);
    const f = Math.fround;
    let expected = createTorchGenerator(42).randn(SIZE);
    scheduler.timesteps.forEach((time, index) => {
      const predict = (state: number): Float32Array => expected.map((x) => 0.5 * x + 0.001 * time + f(state));
      const [negative, positive] = [predict(-0.2), predict(0.1)];
      const guided = negative.map((value, at) => value + f(7.5 * f(positive[at]! - value)));
      expected = scheduler.step(guided, index, expected, [createTorchGenerator(42)]);
    });
    expect(await sampleLatents(request())).toEqual(expected);
  });

  it.each(['ddim', 'pndm', 'euler-ancestral', 'dpmpp-2m-sde', 'ddpm'])('gives an image the same latents alone and beside others: %s', async (id) => {
    const image = (seed: number): SampleRequest['images'][number] => ({ positive: states(seed / 10), negative: states(0), seed });
    const sample = async (seeds: number[]): Promise<Float32Array> => sampleLatents(request({ scheduler: schedulerById(id).create(CONFIG, 4), images: seeds.map(image) }));
    const together = await sample([3, 4]);
    expect(together.subarray(0, SIZE)).toEqual(await sample([3]));
    expect(together.subarray(SIZE)).toEqual(await sample([4]));
    expect(together.subarray(SIZE)).not.toEqual(together.subarray(0, SIZE));
  });

  it('reports every step with the latents so far', async () => {
    const seen: [number, number, number][] = [];
    const scheduler = schedulerById('pndm').create({ ...CONFIG, skip_prk_steps: true }, 4);
    const result = await sampleLatents(request({ scheduler, onStep: ({ done, total, latents }) => { seen.push([done, total, latents[0]!]); } }));
    expect(seen.map(([done, total]) => [done, total])).toEqual([[1, 5], [2, 5], [3, 5], [4, 5], [5, 5]]);
    expect(seen.at(-1)![2]).toBe(result[0]);
  });

  it('ends within one step of a cancellation', async () => {
    const controller = new AbortController();
    const session = fakeSession();
    const running = sampleLatents(request({ session, signal: controller.signal, onStep: ({ done }) => { if (done === 2) controller.abort(); } }));
    await expect(running).rejects.toMatchObject({ data: { code: 'run.cancelled', kind: 'cancelled' } });
    expect(session.calls).toHaveLength(2);
  });

  it('names the step at which the model stops giving numbers', async () => {
    const run = (): Promise<Float32Array> => sampleLatents(request({ session: fakeSession((prediction, call) => { if (call === 3) prediction[5] = NaN; }) }));
    await expect(run()).rejects.toThrow(AppError);
    await expect(run()).rejects.toThrow('Sample "s", step 3: latents must be finite numbers');
  });

  it('says so when the session gives no prediction', async () => {
    const session: Session = { run: async () => ({}), dispose: async () => undefined };
    await expect(sampleLatents(request({ session }))).rejects.toThrow('the denoiser must give "prediction" in float32');
  });
});
