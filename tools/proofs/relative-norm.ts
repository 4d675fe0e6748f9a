import { floatTensor } from '../../src/main/core/ir/tensor.ts';
import { createTorchGenerator } from '../../src/main/core/random/torch-generator.ts';
import type { Tokenizer } from '../../src/main/core/tokenizers/tokenizer.ts';
import type { TableTarget } from '../../src/main/engram/compatibility.ts';
import { createInjector, type PromptStates } from '../../src/main/engram/injector.ts';
import { DEFAULT_MAX_N, registerSpans } from '../../src/main/engram/registry.ts';
import type { ConceptTable, StreamTable } from '../../src/main/engram/table.ts';
import { defineProof, judge } from './framework/proof.ts';
import { least, worst } from './support/compare.ts';
import { proofSeed } from './support/live.ts';

/** SD3.5's streams: their widths and tokens, and the mean length of their states, ten times apart. */
const STREAMS = [{ id: 'clip_l', width: 768, tokens: 77, length: 1 }, { id: 'clip_g', width: 1280, tokens: 77, length: 10 }, { id: 't5', width: 4096, tokens: 256, length: 100 }] as const;
const TRIALS = 20;
/** Ids of triggers are below, those of all other tokens from there on. */
const COMMON = 6;
const VOCABULARY = 1000;
/** Scales and rows: drawn with lengths of all sizes; or one scale for all channels and rows that point one way, for which the bound is what is added; or rows of zeros. */
type Kind = 'drawn' | 'parallel' | 'zero';

type Generator = ReturnType<typeof createTorchGenerator>;
type Stream = (typeof STREAMS)[number];

const whole = (generator: Generator, from: number, to: number): number => generator.randint(from, to, 1)[0] as number;

/** Each stream has its own tokenizer. Ids are drawn here, so it is never asked. */
function tokenizerOf({ tokens }: Stream, index: number): Tokenizer {
  const never = (): never => { throw new Error('relative-norm: ids are given'); };
  const hash = String(index).repeat(64);
  return { hash, fingerprint: hash, maxLength: tokens, vocabularySize: VOCABULARY, encode: never, encodePrompt: never, tokenText: never };
}

const TARGET: TableTarget = { family: 'sd3', label: 'three streams', streams: STREAMS.map((stream, index) => ({ id: stream.id, width: stream.width, tokenizer: tokenizerOf(stream, index) })) };

function lengthOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let index = 0; index < values.length; index += 1) sum += (values[index] as number) ** 2;
  return Math.sqrt(sum);
}

/** A stream's part of a table: keys are the spans of a trigger, few of whose tokens differ, so that matches overlap. */
function streamTable(generator: Generator, { id, width }: Stream, kind: Kind, triggerIds: readonly number[]): StreamTable {
  const keys = registerSpans(triggerIds, DEFAULT_MAX_N);
  const { tokenizer } = TARGET.streams.find((stream) => stream.id === id) as TableTarget['streams'][number];
  const direction = generator.randn(width);
  const size = (): number => 10 ** whole(generator, -6, 7);
  const rows = { drawn: () => generator.randn(width).map((value) => value * size()), parallel: () => { const own = size(); return direction.map((value) => value * own); }, zero: () => new Float32Array(width) };
  const vectors = new Float32Array(keys.length * width);
  keys.forEach((_, row) => { vectors.set(rows[kind](), row * width); });
  // Not so small that the rounding of float32 states shows.
  const scale = kind === 'parallel' ? new Float32Array(width).fill(0.1 + Math.abs(generator.randn(16)[0] as number)) : generator.randn(width).map((value) => value * 2);
  return { stream: id, tokenizerHash: tokenizer.hash, width, keys, vectors, scale };
}

/** Token ids of a prompt with some pieces of a trigger in it. */
function promptIds(generator: Generator, { tokens }: Stream, triggerIds: readonly number[]): number[] {
  const ids = [...generator.randint(COMMON, VOCABULARY, tokens)];
  for (let piece = whole(generator, 1, 5); piece > 0; piece -= 1) {
    const from = whole(generator, 0, triggerIds.length - 1);
    const some = triggerIds.slice(from, whole(generator, from + 2, triggerIds.length + 1));
    ids.splice(whole(generator, 0, tokens - some.length + 1), some.length, ...some);
  }
  // At least the whole trigger once.
  ids.splice(0, triggerIds.length, ...triggerIds);
  return ids;
}

/** States [T, d] whose positions differ in length, as start tokens do from others; their mean length is the stream's. */
function drawStates(generator: Generator, { tokens, width, length }: Stream): Float32Array {
  const states = generator.randn(tokens * width);
  const rows = Array.from({ length: tokens }, (_, position) => states.subarray(position * width, (position + 1) * width));
  const wanted = generator.randn(tokens).map((value) => Math.exp(value));
  const mean = wanted.reduce((sum, value) => sum + value, 0) / tokens;
  rows.forEach((row, position) => {
    const factor = length * (wanted[position] as number) / mean / lengthOf(row);
    row.forEach((value, channel) => { row[channel] = value * factor; });
  });
  return states;
}

/** How many matches of keys cover each position: by trying every key at every place. */
function overlapsOf(ids: readonly number[], keys: readonly (readonly number[])[]): number[] {
  const counts = ids.map(() => 0);
  for (const key of keys) {
    ids.forEach((_, start) => {
      if (key.every((id, offset) => ids[start + offset] === id)) key.forEach((_id, offset) => { (counts[start + offset] as number) += 1; });
    });
  }
  return counts;
}

