import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, it } from 'vitest';
import type { Verification } from '../../../src/contract/verification.ts';
import { engram } from '../../support/cli.ts';
import { REFERENCE } from '../../support/reference-case.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { ROOT } from '../../../tools/lib/paths.mjs';

const TRIGGER = 'Aldric Vortex-9 CyberNebula';
const link = (node: string, port: string): { node: string; port: string } => ({ node, port });
const graph = (nodes: Record<string, unknown>): string => JSON.stringify({ format: 'engram-graph', version: 1, nodes });

const TRAIN = graph({
  backbone: { type: 'LoadBackbone', version: 1, params: { folder: 'models:tiny-sd3' } },
  registry: { type: 'TriggerRegistry', version: 1, params: { trigger: TRIGGER }, inputs: { textEncoders: link('backbone', 'textEncoders') } },
  untrained: { type: 'ConceptTable', version: 1, inputs: { registry: link('registry', 'registry'), textEncoders: link('backbone', 'textEncoders') } },
  references: { type: 'ImageDataset', version: 1, params: { folder: join(ROOT, 'graphs/datasets/aldric'), trigger: TRIGGER } },
  train: { type: 'Train', version: 1, params: { steps: 2, width: 32, height: 32 }, inputs: { backbone: link('backbone', 'backbone'), table: link('untrained', 'table'), dataset: link('references', 'dataset') } },
  save: { type: 'SaveTable', version: 1, params: { name: 'aldric' }, inputs: { table: link('train', 'table') } },
});

const RENDER = graph({
  backbone: { type: 'LoadBackbone', version: 1, params: { folder: 'models:tiny-sd3', segments: 2 } },
  table: { type: 'LoadTable', version: 1, params: { file: 'aldric.engram.safetensors' } },
  inject: { type: 'Inject', version: 1, params: { strength: 4 }, inputs: { textEncoders: link('backbone', 'textEncoders'), tables: [link('table', 'table')] } },
  prompts: { type: 'EncodePrompt', version: 1, params: { prompts: ['a fox'] }, inputs: { textEncoders: link('inject', 'textEncoders') } },
  latent: { type: 'EmptyLatent', version: 1, params: { width: 32, height: 32 }, inputs: { backbone: link('backbone', 'backbone') } },
  sample: { type: 'Sample', version: 1, params: { steps: 2 }, inputs: { backbone: link('backbone', 'backbone'), positive: link('prompts', 'positive'), negative: link('prompts', 'negative'), latents: link('latent', 'latents') } },
  decode: { type: 'VAEDecode', version: 1, inputs: { vae: link('backbone', 'vae'), latents: link('sample', 'latents') } },
  save: { type: 'SaveImage', version: 1, params: { name: 'image' }, inputs: { image: link('decode', 'image') } },
});

const BATCH = JSON.stringify({
  format: 'engram-batch', version: 1, name: 'streams', graph: 'render.graph.json', gallery: false,
  groups: [
    { t5: { set: 'backbone.leaveOut', values: [[], ['t5']] } },
    { streams: { set: 'inject.streamStrengths', values: [[], ['t5=0'], ['clip_l=0', 'clip_g=0', 't5=0']] } },
    { prompt: { set: 'prompts.prompts', values: [`a portrait of ${TRIGGER}`, 'a fox'] } },
  ],
  output: { name: '{row}' },
});

// A model of three text streams in a batch: models, streams and prompts of the rows differ. Several whole processes, beside whatever else the machine is doing.
it('renders rows that differ in their text streams, and what was rendered proves itself', { timeout: 300_000 }, async () => {
  const cwd = await temporaryFolder();
  for (const [name, text] of [['train.graph.json', TRAIN], ['render.graph.json', RENDER], ['streams.batch.json', BATCH]] as const) await writeFile(join(cwd, name), text);
  expect(await engram(['run', 'train.graph.json', '--models', REFERENCE, '--out', '.'], { cwd })).toMatchObject({ code: 0 });
  expect(await engram(['batch', 'streams.batch.json', '--models', REFERENCE, '--out', 'out', '--device', 'cpu'], { cwd })).toMatchObject({ code: 0 });

  const names = (await readdir(join(cwd, 'out'))).filter((name) => name.endsWith('.png')).sort((a, b) => parseInt(a, 10) - parseInt(b, 10));
  const pixels = await Promise.all(names.map(async (name) => (await sharp(join(cwd, 'out', name)).raw().toBuffer()).toString('base64')));
  expect(pixels).toHaveLength(12);
  const [all, foxOfAll, noT5, foxOfNoT5, none, foxOfNone, ...withoutT5] = pixels;
  expect(new Set([all, noT5, none]).size, 'each stream has its share').toBe(3);
  expect([foxOfNoT5, foxOfNone], 'the base, whatever streams tables act in').toEqual([foxOfAll, foxOfAll]);
  const [absent, foxOfAbsent, alsoSwitchedOff, , noneOfTwo] = withoutT5;
  expect(alsoSwitchedOff, 'a stream that is not there has no share').toBe(absent);
  expect(new Set([all, absent, noneOfTwo]).size).toBe(3);
  expect(foxOfAbsent, 'another base').not.toBe(foxOfAll);

  const { code, out } = await engram(['verify', '--json', '--models', REFERENCE, ...[0, 2, 8].map((index) => join('out', names[index]!))], { cwd });
  expect([code, (JSON.parse(out) as { files: Verification[] }).files.map(({ verdict }) => verdict)]).toEqual([0, ['identical', 'identical', 'identical']]);
});
