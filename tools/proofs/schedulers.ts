import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Tensor } from '../../src/main/core/ir/tensor.ts';
import { createTorchGenerator, type TorchGenerator } from '../../src/main/core/random/torch-generator.ts';
import { schedulerByClassName } from '../../src/main/diffusion/schedulers/index.ts';
import type { Scheduler } from '../../src/main/diffusion/scheduler.ts';
import { defineProof, judge, type ProofContext } from './framework/proof.ts';
import { relativeMaximum, worst } from './support/compare.ts';
import { makeLiveCases, proofSeed, readCaseInfo, readTensorFile, tensorNamed } from './support/live.ts';

const config = z.record(z.string(), z.unknown());
const fileSchema = z.object({
  class: z.string(), base: config, noise_seed: z.number(),
  cases: z.array(z.object({ id: z.string(), options: config, step: config, image_tokens: z.number().optional(), num_inference_steps: z.number(), perturbation_answer: z.number() })),
});
type File = z.infer<typeof fileSchema>;
type Case = File['cases'][number];
type Tensors = Readonly<Record<string, Tensor>>;

/** What one loop came to beside diffusers'. */
interface LoopErrors {
  readonly id: string;
  readonly steps: number;
  /** Largest |t - t'| of the times given to the model. */
  readonly times: number;
  readonly wholeTimesEqual: boolean;
  readonly initialSigma: number;
  /** Relative to the largest value, the worst of first, middle and last sample. */
  readonly sample: number;
  /** Distance of the last sample from the reference as its torch rounds; differs from `sample` where {@link ieeeReference} applies. */
  readonly asTorchRounds: number;
  /** The reference loop was run with correctly rounded square roots. */
  readonly ieee: boolean;
  /** How far the reference itself moves when its start is disturbed by 1e-7. */
  readonly perturbationAnswer: number;
}

/** What the reference loops put in place of a network (tools/reference/schedulers.py): 0.3 sin(1.7 x + 0.001 t) + 0.1 x in float32. */
function fakeModel(sample: Float32Array, time: number): Float32Array {
  const f = Math.fround;
  const shift = f(0.001 * time);
  return sample.map((x) => f(f(0.3) * f(Math.sin(f(f(f(1.7) * x) + shift)))) + f(f(0.1) * x));
}

/** One generator for the whole batch, as the reference loops draw, served image by image. */
function sharedGenerators(seed: number, images: number): TorchGenerator[] {
  const generator = createTorchGenerator(seed);
  let drawn = new Float32Array();
  return Array.from({ length: images }, (_, image) => ({
    ...generator,
    randn(count: number) {
      if (image === 0) drawn = Float32Array.from(generator.randn(count * images));
      return drawn.slice(image * count, (image + 1) * count);
    },
  }));
}

function runLoop(scheduler: Scheduler, start: Tensor, seed: number): Record<'first' | 'middle' | 'final', Float32Array> {
  const generators = sharedGenerators(seed, start.shape[0] as number);
  let sample = (start.data as Float32Array).map((x) => x * scheduler.initNoiseSigma);
  const trace = scheduler.timesteps.map((time, index) => {
    sample = Float32Array.from(scheduler.step(fakeModel(scheduler.scaleModelInput(sample, index), time), index, sample, generators));
    return sample;
  });
  return { first: trace[0] as Float32Array, middle: trace[Math.floor(trace.length / 2)] as Float32Array, final: trace.at(-1) as Float32Array };
}

function compareCase(file: File, { id, options, image_tokens: imageTokens, num_inference_steps: steps, perturbation_answer: perturbationAnswer }: Case, start: Tensor, outputs: Tensors): LoopErrors {
  const scheduler = schedulerByClassName(file.class).create({ ...file.base, ...options }, steps, { imageTokens });
  const times = Array.from(tensorNamed(outputs, `${id}.timesteps`).data as ArrayLike<number | bigint>, Number);
  const sameLength = times.length === scheduler.timesteps.length;
  const found = runLoop(scheduler, start, file.noise_seed);
  const { ieee, prefix } = ieeeReference(id, outputs);
  const distances = (from: string): number[] => (['first', 'middle', 'final'] as const).flatMap((part) => {
    const expected = outputs[`${from}.${part}`];
    return expected === undefined ? [] : [relativeMaximum(found[part], expected.data as Float32Array)];
  });
  return {
    id: `${file.class} ${id}`, steps, perturbationAnswer, ieee, asTorchRounds: worst(distances(id)),
    times: sameLength ? worst(times.map((time, index) => Math.abs(time - (scheduler.timesteps[index] as number)))) : NaN,
    wholeTimesEqual: sameLength && times.every((time, index) => !Number.isInteger(time) || time === scheduler.timesteps[index]),
    initialSigma: Math.abs(scheduler.initNoiseSigma / Number(tensorNamed(outputs, `${prefix}.init_noise_sigma`).data[0]) - 1),
    sample: worst(distances(prefix)),
  };
}

