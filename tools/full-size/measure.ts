import { join } from 'node:path';
import type { Backbone, TextStates } from '../../src/main/backbones/backbone.ts';
import { loadBackbone } from '../../src/main/backbones/index.ts';
import { floatTensor, type FloatTensor, type Tensor } from '../../src/main/core/ir/tensor.ts';
import { createTorchGenerator } from '../../src/main/core/random/torch-generator.ts';
import { headerByteLength, parseSafetensorsHeader } from '../../src/main/core/safetensors/header.ts';
import type { SessionProvider, SessionRequest } from '../../src/main/core/session.ts';
import { createSessionProvider } from '../../src/main/engine/sessions.ts';
import type { PlanChoice } from '../../src/main/engine/plans.ts';
import { gradientOutput, trainingPlan } from '../../src/main/engram/training-graph.ts';
import { FileHashes } from '../../src/main/services/file-hashes.ts';
import { openModelFolder } from '../../src/main/services/model-folder.ts';

/** What is measured: a word on the command line. Each loads the model, encodes prompts, and does its work twice: cold, then warm. */
type Job = (backbone: Backbone, sessions: SessionProvider, size: number) => Promise<readonly [SessionRequest, Readonly<Record<string, Tensor>>, string]>;

const PROMPT = 'a photo of Aldric Vortex-9 CyberNebula in a garden';
const generator = createTorchGenerator(1);

function normal(shape: readonly number[]): FloatTensor {
  return floatTensor(generator.randn(shape.reduce((product, size) => product * size, 1)), shape);
}

/** What the denoiser takes from the prompt (and from an empty negative one before it), stacked. */
async function states(backbone: Backbone, sessions: SessionProvider, prompts: readonly string[]): Promise<Record<string, FloatTensor>> {
  const encoded: readonly TextStates[] = await backbone.textEncoders.encode(sessions, prompts);
  const stack = (rows: readonly FloatTensor[]): FloatTensor => {
    const [first] = rows as [FloatTensor];
    const data = new Float32Array(first.data.length * rows.length);
    rows.forEach((row, index) => { data.set(row.data, index * first.data.length); });
    return floatTensor(data, [rows.length, ...first.shape.slice(1)]);
  };
  const streams = backbone.textEncoders.streams.map(({ id }) => [`states.${id}`, stack(encoded.map((one) => (one.streams[id] as TextStates['streams'][string]).states))] as const);
  const extras = Object.keys(encoded[0]?.extras ?? {}).map((name) => [name, stack(encoded.map((one) => one.extras[name] as FloatTensor))] as const);
  return Object.fromEntries([...streams, ...extras]);
}

const JOBS: Readonly<Record<string, Job>> = {
  /** One step of sampling one image with guidance: the denoiser at batch 2. */
  async sample(backbone, sessions, size) {
    const side = size / backbone.vae.factor;
    const feeds = { latents: normal([2, backbone.vae.latentChannels, side, side]), timestep: floatTensor(Float32Array.of(801, 801), [2]), ...(await states(backbone, sessions, ['', PROMPT])) };
    return [backbone.denoiser.plan({ batch: 2, height: side, width: side }), feeds, 'prediction'];
  },
  /** One step of training at batch 1: loss and gradient of the text states. */
  async train(backbone, sessions, size) {
    const side = size / backbone.vae.factor;
    const latents = [1, backbone.vae.latentChannels, side, side];
    const feeds = { latents: normal(latents), target: normal(latents), timestep: floatTensor(Float32Array.of(801), [1]), ...(await states(backbone, sessions, [PROMPT])) };
    const streams = backbone.textEncoders.streams.map(({ id }) => id);
    return [trainingPlan(backbone.denoiser, { batch: 1, height: side, width: side }, streams), feeds, gradientOutput(streams[0] as string)];
  },
  /** Decoding one image. */
  decode(backbone, _sessions, size) {
    const side = size / backbone.vae.factor;
    return Promise.resolve([backbone.vae.decoderPlan({ batch: 1, height: side, width: side }), { latents: normal([1, backbone.vae.latentChannels, side, side]) }, 'image']);
  },
};

const seconds = (since: number): number => (performance.now() - since) / 1000;

/**
 * Entry of `dist/full-size.mjs MODEL JOB SIZE PLAN [SEGMENTS]`: with several segments each session is released before the next one is made. Prints one JSON line of times. Memory is read from outside, by the process that started this one.
 *
 * @param args Command line after the program's name.
 */
export async function main([folder, job, size, plan, segments = '1']: readonly string[]): Promise<void> {
  const prepare = JOBS[job ?? ''];
  if (folder === undefined || prepare === undefined) throw new Error(`usage: full-size MODEL ${Object.keys(JOBS).join('|')} SIZE PLAN [SEGMENTS]`);
  const started = performance.now();
  const hashes = new FileHashes(join(folder, '.hashes'));
  const backbone = await loadBackbone(await openModelFolder(folder, { hashes, header: { byteLength: headerByteLength, parse: parseSafetensorsHeader } }), { segments: Number(segments) });
  const load = seconds(started);
  const sessions = await createSessionProvider({ device: 'cpu', plan: plan as PlanChoice, ...(segments === '1' ? {} : { memoryBudget: 0 }) });
  try {
    const [request, feeds, output] = await prepare(backbone, sessions, Number(size));
    const created = performance.now();
    const session = await sessions.acquire(request);
    const create = seconds(created);
    const times: number[] = [];
    let finite = true;
    for (let run = 0; run < 2; run += 1) {
      const before = performance.now();
      const result = await session.run(feeds);
      times.push(seconds(before));
      finite &&= (result[output]?.data as Float32Array).every(Number.isFinite);
    }
    await session.dispose();
    process.stdout.write(`${JSON.stringify({ load, create, cold: times[0], warm: times[1], finite })}\n`);
  } finally {
    await sessions.dispose();
  }
}
