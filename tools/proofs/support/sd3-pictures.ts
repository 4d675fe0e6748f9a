import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { unscaledLatents } from '../../../nodes/decode-latents.ts';
import { createScheduler } from '../../../nodes/denoise.ts';
import { planesToPixels } from '../../../nodes/pixels.ts';
import type { Backbone, TextStates } from '../../../src/main/backbones/backbone.ts';
import { loadBackbone } from '../../../src/main/backbones/index.ts';
import { T5 } from '../../../src/main/backbones/sd3/names.ts';
import { floatTensor } from '../../../src/main/core/ir/tensor.ts';
import type { SessionProvider } from '../../../src/main/core/session.ts';
import { sampleBatch, sampleLatents, type TextFeeds } from '../../../src/main/diffusion/sample.ts';
import { openFolder, runOnce } from './workbench.ts';

/** A complete model of the family to prove on. */
export interface Sd3Model {
  readonly folder: string;
  /** What its weights are: {@link TRAINED}, or why they are not. */
  readonly weights: string;
  /** Side of the pictures that it was made for. */
  readonly side: number;
  /** Tokens that its T5 tokenizer takes at most. */
  readonly t5Tokens: number;
}

/** The weights that claims about pictures are made for: those of models/pocket-sd35. */
export const TRAINED = 'trained';

/** The trained pocket model where it is there, else a folder with small random weights, on which the same road can be tried. */
export async function sd3Model(root: string): Promise<Sd3Model> {
  const pocket = join(root, 'models', 'pocket-sd35');
  const isThere = existsSync(join(pocket, 'model_index.json'));
  const folder = isThere ? pocket : join(root, 'test', 'fixtures', 'reference', 'tiny-sd3');
  const { defaultSize, textEncoders } = await loadBackbone(await openFolder(folder));
  const t5 = textEncoders.streams.find(({ id }) => id === T5);
  if (t5 === undefined) throw new Error(`${folder}: a model of all three text streams is needed, T5's is not there`);
  return { folder, weights: isThere ? TRAINED : 'random (tiny-sd3): models/pocket-sd35 is not there', side: defaultSize.width, t5Tokens: t5.tokenizer.maxLength };
}

/** What one picture is made from. */
export interface PictureRequest {
  readonly positive: TextStates;
  readonly negative: TextStates;
  readonly seed: number;
  readonly steps: number;
  readonly guidanceScale: number;
  /** Scheduler id. */
  readonly scheduler: string;
  /** In pixels. */
  readonly width: number;
  readonly height: number;
}

function feedsOf({ streams, extras }: TextStates): TextFeeds {
  return { ...Object.fromEntries(Object.entries(streams).map(([id, { states }]) => [`states.${id}`, states])), ...extras };
}

/** Samples and decodes one picture: latents [C, h, w] and pixels [H, W, 3]. */
export async function renderPicture(backbone: Backbone, sessions: SessionProvider, request: PictureRequest): Promise<{ readonly latents: Float32Array; readonly pixels: Uint8Array }> {
  const { vae } = backbone;
  const size = { height: request.height / vae.factor, width: request.width / vae.factor };
  const shape = [vae.latentChannels, size.height, size.width] as const;
  const session = await sessions.acquire(backbone.denoiser.plan({ batch: sampleBatch(1, request.guidanceScale), ...size }));
  const latents = await sampleLatents({
    where: 'picture', session, scheduler: createScheduler(backbone, request.scheduler, request.steps, size), shape,
    images: [{ positive: feedsOf(request.positive), negative: feedsOf(request.negative), seed: request.seed }], guidanceScale: request.guidanceScale, signal: new AbortController().signal,
  });
  await session.dispose();
  const decoder = vae.decoderPlan({ batch: 1, ...size });
  const { image } = await runOnce(sessions, decoder.key, decoder.build, { latents: floatTensor(unscaledLatents(vae, latents), [1, ...shape]) });
  return { latents, pixels: planesToPixels(image?.data as Float32Array, request.width, request.height) };
}
