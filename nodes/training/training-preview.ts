import { toErrorData } from '../../src/contract/errors.ts';
import type { RunContext } from '../../src/contract/node.ts';
import type { Backbone, TextStates } from '../../src/main/backbones/backbone.ts';
import { sampleBatch, sampleLatents } from '../../src/main/diffusion/sample.ts';
import { createInjector } from '../../src/main/engram/injector.ts';
import type { ConceptTable } from '../../src/main/engram/table.ts';
import { decodeItem } from '../decode-latents.ts';
import { createScheduler, feedsOf, SCHEDULER_OF_MODEL } from '../denoise.ts';
import type { NodeServices } from '../services.ts';
import type { LatentBatch } from '../values.ts';
import { withSession } from '../with-session.ts';

/** A glance, not a result: fewer steps than a picture would get. */
const STEPS = 15;
const GUIDANCE_SCALE = 7.5;

/** What a preview shows. */
export interface PreviewSubject {
  readonly backbone: Backbone;
  readonly prompt: string;
  readonly seed: number;
  /** Of the picture, in pixels. */
  readonly width: number;
  readonly height: number;
}

/** Shows how a table that is being trained acts so far. */
export type Preview = (table: ConceptTable, step: number) => Promise<void>;

/**
 * Prepares previews of a training run: the prompt with the table as it stands, always from the same noise.
 * No result depends on them: a preview that fails is told as a warning and training goes on; only a cancellation gets out.
 */
export async function createPreview(subject: PreviewSubject, context: RunContext<NodeServices>): Promise<Preview> {
  const [positive, negative] = await subject.backbone.textEncoders.encode(context.services.sessions, [subject.prompt, '']) as [TextStates, TextStates];
  return async (table, step) => {
    try {
      const injected = createInjector(subject.backbone.textEncoders, [{ table, strength: 1 }]).apply(positive);
      context.preview(await renderPreview(subject, injected, negative, context), `step ${step}: ${subject.prompt}`);
    } catch (error) {
      if (context.signal.aborted) throw error;
      const { rule, got } = toErrorData(error, context.where, 'run');
      context.warn({ code: 'train.preview', kind: 'run', where: `${context.where}, step ${step}`, rule: 'the preview could not be made; training goes on', got: got === undefined ? rule : `${rule}, got ${got}` });
    }
  };
}

async function renderPreview({ backbone, prompt, seed, width, height }: PreviewSubject, positive: TextStates, negative: TextStates, context: RunContext<NodeServices>): Promise<Uint8Array> {
  const { denoiser, vae } = backbone;
  const { sessions, images } = context.services;
  const size = { channels: vae.latentChannels, height: height / vae.factor, width: width / vae.factor };
  const shape = { height: size.height, width: size.width };
  const data = await withSession(sessions, denoiser.plan({ batch: sampleBatch(1, GUIDANCE_SCALE), ...shape }), (session) => sampleLatents({
    where: context.where, session, scheduler: createScheduler(backbone, SCHEDULER_OF_MODEL, STEPS), shape: [size.channels, size.height, size.width],
    images: [{ positive: feedsOf(positive), negative: feedsOf(negative), seed }], guidanceScale: GUIDANCE_SCALE, signal: context.signal,
  }));
  const batch: LatentBatch = { ...size, items: [{ label: prompt, prompt, seed, data }] };
  const picture = await withSession(sessions, vae.decoderPlan({ batch: 1, ...shape }), (session) => decodeItem(session, vae, batch, batch.items[0] as LatentBatch['items'][number], context.where));
  return images.encodePng(picture, {});
}
