import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Backbone, ModelFolder, TextStates } from '../../src/main/backbones/backbone.ts';
import { loadBackbone } from '../../src/main/backbones/index.ts';
import { floatTensor, type FloatTensor, type Tensor } from '../../src/main/core/ir/tensor.ts';
import { createTorchGenerator } from '../../src/main/core/random/torch-generator.ts';
import { headerByteLength, parseSafetensorsHeader } from '../../src/main/core/safetensors/header.ts';
import { readTensor } from '../../src/main/core/safetensors/read.ts';
import { writeSafetensors, type NamedTensor } from '../../src/main/core/safetensors/write.ts';
import type { SessionProvider, SessionRequest } from '../../src/main/core/session.ts';
import { createSessionProvider } from '../../src/main/engine/sessions.ts';
import type { PlanChoice } from '../../src/main/engine/plans.ts';
import { gradientOutput, trainingPlan } from '../../src/main/engram/training-graph.ts';
import { FileHashes } from '../../src/main/services/file-hashes.ts';
import { openModelFolder } from '../../src/main/services/model-folder.ts';

/** What the denoiser takes from prompts, by input name. */
type Prompts = (prompts: readonly string[]) => Promise<Record<string, FloatTensor>>;

/** What is measured: a word on the command line. What to run, its feeds and the outputs that must be numbers. Each does its work twice: cold, then warm. */
type Job = (backbone: Backbone, states: Prompts, size: number) => Promise<readonly [SessionRequest, Readonly<Record<string, Tensor>>, readonly string[]]>;

const PROMPT = 'a photo of Aldric Vortex-9 CyberNebula in a garden';
const generator = createTorchGenerator(1);

function normal(shape: readonly number[]): FloatTensor {
  return floatTensor(generator.randn(shape.reduce((product, size) => product * size, 1)), shape);
}

/** Rows on top of each other. */
function stack(rows: readonly FloatTensor[]): FloatTensor {
  const [first] = rows as [FloatTensor];
  const data = new Float32Array(first.data.length * rows.length);
  rows.forEach((row, index) => { data.set(row.data, index * first.data.length); });
  return floatTensor(data, [rows.length, ...first.shape.slice(1)]);
}

/** What the denoiser takes from the prompt (and from an empty negative one before it), stacked. */
async function encode(backbone: Backbone, sessions: SessionProvider, prompts: readonly string[]): Promise<Record<string, FloatTensor>> {
  const encoded: readonly TextStates[] = await backbone.textEncoders.encode(sessions, prompts);
  const streams = backbone.textEncoders.streams.map(({ id }) => [`states.${id}`, stack(encoded.map((one) => (one.streams[id] as TextStates['streams'][string]).states))] as const);
  const extras = Object.keys(encoded[0]?.extras ?? {}).map((name) => [name, stack(encoded.map((one) => one.extras[name] as FloatTensor))] as const);
  return Object.fromEntries([...streams, ...extras]);
}

const JOBS: Readonly<Record<string, Job>> = {
  /** One step of sampling one image with guidance: the denoiser at batch 2. */
  async sample(backbone, states, size) {
    const side = size / backbone.vae.factor;
    const feeds = { latents: normal([2, backbone.vae.latentChannels, side, side]), timestep: floatTensor(Float32Array.of(801, 801), [2]), ...(await states(['', PROMPT])) };
    return [backbone.denoiser.plan({ batch: 2, height: side, width: side }), feeds, ['prediction']];
  },
  /** One step of training at batch 1: loss and gradients of every stream's states. */
  async train(backbone, states, size) {
    const side = size / backbone.vae.factor;
    const latents = [1, backbone.vae.latentChannels, side, side];
    const feeds = { latents: normal(latents), target: normal(latents), timestep: floatTensor(Float32Array.of(801), [1]), ...(await states([PROMPT])) };
    const streams = backbone.textEncoders.streams.map(({ id }) => id);
    return [trainingPlan(backbone.denoiser, { batch: 1, height: side, width: side }, streams), feeds, ['loss', ...streams.map(gradientOutput)]];
  },
  /** Decoding one image. */
  decode(backbone, _states, size) {
    const side = size / backbone.vae.factor;
    return Promise.resolve([backbone.vae.decoderPlan({ batch: 1, height: side, width: side }), { latents: normal([1, backbone.vae.latentChannels, side, side]) }, ['image']]);
  },
};

const seconds = (since: number): number => (performance.now() - since) / 1000;

