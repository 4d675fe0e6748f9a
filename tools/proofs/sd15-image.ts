import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { planesToPixels } from '../../nodes/pixels.ts';
import type { GraphNode } from '../../src/contract/graph-file.ts';
import type { Backbone, TextStates } from '../../src/main/backbones/backbone.ts';
import { loadBackbone } from '../../src/main/backbones/index.ts';
import { floatTensor, type Tensor } from '../../src/main/core/ir/tensor.ts';
import type { Session, SessionProvider } from '../../src/main/core/session.ts';
import { sampleBatch, sampleLatents, type TextFeeds } from '../../src/main/diffusion/sample.ts';
import { schedulerById } from '../../src/main/diffusion/schedulers/index.ts';
import { decodeImage } from '../../src/main/services/images/codec.ts';
import { defineProof, judge, type ProofContext } from './framework/proof.ts';
import { relativeMaximum, worst } from './support/compare.ts';
import { makeLiveCases, proofSeed, readCaseInfo, readTensorFile, tensorNamed } from './support/live.ts';
import { runGraphFile, writeGraph } from './support/program.ts';
import { openFolder, runOnce, withSessions } from './support/workbench.ts';

/** Our samplers, by id, and the diffusers classes that do the same. */
const SCHEDULERS = { ddim: 'DDIMScheduler', pndm: 'PNDMScheduler', euler: 'EulerDiscreteScheduler', 'dpmpp-2m': 'DPMSolverMultistepScheduler' } as const;
const PROMPTS = ['a portrait of a fox in a red coat in a snowy forest at night', 'Aldric Vortex-9 CyberNebula with a blue wizard hat in the desert'];
const NEGATIVE = 'a green robot';
const STEPS = 20;
const GUIDANCE = 7.5;
const SIZE = 64;

const distancesSchema = z.object({ latents: z.number(), first_unet_output: z.number(), last_unet_output: z.number() });
const answersSchema = z.looseObject({ perturbation_answers: distancesSchema, without_onednn: distancesSchema });

/**
 * Figures of which the largest counts. The last prediction is compared for the reference's own last input: close to a finished picture the U-Net magnifies
 * what twenty steps have rounded, so on each one's own path it tells less; that figure stands beside the reference's own answer to a disturbance of 1e-7 at the start, and beside its distance
 * from itself when torch computes convolutions without oneDNN.
 */
const LARGEST = ['textStates', 'firstPrediction', 'lastPrediction', 'lastPredictionOnOwnPath', 'referencesAnswerInLastPrediction', 'referenceWithoutOneDnnInLastPrediction', 'referenceWithoutOneDnnInFinalLatents', 'finalLatents', 'largestPixelDifference'];

/** What one picture came to on its way, each [..] flat. */
interface Trace {
  readonly positive: Float32Array;
  readonly negative: Float32Array;
  /** Raw outputs of the U-Net, negative row first. */
  readonly predictions: readonly Float32Array[];
  /** The U-Net's answer to what the reference's U-Net took last. */
  readonly sameInput: Float32Array;
  readonly latents: Float32Array;
  readonly pixels: Uint8Array;
}

/** A session whose `prediction` is kept at every call. */
function recording(session: Session, kept: Float32Array[]): Session {
  return {
    async run(feeds) {
      const results = await session.run(feeds);
      kept.push(Float32Array.from(tensorNamed(results, 'prediction').data as Float32Array));
      return results;
    },
    dispose: () => session.dispose(),
  };
}

function feedsOf({ streams, extras }: TextStates): TextFeeds {
  return { ...Object.fromEntries(Object.entries(streams).map(([id, { states }]) => [`states.${id}`, states])), ...extras };
}

/** Two rows of text feeds on top of each other. */
function stackFeeds(first: TextFeeds, second: TextFeeds): TextFeeds {
  return Object.fromEntries(Object.entries(first).map(([name, { data, shape }]) => [name, floatTensor(Float32Array.of(...data, ...(second[name]?.data ?? [])), [2, ...shape.slice(1)])]));
}

