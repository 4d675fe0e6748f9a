import { join } from 'node:path';
import { loadVae } from '../../../src/main/backbones/index.ts';
import { overall, tallyOf } from '../../../src/main/cli/benchmark/score.ts';
import { floatTensor } from '../../../src/main/core/ir/tensor.ts';
import type { SessionProvider } from '../../../src/main/core/session.ts';
import { resizeImage } from '../../../src/main/services/images/codec.ts';
import type { RgbImage } from '../../../src/main/services/images/rgb-image.ts';
import { judge, type ProofContext, type ProofResult } from '../framework/proof.ts';
import { drawWorld, HELD_OUT_SEED, readPictures, runAdherence } from './benchmark.ts';
import { measureProbeAccuracy } from './probe-accuracy.ts';
import { openFolder, withSessions } from './workbench.ts';

const RECONSTRUCTED = 200;

/** A picture through the VAE and back, at the size that the model was made for. */
async function reconstruct(model: string, sessions: SessionProvider, pictures: readonly RgbImage[], side: number): Promise<RgbImage[]> {
  const vae = await loadVae(await openFolder(model));
  const shape = { batch: 1, height: side, width: side };
  const encoder = await sessions.acquire(vae.encoderPlan(shape));
  const decoder = await sessions.acquire(vae.decoderPlan({ batch: 1, height: side / vae.factor, width: side / vae.factor }));
  const results: RgbImage[] = [];
  try {
    for (const picture of pictures) {
      const { pixels } = await resizeImage(picture, side, side, 'stretch');
      const plane = side * side;
      const { mean: latents } = await encoder.run({ image: floatTensor(Float32Array.from({ length: plane * 3 }, (_, i) => (pixels[(i % plane) * 3 + Math.floor(i / plane)] as number) / 127.5 - 1), [1, 3, side, side]) });
      const { image } = await decoder.run({ latents: floatTensor(latents?.data as Float32Array, latents?.shape ?? []) });
      const values = image?.data as Float32Array;
      results.push({ width: side, height: side, pixels: Uint8Array.from({ length: plane * 3 }, (_, i) => Math.round(Math.min(255, Math.max(0, ((values[(i % 3) * plane + Math.floor(i / 3)] as number) + 1) * 127.5)))) });
    }
  } finally {
    await encoder.dispose();
    await decoder.dispose();
  }
  return results;
}

/** Side of the pictures that the model was made for. */
async function modelSide(model: string): Promise<number> {
  const config = (await (await openFolder(model)).readJson('vae/config.json')) as { readonly sample_size: number };
  return config.sample_size;
}

/** Adherence to 300 held-out captions, and what the VAE keeps of drawings. @param backbone Name of the benchmark's backbone and of its folder below models/. */
export async function measurePocketAdherence(context: ProofContext, backbone: string): Promise<ProofResult> {
  const adherence = await runAdherence(context, backbone);
  const drawings = await drawWorld(context, 'held-out', RECONSTRUCTED, HELD_OUT_SEED);
  const single = drawings.images.filter((_, index) => drawings.values[index] !== undefined);
  const wanted = drawings.values.filter((values) => values !== undefined);
  const model = join(context.root, 'models', backbone);
  const side = await modelSide(model);
  const reconstruction = await withSessions(async (sessions) => {
    const { readings } = await readPictures(context, sessions, await reconstruct(model, sessions, single, side));
    const drawn = await readPictures(context, sessions, single);
    return { kept: overall(tallyOf(readings, drawn.readings.map(({ values }) => values))), right: overall(tallyOf(readings, wanted)), drawn: overall(tallyOf(drawn.readings, wanted)) };
  });
  return judge({
    captions: adherence.captions, adherence: adherence.mean, adherenceWorst: adherence.worst, byAttribute: adherence.shares, asked: adherence.asked,
    reconstruction: reconstruction.kept, reconstructionRight: reconstruction.right, drawingsRight: reconstruction.drawn, side,
    ...await measureProbeAccuracy(context),
  }, {
    captions: { equals: 300 }, adherence: { atLeast: 0.9 }, adherenceWorst: { atLeast: 0.8 }, reconstruction: { atLeast: 0.97 }, probeAccuracyWorst: { atLeast: 0.98 }, side: { atLeast: 128 },
  });
}