/** What a trial came to in one stream. */
interface Found {
  readonly kind: Kind;
  readonly stream: string;
  /** Mean length of the base states. */
  readonly amplitude: number;
  /** Length of each covered position's change, as a share of the bound. */
  readonly shares: readonly number[];
  /** Largest change of a position that no match covers. */
  readonly outside: number;
  readonly finite: boolean;
}

function compare(kind: Kind, { id, width, tokens }: Stream, { keys, scale }: StreamTable, ids: readonly number[], base: Float32Array, edited: Float32Array): Found {
  const row = (data: Float32Array, position: number): Float32Array => data.subarray(position * width, (position + 1) * width);
  const positions = Array.from({ length: tokens }, (_, position) => position);
  const amplitude = positions.reduce((sum, position) => sum + lengthOf(row(base, position)), 0) / tokens;
  const bound = worst([...scale].map((value) => Math.abs(Math.tanh(value)))) * amplitude;
  const overlaps = overlapsOf(ids, keys);
  const changes = positions.map((position) => lengthOf(Float64Array.from(row(edited, position), (value, channel) => value - (row(base, position)[channel] as number))));
  const covered = positions.filter((position) => overlaps[position] !== 0);
  const free = positions.filter((position) => overlaps[position] === 0);
  return {
    kind, stream: id, amplitude, shares: covered.map((position) => (changes[position] as number) / ((overlaps[position] as number) * bound)),
    outside: worst(free.map((position) => changes[position] as number)), finite: edited.every(Number.isFinite),
  };
}

/** One table with a part for each stream, applied to one prompt. */
function trial(generator: Generator, kind: Kind): Found[] {
  const triggers = STREAMS.map(() => [...generator.randint(0, COMMON, whole(generator, 2, 12))]);
  const prompts = STREAMS.map((stream, index) => ({ ids: promptIds(generator, stream, triggers[index] as number[]), base: drawStates(generator, stream) }));
  const parts = STREAMS.map((stream, index) => streamTable(generator, stream, kind, triggers[index] as number[]));
  const table: ConceptTable = { trigger: 'drawn', maxN: DEFAULT_MAX_N, family: TARGET.family, settings: { rule: 'relative-norm', tanh: true, overlap: 'sum' }, streams: parts, provenance: {} };
  const prompt: PromptStates = { streams: Object.fromEntries(STREAMS.map(({ id, tokens, width }, index) => [id, { ids: prompts[index]?.ids ?? [], states: floatTensor((prompts[index]?.base as Float32Array).slice(), [1, tokens, width]) }])) };
  const edited = createInjector(TARGET, [{ table, strength: 1 }]).apply(prompt);
  return STREAMS.map((stream, index) => compare(kind, stream, parts[index] as StreamTable, prompts[index]?.ids ?? [], prompts[index]?.base as Float32Array, edited.streams[stream.id]?.states.data as Float32Array));
}

export const relativeNorm = defineProof({
  name: 'relative-norm',
  expectedSeconds: 60,
  summary: 'On all three streams of one prompt, whose states differ in size ten times each, a match adds at most max|tanh s| times the mean length of the base states per position, and just that where scales and rows agree; a zero vector adds nothing.',
  run(context) {
    const seed = proofSeed();
    const generator = createTorchGenerator(seed);
    const found = (['drawn', 'parallel', 'zero'] as const).flatMap((kind) => Array.from({ length: TRIALS }, () => trial(generator, kind)).flat());
    const figures: Record<string, number> = {};
    for (const { id } of STREAMS) {
      const shares = (kind: Kind): number[] => found.filter((one) => one.stream === id && one.kind === kind).flatMap((one) => one.shares);
      figures[`${id}LargestShareOfBound`] = worst([...shares('drawn'), ...shares('parallel')]);
      figures[`${id}LargestShareOfDrawnRows`] = worst(shares('drawn'));
      figures[`${id}LeastShareWhereRowsAgree`] = least(shares('parallel'));
      figures[`${id}ShareOfZeroRows`] = worst(shares('zero'));
      context.log(`${id}: drawn rows take at most ${String(figures[`${id}LargestShareOfDrawnRows`])} of the bound, rows that agree at least ${String(figures[`${id}LeastShareWhereRowsAgree`])}`);
    }
    const amplitudes = STREAMS.map(({ id }) => found.filter(({ stream }) => stream === id).map(({ amplitude }) => amplitude));
    const ratios = amplitudes.slice(1).map((larger, index) => least(larger) / worst(amplitudes[index] as number[]));
    const common = { changeOutsideMatches: worst(found.map(({ outside }) => outside)), leastRatioOfLengths: least(ratios), trialsWithoutNumbers: found.filter(({ finite }) => !finite).length, trials: found.length, seed };
    // Float32 states: a change is known to half a unit in the last place of what it is added to.
    const goals = { LargestShareOfBound: { atMost: 1.00001 }, LargestShareOfDrawnRows: { atLeast: 0.5 }, LeastShareWhereRowsAgree: { atLeast: 0.9999 }, ShareOfZeroRows: { equals: 0 } };
    return Promise.resolve(judge({ ...figures, ...common }, {
      ...Object.fromEntries(STREAMS.flatMap(({ id }) => Object.entries(goals).map(([name, goal]) => [`${id}${name}`, goal]))),
      changeOutsideMatches: { equals: 0 }, leastRatioOfLengths: { atLeast: 9.99 }, trialsWithoutNumbers: { equals: 0 },
    }));
  },
});