async function render(backbone: Backbone, sessions: SessionProvider, id: string, prompt: string, seed: number, reference: Readonly<Record<string, Tensor>>): Promise<Trace> {
  const [positive, negative] = (await backbone.textEncoders.encode(sessions, [prompt, NEGATIVE])).map(feedsOf) as [TextFeeds, TextFeeds];
  const side = SIZE / backbone.vae.factor;
  const shape = [backbone.vae.latentChannels, side, side] as const;
  const session = await sessions.acquire(backbone.denoiser.plan({ batch: sampleBatch(1, GUIDANCE), height: side, width: side }));
  const predictions: Float32Array[] = [];
  const latents = await sampleLatents({
    where: 'sd15-image', session: recording(session, predictions), scheduler: schedulerById(id).create(backbone.schedulerConfig, STEPS), shape,
    images: [{ positive, negative, seed }], guidanceScale: GUIDANCE, signal: new AbortController().signal,
  });
  const time = Number(tensorNamed(reference, 'last_timestep').data[0]);
  const again = await session.run({ ...stackFeeds(negative, positive), latents: tensorNamed(reference, 'last_unet_input'), timestep: floatTensor(Float32Array.of(time, time), [2]) });
  await session.dispose();
  const decoder = backbone.vae.decoderPlan({ batch: 1, height: side, width: side });
  const unscaled = latents.map((value) => Math.fround(value / backbone.vae.scaling) + backbone.vae.shift);
  const { image } = await runOnce(sessions, decoder.key, decoder.build, { latents: floatTensor(unscaled, [1, ...shape]) });
  const states = (feeds: TextFeeds): Float32Array => Object.values(feeds)[0]?.data as Float32Array;
  return { positive: states(positive), negative: states(negative), predictions, sameInput: tensorNamed(again, 'prediction').data as Float32Array, latents, pixels: planesToPixels(image?.data as Float32Array, SIZE, SIZE) };
}

/** Share of channel values that differ by at most 1 of 255. */
function shareWithinOne(actual: Uint8Array, expected: Uint8Array): number {
  if (actual.length !== expected.length) return 0;
  return actual.filter((value, index) => Math.abs(value - (expected[index] as number)) <= 1).length / actual.length;
}

function compareTrace(trace: Trace, outputs: Readonly<Record<string, Tensor>>): Record<string, number> {
  const error = (actual: ArrayLike<number>, name: string): number => relativeMaximum(actual, tensorNamed(outputs, name).data as Float32Array);
  const expected = Uint8Array.from(tensorNamed(outputs, 'pixels').data as Uint8Array);
  return {
    textStates: worst([error(trace.positive, 'prompt_embeds'), error(trace.negative, 'negative_prompt_embeds')]),
    firstPrediction: error(trace.predictions[0] ?? [], 'first_unet_output'), lastPrediction: error(trace.sameInput, 'last_unet_output'),
    lastPredictionOnOwnPath: error(trace.predictions.at(-1) ?? [], 'last_unet_output'),
    finalLatents: error(trace.latents, 'latents'), pixelShare: shareWithinOne(trace.pixels, expected),
    largestPixelDifference: worst([...trace.pixels].map((value, index) => Math.abs(value - (expected[index] as number)))),
  };
}

