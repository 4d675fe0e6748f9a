import { cancelledError, runError } from '../../contract/errors.ts';
import { floatTensor, type FloatTensor } from '../core/ir/tensor.ts';
import { createTorchGenerator, type TorchGenerator } from '../core/random/torch-generator.ts';
import type { Session } from '../core/session.ts';
import { f32, map1 } from './float32.ts';
import { guide } from './guidance.ts';
import type { Scheduler } from './scheduler.ts';

/** What the denoiser takes from the text, by graph input name (`states.<stream>`, pooled projections), each [1, ...]. */
export type TextFeeds = Readonly<Record<string, FloatTensor>>;

export interface SampleRequest {
  /** For messages. */
  readonly where: string;
  /** A denoiser whose batch is {@link sampleBatch}: per image one row, or two with guidance (all negatives, then all positives). */
  readonly session: Session;
  readonly scheduler: Scheduler;
  /** [C, h, w] of one image. */
  readonly shape: readonly [number, number, number];
  /** One entry per image. */
  readonly images: readonly { readonly positive: TextFeeds; readonly negative: TextFeeds; readonly seed: number }[];
  readonly guidanceScale: number;
  readonly signal: AbortSignal;
  /** Called after every step; the next one waits for it. */
  readonly onStep?: (step: SampledStep) => void | Promise<void>;
}

/** How far sampling is. Latents are [B, C, h, w]. */
export interface SampledStep {
  readonly done: number;
  readonly total: number;
  /** After the step. */
  readonly latents: Float32Array;
  /** What the model was given in this step: noisy latents as it was trained on them. */
  readonly input: Float32Array;
  readonly timestep: number;
  /** What it predicted for them, with guidance. */
  readonly prediction: Float32Array;
}

/** Guidance acts above 1, as in diffusers; at 1 and below the negative prompt plays no part. */
export function usesGuidance(guidanceScale: number): boolean {
  return guidanceScale > 1;
}

/** Rows of the denoiser's batch for a number of images. */
export function sampleBatch(images: number, guidanceScale: number): number {
  return usesGuidance(guidanceScale) ? 2 * images : images;
}

/** Rows on top of each other: [1, ...] each -> [B, ...]. */
function stack(rows: readonly FloatTensor[]): FloatTensor {
  const [first] = rows as readonly [FloatTensor, ...FloatTensor[]];
  const data = new Float32Array(first.data.length * rows.length);
  rows.forEach((row, index) => { data.set(row.data, index * first.data.length); });
  return floatTensor(data, [rows.length, ...first.shape.slice(1)]);
}

/** The text feeds of the whole batch; they stay the same over all steps. */
function batchFeeds({ images, guidanceScale }: SampleRequest): Record<string, FloatTensor> {
  const rows = [...(usesGuidance(guidanceScale) ? images.map((image) => image.negative) : []), ...images.map((image) => image.positive)];
  const names = Object.keys(rows[0] ?? {});
  return Object.fromEntries(names.map((name) => [name, stack(rows.map((row) => row[name] as FloatTensor))]));
}

/** First latents: noise as diffusers draws it with one generator per image, times the scheduler's first sigma. */
function firstLatents({ images, scheduler, shape }: SampleRequest, generators: readonly TorchGenerator[]): Float32Array {
  const size = shape[0] * shape[1] * shape[2];
  const latents = new Float32Array(images.length * size);
  const sigma = f32(scheduler.initNoiseSigma);
  generators.forEach((generator, index) => { latents.set(map1(generator.randn(size), (value) => value * sigma), index * size); });
  return latents;
}

/** One call of the denoiser, with guidance: the noise (or what else it predicts) for every image. */
async function predict(request: SampleRequest, feeds: Record<string, FloatTensor>, input: Float32Array, timestep: number): Promise<Float32Array> {
  const { session, shape, images, guidanceScale, where } = request;
  const batch = sampleBatch(images.length, guidanceScale);
  const latents = new Float32Array(input.length * (batch / images.length));
  for (let offset = 0; offset < latents.length; offset += input.length) latents.set(input, offset);
  const times = new Float32Array(batch).fill(timestep);
  const result = await session.run({ ...feeds, latents: floatTensor(latents, [batch, ...shape]), timestep: floatTensor(times, [batch]) });
  const prediction = result['prediction']?.data;
  if (!(prediction instanceof Float32Array)) throw runError('sample.no-prediction', where, 'the denoiser must give "prediction" in float32');
  return usesGuidance(guidanceScale) ? guide(prediction.subarray(0, input.length), prediction.subarray(input.length), guidanceScale) : prediction;
}

/**
 * Samples latents, one image per entry: model latents [B, C, h, w].
 * @throws AppError `run.cancelled` within one step of the signal; `sample.not-finite` naming the first step that gave no number.
 */
export async function sampleLatents(request: SampleRequest): Promise<Float32Array> {
  const { scheduler, images, signal, where, onStep } = request;
  const generators = images.map(({ seed }) => createTorchGenerator(seed));
  const feeds = batchFeeds(request);
  let latents = firstLatents(request, generators);
  const total = scheduler.timesteps.length;
  for (const [index, timestep] of scheduler.timesteps.entries()) {
    if (signal.aborted) throw cancelledError(where);
    const input = scheduler.scaleModelInput(latents, index);
    const prediction = await predict(request, feeds, input, timestep);
    latents = scheduler.step(prediction, index, latents, generators);
    if (!latents.every(Number.isFinite)) {
      throw runError('sample.not-finite', `${where}, step ${index + 1}`, 'latents must be finite numbers', { hint: 'Check the model\'s weights, the strength of the tables and the guidance scale.' });
    }
    await onStep?.({ done: index + 1, total, latents, input, timestep, prediction });
  }
  return latents;
}
