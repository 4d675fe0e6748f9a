import { decodeImageFile, resizeImage } from '../../../src/main/services/images/codec.ts';
import type { RgbImage } from '../../../src/main/services/images/rgb-image.ts';
import { judge, type ProofContext, type ProofResult } from '../framework/proof.ts';
import { drawWorld, HELD_OUT_SEED, readPictures, runAdherence, TRAINING_SEED } from './benchmark.ts';
import { frechetDistance } from './frechet.ts';
import { withSessions } from './workbench.ts';

/** The first drawings of the training world: all in its order, so none is left out on purpose. */
const TRAINING_DRAWINGS = 8000;
/** Pictures are compared as wholes, at this side: finer details would only count pixels. */
const SIDE = 32;

async function thumbnails(pictures: readonly RgbImage[]): Promise<Float32Array[]> {
  return Promise.all(pictures.map(async (picture) => Float32Array.from((await resizeImage(picture, SIDE, SIDE, 'stretch')).pixels)));
}

function squaredDistance(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let index = 0; index < a.length; index += 1) sum += ((a[index] as number) - (b[index] as number)) ** 2;
  return sum;
}

/** Median over `pictures` of the distance to the nearest of `others`. */
function medianNearest(pictures: readonly Float32Array[], others: readonly Float32Array[]): number {
  const nearest = pictures.map((picture) => Math.sqrt(others.reduce((least, other) => Math.min(least, squaredDistance(picture, other)), Infinity))).sort((a, b) => a - b);
  return nearest[Math.floor(nearest.length / 2)] ?? 0;
}

/** How far a backbone's pictures are from its training drawings. @param backbone Name of the benchmark's backbone. */
export async function measurePocketNovelty(context: ProofContext, backbone: string): Promise<ProofResult> {
  const generated = await Promise.all((await runAdherence(context, backbone)).pictures.map((path) => decodeImageFile(path)));
  const training = (await drawWorld(context, 'training', TRAINING_DRAWINGS, TRAINING_SEED)).images;
  const heldOut = (await drawWorld(context, 'held-out', generated.length * 2, HELD_OUT_SEED)).images;
  const [made, known, fresh] = [await thumbnails(generated), await thumbnails(training), await thumbnails(heldOut.slice(0, generated.length))];
  const [generatedMedian, heldOutMedian] = [medianNearest(made, known), medianNearest(fresh, known)];
  const distances = await withSessions(async (sessions) => {
    const features = async (pictures: readonly RgbImage[]): Promise<Float32Array[]> => (await readPictures(context, sessions, pictures)).readings.map((reading) => reading.features);
    const [made, fresh, other] = [await features(generated), await features(heldOut.slice(0, generated.length)), await features(heldOut.slice(generated.length))];
    return { generated: frechetDistance(made, fresh), drawings: frechetDistance(other, fresh) };
  });
  return judge({
    pictures: generated.length, trainingDrawings: training.length, generatedMedian, heldOutMedian, medianRatio: generatedMedian / heldOutMedian,
    frechetDistance: distances.generated, frechetDistanceOfDrawings: distances.drawings,
  }, { pictures: { equals: 300 }, medianRatio: { atLeast: 0.9 } });
}
