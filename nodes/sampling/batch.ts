import { createDraws } from '../../src/contract/draws.ts';
import { inputError } from '../../src/contract/errors.ts';
import { allWildcards, compileWildcards, wildcardFiles } from '../../src/contract/wildcards.ts';
import { defineNode, port } from '../define.ts';

/** Most prompts of one run of a graph; larger jobs belong into a batch file, which goes on where it was stopped. */
const MAX_PROMPTS = 10_000;

/** What becomes of choices in prompts. */
type Choice = 'as written' | 'every combination' | 'draw';

/** The lines of a text file that aren't blank. @throws AppError `batch.encoding`. */
function linesOf(bytes: Uint8Array, where: string): string[] {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes).split(/\r?\n/).filter((line) => line.trim() !== '');
  } catch {
    throw inputError('batch.encoding', where, 'the file of prompts must be UTF-8 text', { port: 'promptsFile', hint: 'Save the file as UTF-8.' });
  }
}

/** Writes out the choices of one prompt. */
function written(prompt: string, choice: Choice, draws: number, seed: number, where: string): string[] {
  if (choice === 'as written') return [prompt];
  const [file] = wildcardFiles(prompt, where);
  if (file !== undefined) throw inputError('batch.words-file', where, 'prompts of a Batch node must not name files of words', { got: file, port: 'prompts', hint: 'A batch file can (engram batch).' });
  const wildcards = compileWildcards(prompt, where);
  if (choice === 'every combination') return allWildcards(wildcards, where, MAX_PROMPTS);
  const random = createDraws(`wildcards ${seed} ${prompt}`);
  return Array.from({ length: draws }, () => wildcards.draw(random));
}

/** One seed per prompt: as many as there are, or counted up from a single one. */
function zipped(seeds: readonly number[], prompts: number, where: string): readonly number[] {
  const [first] = seeds;
  if (seeds.length === prompts) return seeds;
  if (first === undefined || seeds.length > 1) {
    throw inputError('batch.pairing', where, 'with zip there must be as many seeds as prompts, or one to count up from', { got: `${seeds.length} seeds for ${prompts} prompts`, port: 'seeds' });
  }
  if (first > Number.MAX_SAFE_INTEGER - (prompts - 1)) throw inputError('batch.seeds', where, `seeds must be at most ${Number.MAX_SAFE_INTEGER}`, { got: `${prompts} from ${first}`, port: 'seeds' });
  return Array.from({ length: prompts }, (_, index) => first + index);
}

export const batchNode = defineNode({
  type: 'Batch',
  version: 1,
  category: 'sampling',
  title: 'Batch',
  doc: 'Many prompts and seeds in one run of the graph: prompts with choices written out, from a file too, each with every seed or with a seed of its own.',
  inputs: { latents: port('Latents', 'Size of the images, and their seeds unless others are given here: from Empty Latent.') },
  params: {
    prompts: { kind: 'text-list', default: [], doc: 'One prompt per line; {red|blue} is a choice, see "wildcards".' },
    promptsFile: { kind: 'path', target: 'file', access: 'read', optional: true, default: '', doc: 'A text file with more prompts, one per line.' },
    wildcards: { kind: 'choice', options: ['as written', 'every combination', 'draw'] satisfies readonly Choice[], default: 'every combination', doc: 'What becomes of choices: braces as they are, one prompt for every combination, or some drawn by weight ({3::red|blue}).' },
    draws: { kind: 'integer', min: 1, max: MAX_PROMPTS, default: 1, doc: 'Prompts drawn from each line.' },
    drawSeed: { kind: 'seed', default: 0, doc: 'Equal seeds draw equal prompts.' },
    seeds: { kind: 'integer-list', min: 0, max: Number.MAX_SAFE_INTEGER, default: [], seeds: true, doc: 'Seeds in place of those of the latents.' },
    pairing: { kind: 'choice', options: ['product', 'zip'], default: 'product', doc: 'Every prompt with every seed, or the n-th with the n-th; with zip a single seed counts up.' },
  },
  outputs: {
    prompts: port('Prompts', 'For Encode Prompt.'),
    latents: port('Latents', 'For Sample.'),
  },
  async run({ inputs: { latents }, params, context }) {
    const { where } = context;
    if (latents.items.some(({ data }) => data !== undefined)) {
      throw inputError('batch.not-empty', where, 'latents must still be noise to be drawn', { got: 'latents of pictures, which would be lost', hint: 'Link an Empty Latent node.', port: 'latents' });
    }
    const more = params.promptsFile === '' ? [] : linesOf(await context.services.files.read(params.promptsFile), where);
    const prompts: string[] = [];
    for (const line of [...params.prompts, ...more]) {
      prompts.push(...written(line, params.wildcards as Choice, params.draws, params.drawSeed, where));
      if (prompts.length > MAX_PROMPTS) throw inputError('batch.too-many-prompts', where, `one run must have at most ${MAX_PROMPTS} prompts`, { port: 'prompts', hint: 'Use a batch file for more (engram batch).' });
    }
    if (prompts.length === 0) throw inputError('batch.no-prompts', where, 'must have at least one prompt', { port: 'prompts', hint: 'Write some, or choose a file.' });
    const own = params.seeds.length > 0 ? params.seeds : latents.items.map(({ seed }) => seed);
    const zip = params.pairing === 'zip';
    const items = (zip ? zipped(own, prompts.length, where) : own).map((seed) => ({ label: `seed ${seed}`, prompt: '', seed, data: undefined }));
    const { channels, height, width } = latents;
    return { prompts, latents: { channels, height, width, ...(zip ? { pairing: 'zip' as const } : {}), items } };
  },
});
