import { cp, mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { GraphFile } from '../../../../src/contract/graph-file.ts';
import { PICTURE_TEXTS } from '../../../../src/contract/image-metadata.ts';
import type { ParamValue } from '../../../../src/contract/params.ts';
import type { RunSummary } from '../../../../src/contract/run-events.ts';
import type { Verification } from '../../../../src/contract/verification.ts';
import { createEngineRunner } from '../../../../src/main/engine-runner.ts';
import { runGraph } from '../../../../src/main/runtime/execute.ts';
import { parseGraph } from '../../../../src/main/runtime/read-graph.ts';
import type { EngineRunner } from '../../../../src/main/services/engine-server.ts';
import { FileHashes } from '../../../../src/main/services/file-hashes.ts';
import { stripPicture } from '../../../../src/main/services/images/strip.ts';
import { createRunFiles } from '../../../../src/main/services/run-files.ts';
import { SourceFinder } from '../../../../src/main/services/verify/find-sources.ts';
import { PictureVerifier } from '../../../../src/main/services/verify/verify-picture.ts';
import { ROOT } from '../../../../tools/lib/paths.mjs';
import { shiftValue, tamper } from '../../../support/picture-files.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const signal = new AbortController().signal;
const hashes = new FileHashes(undefined);
const folder = mkdtempSync(join(tmpdir(), 'engram-verify-test-'));
const MODELS = join(ROOT, 'models');

let renderer: EngineRunner;
let verifyingRunner: EngineRunner;
let graph: GraphFile;

/** An engine in this process, with a cache of its own. */
function engine(name: string, threads: number): Promise<EngineRunner> {
  return createEngineRunner({ device: 'cpu', threads, plan: 'default', valueMemory: 1e8, cacheFolder: join(folder, name), cacheLimit: 0 });
}

beforeAll(async () => {
  renderer = await engine('render', 1);
  verifyingRunner = await engine('verify', 1);
  graph = withParams(parseGraph(await readFile(join(ROOT, 'test/fixtures/graphs/0.1/render.graph.json'), 'utf8'), 'render'), {
    'sample.steps': 2, 'prompts.prompts': ['a fox in a red coat'], 'latent.seeds': [1, 2],
  });
});

afterAll(async () => {
  await renderer.dispose();
  await verifyingRunner.dispose();
  await rm(folder, { recursive: true, force: true });
});

function withParams(file: GraphFile, params: Record<string, ParamValue>): GraphFile {
  const nodes = { ...file.nodes };
  for (const [target, value] of Object.entries(params)) {
    const [id, name] = target.split('.') as [string, string];
    nodes[id] = { ...nodes[id]!, params: { ...nodes[id]!.params, [name]: value as never } };
  }
  return { ...file, nodes };
}

interface Where { readonly models?: string; readonly base?: string }

async function render(file: GraphFile, { models = MODELS, base }: Where = {}): Promise<string[]> {
  const outputFolder = await temporaryFolder();
  const summary: RunSummary = await runGraph({
    graph: file, where: 'render', runner: renderer, outputFolder, signal, onEvent: () => undefined,
    files: createRunFiles({ base: base ?? outputFolder, roots: { models } }, hashes), memory: { recall: () => Promise.resolve(undefined), remember: () => Promise.resolve() },
  });
  expect(summary.errors).toEqual([]);
  return summary.outputs.filter(({ kind }) => kind === 'image').map(({ path }) => path);
}

async function verifier({ models = MODELS, base = '/none' }: Where = {}, more: { tolerance?: number; runner?: EngineRunner; signal?: AbortSignal } = {}): Promise<PictureVerifier> {
  const scope = { base, roots: { models } };
  return new PictureVerifier({
    runnerFor: () => Promise.resolve(more.runner ?? verifyingRunner), scope, hashes, finder: new SourceFinder(scope, hashes), workFolder: join(await temporaryFolder(), 'rendered'), signal: more.signal ?? signal,
    ...(more.tolerance === undefined ? {} : { tolerance: more.tolerance }),
  });
}

async function verify(path: string, where: Where = {}, more: { tolerance?: number; runner?: EngineRunner } = {}): Promise<Verification> {
  return (await verifier(where, more)).verify(path);
}

const codes = ({ notes }: Verification): string[] => notes.map(({ code }) => code);

describe('pictures as they were written', () => {
  test.each([['png', false], ['webp', false], ['webp', true], ['avif', false], ['avif', true], ['jpeg', false]] as const)('%s, lossless %s: identical', async (format, lossless) => {
    const paths = await render(withParams(graph, { 'save.format': format, 'save.lossless': lossless }));
    expect(paths).toHaveLength(2);
    const all = await verifier();
    for (const path of paths) expect(await all.verify(path)).toMatchObject({ path, verdict: 'identical', notes: [] });
  });

  test('from another number of threads: told, and identical or within tolerance', async () => {
    const [path] = await render(graph);
    const other = await engine('threads', 2);
    const found = await verify(path!, {}, { runner: other });
    await other.dispose();
    expect(['identical', 'within-tolerance']).toContain(found.verdict);
    expect(codes(found)).toContain('verify.device');
    expect(found.device?.got).toContain('threads-1');
    expect(found.device?.expected).toContain('threads-2');
  });

  test('of a batch: the width in the graph is kept, so a picture renders alone as it did among others', async () => {
    const paths = await render(withParams(graph, { 'sample.batchSize': 4, 'latent.seeds': [1, 2, 3] }));
    expect(await verify(paths[1]!)).toMatchObject({ verdict: 'identical', notes: [] });
  });

  test('nothing is written beside the pictures, and models may have moved', async () => {
    const paths = await render(graph);
    const models = await temporaryFolder();
    await mkdir(join(models, 'deeper'));
    await cp(join(MODELS, 'pocket-sd15'), join(models, 'deeper', 'renamed'), { recursive: true });
    const before = [...await readdir(join(paths[0]!, '..')), ...await readdir(models, { recursive: true })];
    const found = await verify(paths[0]!, { models });
    expect(found.verdict).toBe('identical');
    expect(codes(found)).toEqual(['verify.moved']);
    expect([...await readdir(join(paths[0]!, '..')), ...await readdir(models, { recursive: true })]).toEqual(before);
  });

  test('of a node within a sub-graph, which also loads the model', async () => {
    const { backbone, ...rest } = graph.nodes;
    const nodes = { model: { type: 'subgraph:loader', version: 1, params: {}, inputs: {} }, ...rest };
    const outputs = Object.fromEntries(['backbone', 'textEncoders', 'vae'].map((name) => [name, { type: { backbone: 'Backbone', textEncoders: 'TextEncoders', vae: 'VAE' }[name]! }]));
    const inner = { backbone: backbone!, out: { type: 'subgraph-outputs', version: 1, params: {}, inputs: Object.fromEntries(Object.keys(outputs).map((port) => [port, { node: 'backbone', port }])) } };
    const text = JSON.stringify({ ...graph, nodes, subgraphs: { loader: { inputs: {}, outputs, params: {}, nodes: inner } } }).replaceAll('"node":"backbone","port"', '"node":"model","port"');
    const file = JSON.parse(text.replace(/("out":.*)$/, (tail) => tail.replaceAll('"node":"model"', '"node":"backbone"'))) as GraphFile;
    const [path] = await render(file);
    expect(await verify(path!)).toMatchObject({ verdict: 'identical', notes: [] });
    const missing = await verify(path!, { models: await temporaryFolder() });
    expect(missing.notes).toMatchObject([{ code: 'verify.missing-file', where: 'LoadBackbone "model/backbone"' }]);
  });

  test('a JPEG whose graph stands beside it is verified with it, and not without it', async () => {
    let state = 1;
    const noise = Array.from({ length: 19_999 }, () => String.fromCharCode(0x4e00 + ((state = (state * 48271) % 0x7fffffff) % 20_000))).join('');
    const [path] = await render(withParams({ ...graph, description: noise, nodes: { ...graph.nodes, note: { type: 'Note', version: 1, params: { text: noise }, inputs: {} } } }, { 'save.format': 'jpeg' }));
    expect(await readdir(join(path!, '..'))).toContain(`${path!.split('/').at(-1)}.json`);
    expect(await verify(path!)).toMatchObject({ verdict: 'identical' });
    await rename(`${path!}.json`, `${path!}.elsewhere`);
    expect(codes(await verify(path!))).toEqual(['verify.nothing-told']);
  });
});

describe('tampering', () => {
  test('one value of a PNG by one level: differs, and where', async () => {
    const [path] = await render(graph);
    const target = `${path!}.tampered.png`;
    await tamper(path!, target, { pixels: (image) => { shiftValue(image, 17, 23, 1, 1); } });
    const found = await verify(target);
    expect(found).toMatchObject({ verdict: 'differs', difference: { first: { x: 17, y: 23, channel: 'green' }, largest: 1, values: 1, of: 128 * 128 * 3 } });
    expect(codes(found)).toEqual(['verify.file-changed']);
  });

  test('pixels and their hash: differs from the rendering', async () => {
    const [path] = await render(withParams(graph, { 'save.format': 'webp', 'save.lossless': true }));
    const target = `${path!}.tampered.webp`;
    await tamper(path!, target, { pixels: (image) => { for (let x = 10; x < 20; x += 1) shiftValue(image, x, 5, 2, 90); }, newHash: true, options: { lossless: true } });
    const found = await verify(target);
    expect(found).toMatchObject({ verdict: 'differs', difference: { first: { x: 10, y: 5, channel: 'blue' }, largest: 90, values: 10 } });
    expect(codes(found)).toEqual(['verify.rendering']);
    // The limit is the user's.
    expect((await verify(target, {}, { tolerance: 90 })).verdict).toBe('within-tolerance');
  });

  test.each(['jpeg', 'avif', 'webp'] as const)('a part of a lossy %s: differs there', async (format) => {
    const [path] = await render(withParams(graph, { 'save.format': format }));
    const target = `${path!}.tampered.${format}`;
    await tamper(path!, target, { pixels: (image) => { for (let y = 40; y < 56; y += 1) for (let x = 8; x < 24; x += 1) image.pixels.set([255, 0, 255], (y * image.width + x) * 3); } });
    const { verdict, difference } = await verify(target);
    expect(verdict).toBe('differs');
    expect(difference!.largest).toBeGreaterThan(60);
  });

  test('a lossy file that was only coded again: the limit decides', async () => {
    const [path] = await render(withParams(graph, { 'save.format': 'avif', 'save.quality': 100 }));
    const target = `${path!}.again.avif`;
    // Another quality than the first time: at the same one, soft pictures can come out unchanged.
    await tamper(path!, target, { pixels: () => undefined, options: { quality: 80, chromaSubsampling: '4:4:4' } });
    const { difference } = await verify(target);
    expect(difference!.largest).toBeGreaterThan(0);
    expect((await verify(target, {}, { tolerance: difference!.largest })).verdict).toBe('within-tolerance');
    expect((await verify(target, {}, { tolerance: difference!.largest - 1 })).verdict).toBe('differs');
  });

  test.each([
    ['prompt', (file: GraphFile) => withParams(file, { 'prompts.prompts': ['a robot'] })],
    ['seed', (file: GraphFile) => withParams(file, { 'latent.seeds': [3, 4] })],
    ['steps', (file: GraphFile) => withParams(file, { 'sample.steps': 3 })],
  ])('another %s in the graph: differs, and the content key says that it was changed', async (_what, change) => {
    const [path] = await render(graph);
    const target = `${path!}.tampered.png`;
    await tamper(path!, target, { texts: (texts) => { texts[PICTURE_TEXTS.graph] = JSON.stringify(change(JSON.parse(texts[PICTURE_TEXTS.graph]!) as GraphFile)); } });
    const found = await verify(target);
    expect(found.verdict).toBe('differs');
    expect(found.difference!.values).toBeGreaterThan(1000);
    expect(codes(found)).toEqual(['verify.rendering', 'verify.content-key']);
  });

  test('a similar picture of a changed graph is no proof, whatever the tolerance', async () => {
    const [path] = await render(graph);
    const target = `${path!}.tampered.png`;
    await tamper(path!, target, { texts: (texts) => { texts[PICTURE_TEXTS.graph] = JSON.stringify(withParams(JSON.parse(texts[PICTURE_TEXTS.graph]!) as GraphFile, { 'sample.guidanceScale': 5.001 })); } });
    const found = await verify(target, {}, { tolerance: 255 });
    expect(found.verdict).toBe('differs');
    expect(found.difference!.largest).toBeLessThan(10);
    expect(codes(found)).toContain('verify.content-key');
  });

  test('a picture under the name of its neighbour differs', async () => {
    const [path] = await render(graph);
    const target = `${path!}.tampered.png`;
    await tamper(path!, target, { texts: (texts) => { texts[PICTURE_TEXTS.place] = '2/2'; } });
    expect((await verify(target)).verdict).toBe('differs');
    await tamper(path!, target, { texts: (texts) => { texts[PICTURE_TEXTS.place] = '2/3'; } });
    expect(await verify(target)).toMatchObject({ verdict: 'differs', notes: [{ code: 'verify.count', got: '2' }] });
  });

  test('another size differs', async () => {
    const [path] = await render(graph);
    const target = `${path!}.tampered.png`;
    await tamper(path!, target, { texts: (texts) => { texts[PICTURE_TEXTS.graph] = JSON.stringify(withParams(JSON.parse(texts[PICTURE_TEXTS.graph]!) as GraphFile, { 'latent.width': 32, 'latent.height': 32 })); } });
    expect(await verify(target)).toMatchObject({ verdict: 'differs', notes: [{ code: 'verify.size', got: '128x128' }, { code: 'verify.rendering' }, { code: 'verify.content-key' }] });
  });
});

describe('what it was made from', () => {
  test('another model at its place is named with both hashes', async () => {
    const [path] = await render(graph);
    const models = await temporaryFolder();
    await cp(join(MODELS, 'pocket-sd15'), join(models, 'pocket-sd15'), { recursive: true });
    await writeFile(join(models, 'pocket-sd15', 'scheduler', 'scheduler_config.json'), (await readFile(join(MODELS, 'pocket-sd15', 'scheduler', 'scheduler_config.json'), 'utf8')).replace('}', ' }'));
    const found = await verify(path!, { models });
    expect(found).toMatchObject({ verdict: 'missing', notes: [{ code: 'verify.wrong-file', where: 'LoadBackbone "backbone"', nodeId: 'backbone', port: 'folder' }] });
    expect(found.notes[0]?.rule).toMatch(/folder must be "models:pocket-sd15" with contents [0-9a-f]{16}/);
    expect(found.notes[0]?.got).toMatch(/contents [0-9a-f]{16}/);
  });

  test('a model that is not there is named', async () => {
    const [path] = await render(graph);
    expect(await verify(path!, { models: await temporaryFolder() })).toMatchObject({ verdict: 'missing', notes: [{ code: 'verify.missing-file', got: 'nothing like it' }] });
  });

  test('another hash in the file names the model as wrong', async () => {
    const [path] = await render(graph);
    const target = `${path!}.tampered.png`;
    await tamper(path!, target, { texts: (texts) => { texts[PICTURE_TEXTS.provenance] = texts[PICTURE_TEXTS.provenance]!.replace(/"contents":"[0-9a-f]{8}/, '"contents":"00000000'); } });
    expect(await verify(target)).toMatchObject({ verdict: 'missing', notes: [{ code: 'verify.wrong-file' }] });
  });

  test('a picture that was loaded: relative to the base, changed, and outside of it', async () => {
    const base = await temporaryFolder();
    await sharp({ create: { width: 20, height: 10, channels: 3, background: '#a05030' } }).png().toFile(join(base, 'in.png'));
    const file: GraphFile = {
      format: 'engram-graph', version: 1, nodes: {
        load: { type: 'LoadImage', version: 1, params: { file: 'in.png' }, inputs: {} },
        save: { type: 'SaveImage', version: 2, params: {}, inputs: { image: { node: 'load', port: 'image' } } },
      },
    };
    const [path] = await render(file, { base });
    expect(await verify(path!, { base })).toMatchObject({ verdict: 'identical', notes: [] });
    expect(await verify(path!, { base: await temporaryFolder() })).toMatchObject({ verdict: 'missing', notes: [{ code: 'verify.missing-file' }] });
    await sharp({ create: { width: 20, height: 10, channels: 3, background: '#a05031' } }).png().toFile(join(base, 'in.png'));
    expect(await verify(path!, { base })).toMatchObject({ verdict: 'missing', notes: [{ code: 'verify.wrong-file' }] });
    // A path that leads out is never followed, whatever lies there.
    const target = `${path!}.hostile.png`;
    await tamper(path!, target, { texts: (texts) => {
      for (const keyword of [PICTURE_TEXTS.graph, PICTURE_TEXTS.provenance]) texts[keyword] = texts[keyword]!.replaceAll('"in.png"', '"/etc/hostname"');
    } });
    expect(await verify(target, { base })).toMatchObject({ verdict: 'missing', notes: [{ code: 'verify.missing-file' }] });
  });
});

describe('files that cannot be verified', () => {
  test('stripped, foreign and damaged files say so', async () => {
    const [path] = await render(graph);
    const stripped = `${path!}.stripped.png`;
    await writeFile(stripped, (await stripPicture(await readFile(path!), 'x')).bytes);
    expect(await verify(stripped)).toMatchObject({ verdict: 'unreadable', notes: [{ code: 'verify.nothing-told' }] });
    await writeFile(stripped, 'hello');
    expect(await verify(stripped)).toMatchObject({ verdict: 'unreadable', notes: [{ code: 'image.unreadable' }] });
    expect(await verify(join(path!, 'none.png'))).toMatchObject({ verdict: 'unreadable' });
  });

  test.each([
    ['no JSON', (text: string) => text.slice(1), 'graph.not-json'],
    ['an unknown node', (text: string) => text.replace('"VAEDecode"', '"Teleport"'), 'graph.unknown-type'],
    ['a missing node', (text: string) => text.replace('"save":', '"other":'), 'graph.missing-node'],
  ])('%s in the graph', async (_what, change, code) => {
    const [path] = await render(graph);
    const target = `${path!}.tampered.png`;
    await tamper(path!, target, { texts: (texts) => { texts[PICTURE_TEXTS.graph] = change(texts[PICTURE_TEXTS.graph]!); } });
    const found = await verify(target);
    expect(found.verdict).toBe('unreadable');
    expect(codes(found)).toContain(code);
  });

  test('a cancelled verification throws', async () => {
    const [path] = await render(graph);
    const controller = new AbortController();
    controller.abort();
    await expect((await verifier({}, { signal: controller.signal })).verify(path!)).rejects.toThrow('cancelled');
  });

  test('a rendering that fails is told as such', async () => {
    const [path] = await render(graph);
    const target = `${path!}.tampered.png`;
    await tamper(path!, target, { texts: (texts) => { texts[PICTURE_TEXTS.graph] = JSON.stringify(withParams(JSON.parse(texts[PICTURE_TEXTS.graph]!) as GraphFile, { 'latent.width': 33 })); } });
    expect(await verify(target)).toMatchObject({ verdict: 'failed', notes: [{ code: 'latent.size' }, { code: 'verify.content-key' }] });
  });
});
