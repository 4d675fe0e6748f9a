import { spawn } from 'node:child_process';
import { cp, mkdir, readFile, rename, truncate, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { PICTURE_TEXTS } from '../../src/contract/image-metadata.ts';
import { CHANNELS, VERDICTS, type Verdict } from '../../src/contract/verification.ts';
import { defineProof, judge, type ProofContext } from './framework/proof.ts';
import { runGraphFile, runNode, writeGraph } from './support/program.ts';
import { changeGraph, changePixels, changeTexts, paintSquare, shiftValue } from './support/tamper.ts';

const STEPS = 8;
const TABLE = 'aldric.engram.safetensors';
const from = (node: string, port: string) => ({ node, port });

/** Every way in which Save Image writes, with its settings. */
const ENCODINGS: Readonly<Record<string, readonly string[]>> = {
  png: ['save.format=png'],
  webp: ['save.format=webp'],
  'webp-lossless': ['save.format=webp', 'save.lossless=true'],
  avif: ['save.format=avif'],
  'avif-lossless': ['save.format=avif', 'save.lossless=true'],
  jpeg: ['save.format=jpeg'],
  'jpeg-small': ['save.format=jpeg', 'save.quality=60', 'save.chroma=4:2:0'],
};

const fileSchema = z.object({
  path: z.string(), verdict: z.enum(VERDICTS),
  difference: z.object({ first: z.object({ x: z.number(), y: z.number(), channel: z.enum(CHANNELS) }), largest: z.number(), values: z.number() }).optional(),
  notes: z.array(z.looseObject({ code: z.string(), where: z.string() })),
});
type Answer = z.infer<typeof fileSchema>;

/** One thing that was done to a picture, and what must be answered. */
interface Case {
  readonly name: string;
  /** Makes the changed file (or folder), and says which file is verified and with which options. */
  readonly prepare: (scene: Scene, target: string) => Promise<{ readonly path: string; readonly args?: readonly string[] }>;
  readonly verdict: Verdict;
  /** Codes that must be among the notes. */
  readonly codes?: readonly string[];
  /** Where the first difference must be. */
  readonly at?: { readonly x: number; readonly y: number; readonly channel: string; readonly values: number };
}

interface Scene {
  readonly context: ProofContext;
  /** Holds the table; relative paths count from here. */
  readonly base: string;
  readonly work: string;
  /** Pictures by encoding. */
  readonly pictures: ReadonlyMap<string, readonly string[]>;
}

function pictureOf({ pictures }: Scene, encoding: string, index = 0): string {
  const path = pictures.get(encoding)?.[index];
  if (path === undefined) throw new Error(`no picture ${index} in ${encoding}`);
  return path;
}

const pixelCase = (name: string, encoding: string, change: Parameters<typeof changePixels>[2], expected: Pick<Case, 'verdict' | 'codes' | 'at'>, honest = false): Case => ({
  name, ...expected, prepare: async (scene, target) => { await changePixels(pictureOf(scene, encoding), target, change, { honest }); return { path: target }; },
});
const textCase = (name: string, change: Parameters<typeof changeTexts>[2], expected: Pick<Case, 'verdict' | 'codes'>, encoding = 'png'): Case => ({
  name, ...expected, prepare: async (scene, target) => { await changeTexts(pictureOf(scene, encoding), target, change); return { path: target }; },
});
const forged = ['verify.rendering'];
const otherGraph = ['verify.rendering', 'verify.content-key'];

const PIXEL_CASES: readonly Case[] = [
  pixelCase('one value by one level', 'png', (image) => { shiftValue(image, 63, 63, 2, 1); }, { verdict: 'differs', codes: ['verify.file-changed'], at: { x: 63, y: 63, channel: 'blue', values: 1 } }, true),
  pixelCase('one value and the hash', 'png', (image) => { shiftValue(image, 0, 0, 0, 40); }, { verdict: 'differs', codes: forged, at: { x: 0, y: 0, channel: 'red', values: 1 } }),
  pixelCase('a value of a lossless WebP and the hash', 'webp-lossless', (image) => { shiftValue(image, 31, 7, 1, 9); }, { verdict: 'differs', codes: forged, at: { x: 31, y: 7, channel: 'green', values: 1 } }),
  pixelCase('a value of a lossless AVIF and the hash', 'avif-lossless', (image) => { shiftValue(image, 5, 50, 0, 4); }, { verdict: 'differs', codes: forged, at: { x: 5, y: 50, channel: 'red', values: 1 } }),
  pixelCase('two levels and the hash', 'png', (image) => { shiftValue(image, 9, 9, 1, 2); }, { verdict: 'within-tolerance', codes: forged, at: { x: 9, y: 9, channel: 'green', values: 1 } }),
  ...['webp', 'avif', 'jpeg', 'jpeg-small'].map((encoding) => pixelCase(`a square in ${encoding}`, encoding, (image) => { paintSquare(image, 16, 24, 16); }, { verdict: 'differs' })),
];

const TEXT_CASES: readonly Case[] = [
  textCase('another prompt', changeGraph('a fox in a red coat', 'a robot in a green hat'), { verdict: 'differs', codes: otherGraph }),
  textCase('another seed', changeGraph('"seeds":[5,6]', '"seeds":[6,7]'), { verdict: 'differs', codes: otherGraph }),
  textCase('another strength of the table', changeGraph('"strength":2', '"strength":0'), { verdict: 'differs', codes: otherGraph }),
  textCase('another number of steps, lossless AVIF', changeGraph(`"steps":${STEPS}`, `"steps":${STEPS - 1}`), { verdict: 'differs', codes: otherGraph }, 'avif-lossless'),
  textCase('another place', (texts) => { texts[PICTURE_TEXTS.place] = '2/2'; }, { verdict: 'differs', codes: forged }),
  textCase('another content key', (texts) => { texts[PICTURE_TEXTS.provenance] = (texts[PICTURE_TEXTS.provenance] ?? '').replace(/"contentKey":"[0-9a-f]{8}/, '"contentKey":"00000000'); }, { verdict: 'identical', codes: ['verify.content-key'] }),
  textCase('another title, which makes no difference', changeGraph('"name":"picture"', '"name":"renamed"'), { verdict: 'identical', codes: [] }),
  textCase('another hash of the model', (texts) => { texts[PICTURE_TEXTS.provenance] = (texts[PICTURE_TEXTS.provenance] ?? '').replace(/("param":"folder","value":"[^"]*","contents":")[0-9a-f]{8}/, '$100000000'); }, { verdict: 'missing', codes: ['verify.wrong-file'] }),
  textCase('a graph that is cut short', (texts) => { texts[PICTURE_TEXTS.graph] = (texts[PICTURE_TEXTS.graph] ?? '').slice(0, -10); }, { verdict: 'unreadable', codes: ['graph.not-json'] }),
];

const SOURCE_CASES: readonly Case[] = [
  {
    name: 'another table of the same name', verdict: 'missing', codes: ['verify.wrong-file'],
    prepare: async (scene, target) => {
      await mkdir(target, { recursive: true });
      await cp(join(scene.work, 'other-table', TABLE), join(target, TABLE));
      return { path: pictureOf(scene, 'png'), args: ['--base', target] };
    },
  },
  { name: 'no table', verdict: 'missing', codes: ['verify.missing-file'], prepare: async (scene, target) => { await mkdir(target); return { path: pictureOf(scene, 'jpeg'), args: ['--base', target] }; } },
  { name: 'no model', verdict: 'missing', codes: ['verify.missing-file'], prepare: async (scene, target) => { await mkdir(target); return { path: pictureOf(scene, 'webp'), args: ['--models', target] }; } },
  {
    name: 'model and table under other names', verdict: 'identical', codes: ['verify.moved'],
    prepare: async (scene, target) => {
      await cp(join(scene.context.root, 'models', 'pocket-sd15'), join(target, 'models', 'renamed'), { recursive: true });
      await mkdir(join(target, 'models', 'tables'), { recursive: true });
      await cp(join(scene.base, TABLE), join(target, 'models', 'tables', 'renamed.safetensors'));
      return { path: pictureOf(scene, 'avif'), args: ['--base', target, '--models', join(target, 'models')] };
    },
  },
  ...['png', 'webp', 'avif', 'jpeg'].map((encoding): Case => ({
    name: `${encoding}, stripped`, verdict: 'unreadable', codes: ['verify.nothing-told'],
    prepare: async (scene, target) => {
      const path = pictureOf(scene, encoding);
      await runNode(scene.context, [join(scene.context.root, 'dist', 'cli.mjs'), 'strip', path, '--out', target]);
      const stripped = join(target, basename(path));
      if ((await readFile(stripped)).includes('fox')) throw new Error(`${stripped} still holds its prompt`);
      return { path: stripped };
    },
  })),
  {
    name: 'a file that is cut short', verdict: 'unreadable',
    prepare: async (scene, target) => {
      await cp(pictureOf(scene, 'png'), target);
      await truncate(target, 3000);
      return { path: target };
    },
  },
];

/** Runs `engram verify --json`; its exit code is part of the answer. */
async function verify(context: ProofContext, paths: readonly string[], args: readonly string[]): Promise<{ readonly exit: number | string; readonly files: readonly Answer[] }> {
  const child = spawn(process.execPath, [join(context.root, 'dist', 'cli.mjs'), 'verify', '--json', ...args, ...paths], { cwd: context.root, stdio: ['ignore', 'pipe', 'ignore'], env: { ...process.env, CI: '1', ENGRAM_CACHE: join(context.workFolder, 'verify-cache') } });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => { output += text; });
  const exit = await new Promise<number | string>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => { resolve(code ?? signal ?? 'none'); });
  });
  return { exit, files: z.object({ files: z.array(fileSchema) }).parse(JSON.parse(output)).files };
}