/** Prompts of a file of text states: what `text` writes. Each input name has a slash and the place of its prompt behind it. */
const KEPT_PROMPTS = ['', PROMPT];

/** Encodes the prompts of all jobs and writes what came out: text encoders that don't fit beside the denoiser run in a process of their own. */
async function writeStates(backbone: Backbone, sessions: SessionProvider, path: string): Promise<boolean> {
  const tensors = [];
  let finite = true;
  for (const [index, prompt] of KEPT_PROMPTS.entries()) {
    for (const [name, tensor] of Object.entries(await encode(backbone, sessions, [prompt]))) {
      finite &&= tensor.data.every(Number.isFinite);
      tensors.push({ ...tensor, name: `${name}/${index}` });
    }
  }
  writeFileSync(path, writeSafetensors(tensors, {}));
  return finite;
}

/** States of prompts out of a file that {@link writeStates} wrote. */
function readStates(path: string): Prompts {
  const bytes = readFileSync(path);
  const index = parseSafetensorsHeader(bytes, bytes.length, path);
  const names = [...new Set([...index.tensors.keys()].map((name) => name.slice(0, name.lastIndexOf('/'))))];
  const rowOf = (name: string, prompt: string): FloatTensor => readTensor(index, `${name}/${KEPT_PROMPTS.indexOf(prompt)}`, bytes, path) as FloatTensor;
  return (prompts) => Promise.resolve(Object.fromEntries(names.map((name) => [name, stack(prompts.map((prompt) => rowOf(name, prompt)))])));
}

async function open(folder: string): Promise<ModelFolder> {
  const hashes = new FileHashes(join(folder, '.hashes'));
  return openModelFolder(folder, { hashes, header: { byteLength: headerByteLength, parse: parseSafetensorsHeader } });
}

interface Done { readonly create: number; readonly times: readonly number[]; readonly finite: boolean; /** Outputs of the warm run. */ readonly results: readonly NamedTensor[] }

/** A job's work, cold and warm. */
async function twice(sessions: SessionProvider, [request, feeds, outputs]: Awaited<ReturnType<Job>>): Promise<Done> {
  const created = performance.now();
  const session = await sessions.acquire(request);
  const create = seconds(created);
  const times: number[] = [];
  let finite = true;
  let results: readonly NamedTensor[] = [];
  for (let run = 0; run < 2; run += 1) {
    const before = performance.now();
    const found = await session.run(feeds);
    times.push(seconds(before));
    results = outputs.map((name) => ({ ...(found[name] as FloatTensor), name }));
    finite &&= results.every(({ data }) => (data as Float32Array).every(Number.isFinite));
  }
  await session.dispose();
  return { create, times, finite, results };
}

/**
 * Entry of `dist/full-size.mjs MODEL JOB SIZE PLAN [SEGMENTS [STATES [RESULTS]]]`. Sessions are made with the program's own settings. `STATES` is a file of text
 * states: the job `text` writes it, the others take theirs from it instead of encoding. What comes out of the warm run goes into the file `RESULTS`. Prints one JSON line of times. Memory is read from outside, by the process that started this one.
 *
 * @param args Command line after the program's name.
 */
export async function main([folder, job = '', size, plan, segments = '1', file, kept]: readonly string[]): Promise<void> {
  const prepare = JOBS[job];
  if (folder === undefined || (prepare === undefined && (job !== 'text' || file === undefined))) throw new Error(`usage: full-size MODEL text|${Object.keys(JOBS).join('|')} SIZE PLAN [SEGMENTS [STATES [RESULTS]]]`);
  const started = performance.now();
  const backbone = await loadBackbone(await open(folder), { segments: Number(segments) });
  const load = seconds(started);
  const sessions = await createSessionProvider({ device: 'cpu', plan: plan as PlanChoice });
  try {
    if (prepare === undefined) {
      const before = performance.now();
      const finite = await writeStates(backbone, sessions, file as string);
      process.stdout.write(`${JSON.stringify({ load, create: 0, cold: seconds(before), warm: 0, finite })}\n`);
      return;
    }
    const states: Prompts = file === undefined ? (prompts) => encode(backbone, sessions, prompts) : readStates(file);
    const { create, times, finite, results } = await twice(sessions, await prepare(backbone, states, Number(size)));
    if (kept !== undefined) writeFileSync(kept, writeSafetensors(results, {}));
    process.stdout.write(`${JSON.stringify({ load, create, cold: times[0], warm: times[1], finite })}\n`);
  } finally {
    await sessions.dispose();
  }
}
