import { inputError } from '../../src/contract/errors.ts';
import type { RunContext } from '../../src/contract/node.ts';
import type { Backbone, TextStates } from '../../src/main/backbones/backbone.ts';
import type { SessionRequest } from '../../src/main/core/session.ts';
import { sampleBatch, sampleLatents, type SampledStep, type TextFeeds } from '../../src/main/diffusion/sample.ts';
import { checkTextStates, createScheduler, feedsOf } from '../denoise.ts';
import type { NodeServices } from '../services.ts';
import type { Conditioning, LatentBatch } from '../values.ts';
import { withSession } from '../with-session.ts';
import { LatentPreview } from './latent-preview.ts';

/** What `Sample` takes. */
export interface SampleInputs {
  readonly backbone: Backbone;
  readonly positive: Conditioning;
  readonly negative: Conditioning;
  readonly latents: LatentBatch;
}

export interface SampleSettings {
  readonly steps: number;
  readonly guidanceScale: number;
  readonly scheduler: string;
  /** Images per run of the model. */
  readonly batchSize: number;
}

/** One invocation of `Sample`. */
export interface SampleRow {
  readonly inputs: SampleInputs;
  readonly params: SampleSettings;
  readonly context: RunContext<NodeServices>;
}

/** One image to be made. */
export interface Job { readonly label: string; readonly entry: TextStates; readonly seed: number; readonly positive: TextFeeds; readonly negative: TextFeeds }

/** Checks one invocation. @throws AppError for latents of another model or that hold a picture, for text states of other encoders, and for negatives that don't fit. */
export function checkSampleInputs({ inputs: { backbone, positive, negative, latents }, context }: SampleRow): void {
  const count = negative.entries.length;
  if (latents.channels !== backbone.vae.latentChannels) {
    throw inputError('sample.channels', context.where, `latents must have ${backbone.vae.latentChannels} channels`, { got: String(latents.channels), hint: 'Make them with the same backbone.' });
  }
  checkTextStates(backbone, positive.entries, context.where, 'positive');
  checkTextStates(backbone, negative.entries, context.where, 'negative');
  if (latents.items.some(({ data }) => data !== undefined)) {
    throw inputError('sample.not-empty', context.where, 'latents must still be noise to be drawn', { got: 'latents of pictures, which sampling would ignore', hint: 'Link an Empty Latent node.', port: 'latents' });
  }
  if (latents.pairing === 'zip' && latents.items.length !== positive.entries.length) {
    throw inputError('sample.pairing', context.where, 'seeds that go with one prompt each must be as many as prompts', { got: `${latents.items.length} seeds for ${positive.entries.length} prompts`, hint: 'Take prompts and latents from the same Batch node.', port: 'latents' });
  }
  if (count !== 1 && count !== positive.entries.length) {
    throw inputError('sample.negatives', context.where, 'there must be one negative prompt, or as many as prompts', { got: `${count} for ${positive.entries.length} prompts` });
  }
}

/** Every prompt with every seed, or the n-th with the n-th; the negative prompts are one for all, or one per prompt. */
export function jobsOf({ positive, negative, latents }: SampleInputs): Job[] {
  const count = negative.entries.length;
  const itemsFor = (index: number): LatentBatch['items'] => (latents.pairing === 'zip' ? latents.items.slice(index, index + 1) : latents.items);
  return positive.entries.flatMap((entry, index) => itemsFor(index).map(({ seed, label }) => ({
    label: latents.items.length === 1 ? entry.prompt : `${entry.prompt}, ${label}`, entry, seed,
    positive: feedsOf(entry), negative: feedsOf(negative.entries[count === 1 ? 0 : index] as TextStates),
  })));
}

/** The run of the denoiser that makes `width` images at once. */
export function denoiserPlan({ backbone, latents: { height, width } }: SampleInputs, params: SampleSettings, images: number): SessionRequest {
  return backbone.denoiser.plan({ batch: sampleBatch(images, params.guidanceScale), height, width });
}