/** A concept table of random vectors, as a file. */
async function makeTable(context: ProofContext, folder: string, seed: number): Promise<void> {
  const graph = await writeGraph(context, `table-${seed}`, {
    backbone: { type: 'LoadBackbone', params: { folder: 'models:pocket-sd15' } },
    registry: { type: 'TriggerRegistry', params: { trigger: 'Aldric Vortex-9' }, inputs: { textEncoders: from('backbone', 'textEncoders') } },
    table: { type: 'ConceptTable', params: { seed }, inputs: { registry: from('registry', 'registry'), textEncoders: from('backbone', 'textEncoders') } },
    save: { type: 'SaveTable', params: { name: TABLE.replace('.engram.safetensors', '') }, inputs: { table: from('table', 'table') } },
  });
  await runGraphFile(context, graph, ['--out', folder]);
}

/** Renders two pictures in every encoding, with a table, and a few rows of a batch. */
async function makeScene(context: ProofContext): Promise<Scene> {
  const work = context.workFolder;
  await makeTable(context, work, 1);
  await makeTable(context, join(work, 'other-table'), 2);
  const graph = await writeGraph(context, 'picture', {
    backbone: { type: 'LoadBackbone', params: { folder: 'models:pocket-sd15' } },
    table: { type: 'LoadTable', params: { file: TABLE } },
    inject: { type: 'Inject', params: { strength: 2 }, inputs: { textEncoders: from('backbone', 'textEncoders'), tables: [from('table', 'table')] } },
    prompts: { type: 'EncodePrompt', params: { prompts: ['Aldric Vortex-9, a fox in a red coat'] }, inputs: { textEncoders: from('inject', 'textEncoders') } },
    latent: { type: 'EmptyLatent', params: { seeds: [5, 6] }, inputs: { backbone: from('backbone', 'backbone') } },
    sample: { type: 'Sample', params: { steps: STEPS, guidanceScale: 5, scheduler: 'ddim' }, inputs: { backbone: from('backbone', 'backbone'), positive: from('prompts', 'positive'), negative: from('prompts', 'negative'), latents: from('latent', 'latents') } },
    decode: { type: 'VAEDecode', inputs: { vae: from('backbone', 'vae'), latents: from('sample', 'latents') } },
    save: { type: 'SaveImage', version: 2, params: {}, inputs: { image: from('decode', 'image') } },
  });
  const pictures = new Map<string, readonly string[]>();
  for (const [encoding, settings] of Object.entries(ENCODINGS)) {
    const { outputs } = await runGraphFile(context, graph, ['--out', join(work, 'pictures', encoding), ...settings.flatMap((setting) => ['--set', setting])]);
    pictures.set(encoding, outputs.map(({ path }) => path));
  }
  pictures.set('batch', await renderBatch(context, graph));
  return { context, base: work, work, pictures };
}

