import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createTorchGenerator, type TorchGenerator } from '../../../../src/main/core/random/torch-generator.ts';
import { schedulerByClassName } from '../../../../src/main/diffusion/schedulers/index.ts';
import type { Scheduler } from '../../../../src/main/diffusion/scheduler.ts';
import { readReferenceTensors, relativeDifference } from '../../../support/reference-tensors.ts';

interface Case {
  readonly id: string;
  readonly options: Readonly<Record<string, unknown>>;
  /** Arguments of diffusers' `step` beyond the usual; pipelines never give them, and neither do we. */
  readonly step: Readonly<Record<string, unknown>>;
  /** Tokens of one picture, where the shift depends on them. */
  readonly image_tokens?: number;
  readonly num_inference_steps: number;
}

const FOLDER = new URL('../../../fixtures/reference/schedulers/', import.meta.url);
const CLASSES = ['ddpm', 'ddim', 'pndm', 'euler-discrete', 'euler-ancestral-discrete', 'dpm-solver-multistep', 'unipc-multistep', 'heun-discrete', 'lms-discrete',
  'flow-match-euler-discrete', 'flow-match-heun-discrete',
];
const IMAGES = 2;
/** Rounding of up to 99 steps in float32; what is algorithmically different shows at 1e-3 and above. */
const TOLERANCE = 1e-5;
/** Times that are computed from noise levels: one float32 unit of log σ is 5e-5 of a step of the training schedule. */
const TIME_TOLERANCE = 1e-4;

const inputs = readReferenceTensors(new URL('inputs.safetensors', FOLDER));

/** The fixtures' stand-in for a network: 0.3·sin(1.7·x + 0.001·t) + 0.1·x in float32. */
function fakeModel(sample: Float32Array, time: number): Float32Array {
  const f = Math.fround;
  const shift = f(0.001 * time);
  return sample.map((x) => f(f(0.3) * f(Math.sin(f(f(f(1.7) * x) + shift)))) + f(f(0.1) * x));
}

/** One generator for the whole batch, served image by image, as the fixtures were drawn. */
function sharedGenerators(): TorchGenerator[] {
  const generator = createTorchGenerator(7);
  let drawn: Float32Array | undefined;
  const serve = (image: number): TorchGenerator => ({
    ...generator,
    randn(count) {
      if (image === 0) drawn = generator.randn(count * IMAGES);
      return drawn!.slice(image * count, (image + 1) * count);
    },
  });
  return [serve(0), serve(1)];
}

function runLoop(scheduler: Scheduler): { first: Float32Array; middle: Float32Array; final: Float32Array } {
  const generators = sharedGenerators();
  let sample: Float32Array = inputs.get('sample')!.map((x) => x * scheduler.initNoiseSigma);
  const trace: Float32Array[] = [];
  scheduler.timesteps.forEach((time, index) => {
    sample = scheduler.step(fakeModel(scheduler.scaleModelInput(sample, index), time), index, sample, generators);
    trace.push(sample);
  });
  return { first: trace[0]!, middle: trace[Math.floor(trace.length / 2)]!, final: trace.at(-1)! };
}

/** Whole times must be equal, fractional ones close. */
function expectTimes(times: readonly number[], reference: Float32Array): void {
  if (reference.every(Number.isInteger)) expect(times).toEqual([...reference]);
  expect(times).toHaveLength(reference.length);
  times.forEach((time, index) => expect(Math.abs(time - reference[index]!), `time ${index}`).toBeLessThanOrEqual(TIME_TOLERANCE));
}

describe.each(CLASSES)('%s', (name) => {
  const file = JSON.parse(readFileSync(new URL(`${name}/case.json`, FOLDER), 'utf8')) as { class: string; base: Record<string, unknown>; cases: Case[] };
  const outputs = readReferenceTensors(new URL(`${name}/outputs.safetensors`, FOLDER));
  const supported = file.cases.filter(({ step }) => Object.keys(step).length === 0);

  it.each(supported.map((entry) => [entry.id, entry] as const))('%s: times and whole loop as in diffusers', (id, { options, image_tokens: imageTokens, num_inference_steps: steps }) => {
    const scheduler = schedulerByClassName(file.class).create({ ...file.base, ...options }, steps, { imageTokens });
    expectTimes(scheduler.timesteps, outputs.get(`${id}.timesteps`)!);
    // Loops from a terminal signal of zero: the reference with correctly rounded square roots, which torch's are not on x86 (tools/reference/schedulers.py).
    const from = options['rescale_betas_zero_snr'] === true ? `${id}.ieee` : id;
    expect(Math.abs(scheduler.initNoiseSigma / outputs.get(`${from}.init_noise_sigma`)![0]! - 1)).toBeLessThan(1e-6);
    const found = runLoop(scheduler);
    expect(outputs.has(`${from}.final`)).toBe(true);
    for (const part of ['first', 'middle', 'final'] as const) {
      const reference = outputs.get(`${from}.${part}`);
      if (reference !== undefined) expect(relativeDifference(found[part], reference), part).toBeLessThanOrEqual(TOLERANCE);
    }
  });
});