/** The same picture through the command line: every prompt with one sampler. */
async function commandLinePixels(context: ProofContext, id: string, seed: number): Promise<Uint8Array[]> {
  const from = (node: string, port: string): { node: string; port: string } => ({ node, port });
  const nodes: Record<string, Pick<GraphNode, 'type'> & Partial<GraphNode>> = {
    backbone: { type: 'LoadBackbone', params: { folder: 'models:pocket-sd15' } },
    prompts: { type: 'EncodePrompt', params: { prompts: PROMPTS, negativePrompt: NEGATIVE }, inputs: { textEncoders: from('backbone', 'textEncoders') } },
    latent: { type: 'EmptyLatent', params: { seeds: [seed], width: SIZE, height: SIZE }, inputs: { backbone: from('backbone', 'backbone') } },
    sample: {
      type: 'Sample', params: { steps: STEPS, guidanceScale: GUIDANCE, scheduler: id },
      inputs: { backbone: from('backbone', 'backbone'), positive: from('prompts', 'positive'), negative: from('prompts', 'negative'), latents: from('latent', 'latents') },
    },
    decode: { type: 'VAEDecode', inputs: { vae: from('backbone', 'vae'), latents: from('sample', 'latents') } },
    save: { type: 'SaveImage', params: { name: id }, inputs: { image: from('decode', 'image') } },
  };
  const { outputs } = await runGraphFile(context, await writeGraph(context, id, nodes));
  return Promise.all(outputs.map(async ({ path }) => (await decodeImage(await readFile(path), path)).pixels));
}

export const sd15Image = defineProof({
  name: 'sd15-image',
  expectedSeconds: 120,
  summary: 'With models/pocket-sd15, prompt, seed and sampler in diffusers\' StableDiffusionPipeline and here give the same picture, also from the command line.',
  async run(context) {
    const seed = proofSeed();
    const jobs = Object.entries(SCHEDULERS).flatMap(([id, scheduler]) => PROMPTS.map((prompt, place) => ({ id, scheduler, prompt, place })));
    const common = { negative_prompt: NEGATIVE, width: SIZE, height: SIZE, steps: STEPS, guidance_scale: GUIDANCE, seeds: [seed] };
    const model = join(context.root, 'models', 'pocket-sd15');
    const live = await makeLiveCases(context, 'image', { model, cases: jobs.map(({ id, scheduler, prompt, place }) => ({ ...common, id: `${id}-${place}`, scheduler, prompt })) });
    const backbone = await loadBackbone(await openFolder(model));
    const found: Record<string, number>[] = [];
    await withSessions(async (sessions) => {
      const programs = new Map<string, Uint8Array[]>();
      for (const id of Object.keys(SCHEDULERS)) programs.set(id, await commandLinePixels(context, id, seed));
      for (const [index, { id, prompt, place }] of jobs.entries()) {
        const { folder } = live[index] as { folder: string };
        const outputs = await readTensorFile(join(folder, 'outputs.safetensors'));
        const { perturbation_answers: answers, without_onednn: itself } = answersSchema.parse(await readCaseInfo(folder));
        const trace = await render(backbone, sessions, id, prompt, seed, outputs);
        const fromProgram = programs.get(id)?.[place];
        const errors = {
          ...compareTrace(trace, outputs), referencesAnswerInLastPrediction: answers.last_unet_output,
          referenceWithoutOneDnnInLastPrediction: itself.last_unet_output, referenceWithoutOneDnnInFinalLatents: itself.latents, commandLineEqual: Number(fromProgram !== undefined && Buffer.from(fromProgram).equals(trace.pixels)),
        };
        context.log(`${id}, prompt ${place}: ${JSON.stringify(errors)}`);
        found.push(errors);
      }
    });
    const all = (name: string): number[] => found.map((errors) => errors[name] as number);
    const largest = Object.fromEntries(LARGEST.map((name) => [name, worst(all(name))]));
    const figures = { ...largest, pixelShare: Math.min(...all('pixelShare')), commandLineEqual: all('commandLineEqual').filter((equal) => equal === 1).length, pictures: found.length, samplers: Object.keys(SCHEDULERS).length, seed };
    return judge(figures, {
      textStates: { atMost: 2e-5 }, firstPrediction: { atMost: 2e-5 }, lastPrediction: { atMost: 2e-5 }, finalLatents: { atMost: 1e-3 },
      pixelShare: { atLeast: 0.999 }, commandLineEqual: { equals: found.length }, pictures: { atLeast: 8 },
    });
  },
});