/** Rows that share runs of the model: each must render alone to the same pixels. */
async function renderBatch(context: ProofContext, graph: string): Promise<string[]> {
  const path = join(context.workFolder, 'rows.batch.json');
  await writeFile(path, JSON.stringify({
    format: 'engram-batch', version: 1, name: 'rows', graph: basename(graph), width: 4, output: { format: 'webp', name: 'row-{seed}' }, gallery: false,
    groups: [{ seed: { set: 'latent.seeds', values: { seeds: 6, from: 20 } } }],
  }));
  const out = join(context.workFolder, 'pictures', 'batch');
  await runNode(context, [join(context.root, 'dist', 'cli.mjs'), 'batch', path, '--out', out]);
  return Array.from({ length: 6 }, (_, index) => join(out, `row-${20 + index}.webp`));
}

/** What was answered otherwise than it must be; nothing when all is right. */
function faultsOf(expected: Case, exit: number | string, [answer]: readonly Answer[]): string[] {
  const faults: string[] = [];
  const demand = (holds: boolean, what: string): void => { if (!holds) faults.push(what); };
  const exitCode = { identical: 0, 'within-tolerance': 0, differs: 1, missing: 2, unreadable: 2, failed: 2 }[expected.verdict];
  demand(answer?.verdict === expected.verdict, `${answer?.verdict ?? 'no answer'} instead of ${expected.verdict}`);
  demand(exit === exitCode, `exit code ${exit} instead of ${exitCode}`);
  for (const code of expected.codes ?? []) demand(answer?.notes.some((note) => note.code === code) === true, `does not tell ${code}`);
  if (expected.codes?.length === 0) demand(answer?.notes.length === 0, `tells ${answer?.notes.map(({ code }) => code).join(', ') ?? ''}`);
  const { at } = expected;
  if (at !== undefined) {
    const first = answer?.difference?.first;
    demand(first?.x === at.x && first.y === at.y && first.channel === at.channel && answer?.difference?.values === at.values, `places it at ${JSON.stringify(answer?.difference)}`);
  }
  return faults;
}