/** Equal texts for invocations whose images go through the same run of the same model in the same way. */
export function sampleGroup(inputs: SampleInputs, params: SampleSettings): string {
  const { steps, guidanceScale, scheduler, batchSize } = params;
  return JSON.stringify([denoiserPlan(inputs, params, batchSize).key, inputs.latents.channels, steps, guidanceScale, scheduler, inputs.backbone.schedulerConfig]);
}

/** An image of one of several invocations. */
interface Place { readonly row: Tally; readonly job: Job }

/** How far one invocation is. */
class Tally {
  readonly jobs: readonly Job[];
  readonly items: LatentBatch['items'][number][] = [];
  /** Runs of the model that hold an image of this invocation. */
  batches = 0;
  private stepsDone = 0;
  private preview: LatentPreview | undefined;
  private readonly started: number;

  constructor(private readonly row: SampleRow) {
    this.jobs = jobsOf(row.inputs);
    this.started = row.context.services.now();
  }

  /** Prepares what is shown to those who look on. */
  async open(): Promise<void> {
    const { inputs: { backbone, latents }, context } = this.row;
    this.preview = await LatentPreview.create(backbone, latents, context);
  }

  /** One step of a run that holds images of this invocation, at these places of its batch. */
  async step(step: SampledStep, places: readonly number[]): Promise<void> {
    this.stepsDone += 1;
    const total = this.batches * step.total;
    const { context } = this.row;
    const message = `image ${this.items.length + 1} of ${this.jobs.length}`;
    context.progress({ done: this.stepsDone, total, message, secondsLeft: ((context.services.now() - this.started) / 1000 / this.stepsDone) * (total - this.stepsDone) });
    await this.preview?.show(step, places, `${message}, step ${step.done} of ${step.total}`);
  }

  latents(): LatentBatch {
    const { channels, height, width } = this.row.inputs.latents;
    return { channels, height, width, items: this.items };
  }
}

/** What goes through the model together, in order. */
function batchesOf(tallies: readonly Tally[], batchSize: number): Place[][] {
  const places = tallies.flatMap((row) => row.jobs.map((job): Place => ({ row, job })));
  const batches = Array.from({ length: Math.ceil(places.length / batchSize) }, (_, index) => places.slice(index * batchSize, (index + 1) * batchSize));
  for (const batch of batches) for (const row of new Set(batch.map((place) => place.row))) row.batches += 1;
  return batches;
}

/** At which places of a batch the images of each invocation are. */
function placesByRow(batch: readonly Place[]): Map<Tally, number[]> {
  const places = new Map<Tally, number[]>();
  for (const [index, { row }] of batch.entries()) places.set(row, [...(places.get(row) ?? []), index]);
  return places;
}

/**
 * Samples the images of invocations of one {@link sampleGroup}, one after another in batches of the width that they all have;
 * a short last batch is padded, so that an image depends neither on how many there are nor on what else is in its batch.
 * @throws AppError when one of the images has no finite numbers, or all were cancelled.
 */
export async function sampleRows(rows: readonly SampleRow[]): Promise<LatentBatch[]> {
  const [{ inputs, params, context }] = rows as readonly [SampleRow, ...SampleRow[]];
  const { channels, height, width } = inputs.latents;
  const size = channels * height * width;
  const tallies = rows.map((row) => new Tally(row));
  for (const tally of tallies) await tally.open();
  await withSession(context.services.sessions, denoiserPlan(inputs, params, params.batchSize), async (session) => {
    for (const own of batchesOf(tallies, params.batchSize)) {
      const padded = Array.from({ length: params.batchSize }, (_, index) => (own[index] ?? (own.at(-1) as Place)).job);
      const present = placesByRow(own);
      const data = await sampleLatents({
        where: context.where, session, scheduler: createScheduler(inputs.backbone, params.scheduler, params.steps, inputs.latents), shape: [channels, height, width], images: padded, guidanceScale: params.guidanceScale, signal: context.signal,
        onStep: async (step) => { for (const [row, places] of present) await row.step(step, places); },
      });
      own.forEach(({ row, job: { label, entry, seed } }, index) => { row.items.push({ label, prompt: entry.prompt, seed, data: data.slice(index * size, (index + 1) * size) }); });
    }
  });
  return tallies.map((tally) => tally.latents());
}
