import { toErrorData } from '../../src/contract/errors.ts';
import type { RunContext } from '../../src/contract/node.ts';
import type { Backbone, TextStates } from '../../src/main/backbones/backbone.ts';
import { sampleBatch, sampleLatents } from '../../src/main/diffusion/sample.ts';
import { createInjector } from '../../src/main/engram/injector.ts';
import type { ConceptTable } from '../../src/main/engram/table.ts';
import { decodeItem } from '../decode-latents.ts';
import { createScheduler, feedsOf, SCHEDULER_OF_MODEL } from '../denoise.ts';
import { tilePictures } from '../pixels.ts';
import type { NodeServices } from '../services.ts';
import type { LatentBatch } from '../values.ts';
import { withSession } from '../with-session.ts';

/** A glance, not a result: fewer steps than a picture would get. */
const STEPS = 15;

/** What a preview shows. */
export interface PreviewSubject {
  readonly backbone: Backbone;
  /** At least one. */
  readonly prompts: readonly string[];
  readonly seed: number;
  /** Of the picture, in pixels. */
  readonly width: number;
  readonly height: number;
  /** 1 and below turns guidance off. */
  readonly guidanceScale: number;
}

/** Shows how a table that is being trained acts so far. */
export interface Preview {
  show(table: ConceptTable, step: number): Promise<void>;
  /** Shows again what an earlier run of the same training has shown, up to a step, at every so many. @returns the steps whose pictures are there. */
  recall(every: number, upTo: number): Promise<ReadonlySet<number>>;
}

/** Samples that are kept for a run that goes on: more than any window shows. */
const MOST_KEPT = 1000;

function fileOf(step: number): string {
  return `sample-${step}.png`;
}

/**
 * Prepares previews of a training run: the prompts with the table as it stands, side by side, always from the same noise.
 * No result depends on them: a preview that fails is told as a warning and training goes on; only a cancellation gets out.
 */
export async function createPreview(subject: PreviewSubject, context: RunContext<NodeServices>): Promise<Preview> {
  const { textEncoders } = subject.backbone;
  const { files, textStates } = context.services;
  const [negative, ...positives] = await textStates.encode(textEncoders, ['', ...subject.prompts]) as [TextStates, ...TextStates[]];
  const labelOf = (step: number): string => `step ${step}: ${subject.prompts.join(' | ')}`;
  return {
    async show(table, step) {
      try {
        const injector = createInjector(textEncoders, [{ table, strength: 1 }]);
        const png = await renderPreview(subject, positives.map((states) => injector.apply(states)), negative, context);
        context.preview(png, labelOf(step), step);
        await files.writeWork(fileOf(step), png);
      } catch (error) {
        if (context.signal.aborted) throw error;
        const { rule, got } = toErrorData(error, context.where, 'run');
        context.warn({ code: 'train.preview', kind: 'run', where: `${context.where}, step ${step}`, rule: 'the preview could not be made or kept; training goes on', got: got === undefined ? rule : `${rule}, got ${got}` });
      }
    },
    async recall(every, upTo) {
      const there = new Set<number>();
      for (let step = every; step <= Math.min(upTo, every * MOST_KEPT); step += every) {
        // One that can't be read is one less to look at.
        const png = await files.readWork(fileOf(step)).catch(() => undefined);
        if (png === undefined) continue;
        context.preview(png, labelOf(step), step);
        there.add(step);
      }
      return there;
    },
  };
}

async function renderPreview({ backbone, prompts, seed, width, height, guidanceScale }: PreviewSubject, positives: readonly TextStates[], negative: TextStates, context: RunContext<NodeServices>): Promise<Uint8Array> {
  const { denoiser, vae } = backbone;
  const { sessions, images } = context.services;
  const size = { channels: vae.latentChannels, height: height / vae.factor, width: width / vae.factor };
  const shape = { height: size.height, width: size.width };
  const items = await withSession(sessions, denoiser.plan({ batch: sampleBatch(1, guidanceScale), ...shape }), (session) => inTurn(positives, async (positive, index) => {
    const data = await sampleLatents({
      where: context.where, session, scheduler: createScheduler(backbone, SCHEDULER_OF_MODEL, STEPS, size), shape: [size.channels, size.height, size.width],
      images: [{ positive: feedsOf(positive), negative: feedsOf(negative), seed }], guidanceScale, signal: context.signal,
    });
    return { label: '', prompt: prompts[index] ?? '', seed, data };
  }));
  const batch: LatentBatch = { ...size, items };
  const pictures = await withSession(sessions, vae.decoderPlan({ batch: 1, ...shape }), (session) => inTurn(items, (item) => decodeItem(session, vae, batch, item, context.where)));
  return images.encodePng(tilePictures(pictures), {});
}

/** One after the other: a session does one thing at a time. */
async function inTurn<T, U>(items: readonly T[], work: (item: T, index: number) => Promise<U>): Promise<U[]> {
  const done: U[] = [];
  for (const [index, item] of items.entries()) done.push(await work(item, index));
  return done;
}