async function tryCases(scene: Scene): Promise<{ readonly failures: Record<string, string>; readonly tried: number }> {
  const cases = [...PIXEL_CASES, ...TEXT_CASES, ...SOURCE_CASES];
  const failures: Record<string, string> = {};
  await mkdir(join(scene.work, 'changed'), { recursive: true });
  for (const [index, each] of cases.entries()) {
    const { path, args = [] } = await each.prepare(scene, join(scene.work, 'changed', String(index).padStart(2, '0')));
    const { exit, files } = await verify(scene.context, [path], ['--base', scene.base, ...args]);
    const faults = faultsOf(each, exit, files);
    if (faults.length > 0) failures[each.name] = faults.join('; ');
    scene.context.log(`${each.name}: ${faults.length === 0 ? each.verdict : faults.join('; ')}`);
  }
  return { failures, tried: cases.length };
}

export const verifyOutputs = defineProof({
  name: 'verify-outputs',
  expectedSeconds: 180,
  summary: 'Pictures of all formats, single and from a batch, prove themselves pixel by pixel; every kind of tampering with pixels, graph, model or table is answered rightly, and where.',
  async run(context) {
    const scene = await makeScene(context);
    const paths = [...scene.pictures.values()].flat();
    // The rendering must not come from the cache in which the pictures were made.
    await rename(join(context.workFolder, 'cache'), join(context.workFolder, 'cache-of-the-run'));
    const { exit, files } = await verify(context, paths, ['--base', scene.base]);
    const identical = files.filter(({ verdict, notes }) => verdict === 'identical' && notes.length === 0).length;
    const { failures, tried } = await tryCases(scene);
    const figures = { pictures: paths.length, encodings: scene.pictures.size, identical, exitOfAll: exit, tamperings: tried, rightAnswers: tried - Object.keys(failures).length, failures };
    return judge(figures, { pictures: { atLeast: 12 }, identical: { equals: paths.length }, exitOfAll: { equals: 0 }, tamperings: { atLeast: 20 }, rightAnswers: { equals: tried } });
  },
});
