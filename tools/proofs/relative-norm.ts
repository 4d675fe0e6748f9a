import { createTorchGenerator } from '../../src/main/core/random/torch-generator.ts';
import { floatTensor, type FloatTensor } from '../../src/main/core/ir/tensor.ts';
import { injectStates } from '../../src/main/engram/inject.ts';
import type { RowMatch, StreamInjection } from '../../src/main/engram/injection.ts';
import { defineProof, judge } from './framework/proof.ts';
import { worst } from './support/compare.ts';
import { proofSeed } from './support/live.ts';

/** SD3.5's streams: their widths and tokens, and states whose sizes are ten times apart. */
const STREAMS = [{ id: 'clip_l', width: 768, tokens: 77, size: 0.1 }, { id: 'clip_g', width: 1280, tokens: 77, size: 1 }, { id: 't5', width: 4096, tokens: 256, size: 10 }] as const;
const TRIALS = 20;
const ROWS = 6;

type Generator = ReturnType<typeof createTorchGenerator>;

function norm(values: ArrayLike<number>): number {
  let sum = 0;
  for (let index = 0; index < values.length; index += 1) sum += (values[index] as number) ** 2;
  return Math.sqrt(sum);
}

/** Some matches of rows, which may overlap. */
function drawMatches(generator: Generator, tokens: number): RowMatch[] {
  const [count = 1] = generator.randint(1, 12, 1);
  return Array.from({ length: count }, (): RowMatch => {
    const [row = 0] = generator.randint(0, ROWS, 1);
    const [start = 0] = generator.randint(0, tokens, 1);
    const [length = 1] = generator.randint(1, 8, 1);
    return { row, start, length: Math.min(length, tokens - start) };
  });
}

/** What one trial came to: the largest share of the bound that a position's change takes, and whether anything else moved. */
function trial(generator: Generator, { width, tokens, size }: (typeof STREAMS)[number]): { share: number; outside: number; zero: number; finite: boolean } {
  const states: FloatTensor = floatTensor(generator.randn(tokens * width).map((value) => value * size), [1, tokens, width]);
  const scale = generator.randn(width).map((value) => value * 2);
  const injection: StreamInjection = {
    vectors: generator.randn(ROWS * width).map((value) => value * 10 ** (generator.randint(-6, 7, 1)[0] as number)), scale,
    settings: { rule: 'relative-norm', tanh: true, overlap: 'sum' }, strength: 1, matches: drawMatches(generator, tokens),
  };
  const row = (data: Float32Array, position: number): Float32Array => data.subarray(position * width, (position + 1) * width);
  const amplitude = Array.from({ length: tokens }, (_, position) => norm(row(states.data, position))).reduce((sum, value) => sum + value, 0) / tokens;
  const bound = worst([...scale].map((value) => Math.abs(Math.tanh(value)))) * amplitude;
  const edited = injectStates(states, [[injection]]);
  let [share, outside] = [0, 0];
  for (let position = 0; position < tokens; position += 1) {
    const change = norm(row(edited.data, position).map((value, channel) => value - (row(states.data, position)[channel] as number)));
    const overlaps = injection.matches.filter(({ start, length }) => position >= start && position < start + length).length;
    if (overlaps === 0) outside = Math.max(outside, change);
    else share = Math.max(share, change / (overlaps * bound));
  }
  const still = injectStates(states, [[{ ...injection, vectors: new Float32Array(ROWS * width) }]]);
  return { share, outside, zero: norm(still.data.map((value, index) => value - (states.data[index] as number))), finite: edited.data.every(Number.isFinite) && still.data.every(Number.isFinite) };
}

export const relativeNorm = defineProof({
  name: 'relative-norm',
  expectedSeconds: 60,
  summary: 'On all three streams, whose states differ in size ten times each, a match adds at most max|tanh s| times the mean length of the base states per position; a zero vector adds nothing.',
  run(context) {
    const seed = proofSeed();
    const generator = createTorchGenerator(seed);
    const figures: Record<string, number> = {};
    let [outside, zero, broken] = [0, 0, 0];
    for (const stream of STREAMS) {
      const found = Array.from({ length: TRIALS }, () => trial(generator, stream));
      figures[`${stream.id}LargestShareOfBound`] = worst(found.map(({ share }) => share));
      outside = Math.max(outside, ...found.map((one) => one.outside));
      zero = Math.max(zero, ...found.map((one) => one.zero));
      broken += found.filter(({ finite }) => !finite).length;
      context.log(`${stream.id}: at most ${String(figures[`${stream.id}LargestShareOfBound`])} of the bound`);
    }
    // Float32 states: a change is known to half a unit in the last place of what it is added to.
    const goal = { atMost: 1.00001 };
    return Promise.resolve(judge({ ...figures, changeOutsideMatches: outside, changeByZeroVectors: zero, trialsWithoutNumbers: broken, trials: TRIALS * STREAMS.length, seed }, {
      ...Object.fromEntries(STREAMS.map(({ id }) => [`${id}LargestShareOfBound`, goal])), changeOutsideMatches: { equals: 0 }, changeByZeroVectors: { equals: 0 }, trialsWithoutNumbers: { equals: 0 },
    }));
  },
});