/** Every case of a folder of reference loops. Cases with arguments of diffusers' `step` that no pipeline gives are counted apart. */
async function compareFolder(folder: string): Promise<{ loops: LoopErrors[]; classes: number; apart: number }> {
  const start = tensorNamed(await readTensorFile(join(folder, 'inputs.safetensors')), 'sample');
  const loops: LoopErrors[] = [];
  let classes = 0;
  let apart = 0;
  for (const { name } of (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isDirectory() && entry.name !== 'training')) {
    const file = fileSchema.parse(await readCaseInfo(join(folder, name)));
    const outputs = await readTensorFile(join(folder, name, 'outputs.safetensors'));
    const own = file.cases.filter(({ step }) => Object.keys(step).length === 0);
    classes += 1;
    apart += file.cases.length - own.length;
    loops.push(...own.map((one) => compareCase(file, one, start, outputs)));
  }
  return { loops, classes, apart };
}

/** The worst cases, for a person to look at. */
function logWorst(context: ProofContext, title: string, loops: readonly LoopErrors[]): void {
  const ordered = [...loops].sort((a, b) => b.sample - a.sample).slice(0, 5);
  for (const { id, sample, perturbationAnswer } of ordered) context.log(`${title}: ${id}: ${sample.toExponential(2)} (diffusers' own answer to 1e-7: ${perturbationAnswer.toExponential(1)})`);
}

/**
 * Where a case's reference values are. Loops with a terminal signal of zero start at sigma sqrt(2^24 - 1), which torch rounds to the wrong
 * one of two float32 numbers where its square root is MKL's (x86), and to the right one elsewhere; samples of that size then differ by a unit of 2^-11.
 * So these loops were run twice, the second time with correctly rounded square roots (tools/reference/schedulers.py), and that is what counts.
 */
function ieeeReference(id: string, outputs: Tensors): { ieee: boolean; prefix: string } {
  const ieee = outputs[`${id}.ieee.final`] !== undefined;
  return { ieee, prefix: ieee ? `${id}.ieee` : id };
}

export const schedulersProof = defineProof({
  name: 'schedulers',
  expectedSeconds: 90,
  summary: 'Whole loops of 5, 20 and 50 steps of every scheduler class and option, from new samples with new noise, end where diffusers\' end.',
  async run(context) {
    const seed = proofSeed();
    const live = join(context.workFolder, 'live');
    await makeLiveCases(context, 'schedulers', { seed, folder: live });
    const [committed, fresh] = [await compareFolder(join(context.root, 'test', 'fixtures', 'reference', 'schedulers')), await compareFolder(live)];
    logWorst(context, 'committed', committed.loops);
    logWorst(context, 'new', fresh.loops);
    const all = [...committed.loops, ...fresh.loops];
    const ieee = all.filter((loop) => loop.ieee);
    const figures = {
      sampleRelative: worst(all.map(({ sample }) => sample)),
      ieeeLoops: ieee.length, ieeeLoopsAsTorchRounds: ieee.length === 0 ? null : worst(ieee.map(({ asTorchRounds }) => asTorchRounds)), ieeeLoopsWithin1e5AsTorchRounds: ieee.filter(({ asTorchRounds }) => asTorchRounds <= 1e-5).length,
      wholeTimesEqual: all.every(({ wholeTimesEqual }) => wholeTimesEqual), times: worst(all.map(({ times }) => times)),
      initialSigmaRelative: worst(all.map(({ initialSigma }) => initialSigma)),
      loops: all.length, newLoops: fresh.loops.length, classes: fresh.classes, stepCounts: [...new Set(all.map(({ steps }) => steps))].sort((a, b) => a - b),
      loopsWithStepArguments: fresh.apart, seed,
    };
    return judge(figures, {
      sampleRelative: { atMost: 1e-5 }, wholeTimesEqual: { equals: true },
      // Times computed from noise levels: one float32 unit of log sigma is 5e-5 of a step of the training schedule.
      times: { atMost: 1e-4 }, initialSigmaRelative: { atMost: 1e-6 }, classes: { atLeast: 11 }, newLoops: { atLeast: 300 },
    });
  },
});
