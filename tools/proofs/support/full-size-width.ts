import { join } from 'node:path';
import type { TextStates } from '../../../src/main/backbones/backbone.ts';
import { loadBackbone } from '../../../src/main/backbones/index.ts';
import { floatTensor, type FloatTensor, type Tensor } from '../../../src/main/core/ir/tensor.ts';
import type { Graph } from '../../../src/main/core/ir/types.ts';
import { newGraph } from '../../../src/main/core/ops/registry.ts';
import { createTorchGenerator } from '../../../src/main/core/random/torch-generator.ts';
import type { Session, SessionProvider } from '../../../src/main/core/session.ts';
import { median } from '../../../src/main/services/median.ts';
import { makeFullSizeModel } from '../../full-size/full-size-model.mjs';
import type { Figure, ProofContext } from '../framework/proof.ts';
import { openFolder, withSessions } from './workbench.ts';
import { operationsOf } from './work-of-graph.ts';

/** Pixels of a side: what the published model was made for. */
const SIZE = 512;
/** Pairs of a step one image wide and a step two wide, in turns. */
const PAIRS = 7;
/** Side of the square matrices whose product says what this machine can do. */
const MATRIX = 2048;

const generator = createTorchGenerator(1);

function normal(shape: readonly number[]): FloatTensor {
  return floatTensor(generator.randn(shape.reduce((product, size) => product * size, 1)), shape);
}

async function seconds(session: Session, feeds: Readonly<Record<string, Tensor>>): Promise<number> {
  const started = performance.now();
  await session.run(feeds);
  return (performance.now() - started) / 1000;
}

function matrixProduct(): Graph {
  const builder = newGraph('matrix product');
  const sides = ['a', 'b'].map((name) => builder.input(name, 'float32', [MATRIX, MATRIX]));
  builder.output('product', builder.op('MatMul', sides));
  return builder.build();
}

/** Operations per second of a large matrix product on the same threads: the best of several, since nothing can be faster than what was seen. */
async function peakOperations(sessions: SessionProvider): Promise<number> {
  const session = await sessions.acquire({ key: 'matrix product', build: matrixProduct });
  const feeds = { a: normal([MATRIX, MATRIX]), b: normal([MATRIX, MATRIX]) };
  let best = Infinity;
  for (let run = 0; run < 8; run += 1) best = Math.min(best, await seconds(session, feeds));
  await session.dispose();
  return operationsOf(matrixProduct()) / best;
}

/**
 * Denoising steps of the real Stable Diffusion 1.5 configuration with guidance, one and two images wide, in turns.
 * The floor is what a step of one image takes when all of its arithmetic runs as fast as a large matrix product does here: no batching gets below it.
 */
export async function measureFullSize(context: ProofContext): Promise<Record<string, Figure>> {
  const folder = join(context.root, '.cache', 'full-size', 'sd15-f32');
  makeFullSizeModel(context.root, folder, 'F32', (line) => { context.log(line); });
  const backbone = await loadBackbone(await openFolder(folder));
  const side = SIZE / backbone.vae.factor;
  const plan = (images: number) => backbone.denoiser.plan({ batch: 2 * images, height: side, width: side });
  return withSessions(async (sessions) => {
    const peak = await peakOperations(sessions);
    const [encoded] = await backbone.textEncoders.encode(sessions, ['a photo of a garden']) as [TextStates];
    const [[stream, { states }]] = Object.entries(encoded.streams) as [[string, TextStates['streams'][string]]];
    const feedsFor = (images: number): Record<string, Tensor> => {
      const batch = 2 * images;
      const stacked = floatTensor(Float32Array.from({ length: batch * states.data.length }, (_, index) => states.data[index % states.data.length] as number), [batch, ...states.shape.slice(1)]);
      return { latents: normal([batch, backbone.vae.latentChannels, side, side]), timestep: floatTensor(new Float32Array(batch).fill(801), [batch]), [`states.${stream}`]: stacked };
    };
    const widths = [1, 2].map((images) => ({ images, feeds: feedsFor(images), times: [] as number[] }));
    // The first round of each warms up.
    for (let pair = 0; pair <= PAIRS; pair += 1) {
      for (const { images, feeds, times } of pair % 2 === 0 ? widths : widths.toReversed()) {
        const session = await sessions.acquire(plan(images));
        const taken = (await seconds(session, feeds)) / images;
        await session.dispose();
        context.log(`full size, ${images} wide: ${taken.toFixed(2)} s per image and step${pair === 0 ? ' (warms up)' : ''}`);
        if (pair > 0) times.push(taken);
      }
    }
    const [ones, twos] = widths.map(({ times }) => times) as [number[], number[]];
    const [one, two] = [median(ones), median(twos)];
    // What else the machine does can only lower the peak: the best of before and after counts.
    const best = Math.max(peak, await peakOperations(sessions));
    const floor = operationsOf(plan(1).build()) / best;
    const rounded = (value: number): number => Number(value.toFixed(3));
    return {
      size: SIZE, pairs: PAIRS, secondsPerImageStepWidth1: rounded(one), secondsPerImageStepWidth2: rounded(two), speedupOfWidth2: rounded(median(ones.map((taken, index) => taken / (twos[index] as number)))), operationsPerImageStep: operationsOf(plan(1).build()),
      operationsPerSecondOfMatrixProduct: Math.round(best), floorSecondsPerImageStep: rounded(floor), mostThatBatchingCouldGain: rounded(one / floor),
    };
  });
}
