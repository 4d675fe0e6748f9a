import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { conceptTableNode } from '../../../nodes/engram/concept-table.ts';
import { saveTableNode } from '../../../nodes/engram/save-table.ts';
import { triggerRegistryNode } from '../../../nodes/engram/trigger-registry.ts';
import { loadBackboneNode } from '../../../nodes/models/load-backbone.ts';
import type { NodeSchema } from '../../../src/contract/node.ts';
import { PROGRAM_VERSION } from '../../../src/contract/version.ts';
import type { Registry } from '../../../src/main/engram/registry.ts';
import type { ConceptTable } from '../../../src/main/engram/table.ts';
import { encodePng } from '../../../src/main/services/images/codec.ts';
import { encodePicture } from '../../../src/main/services/images/encode.ts';
import { pixelHash } from '../../../src/main/services/images/rgb-image.ts';
import { engram } from '../../support/cli.ts';
import { nodeBench, TINY_MODEL, type TinyModel } from '../../support/node-bench.ts';
import { picture } from '../../support/pictures.ts';
import { REFERENCE } from '../../support/reference-case.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const bench = nodeBench();

/** A table file for "Aldric Vortex", on the tiny model unless another one is given. */
async function tableFile(folder: string, model?: TinyModel, edit = (table: ConceptTable): ConceptTable => table): Promise<string> {
  const { textEncoders } = model ?? (await bench.tiny());
  const { registry } = (await bench.run<{ registry: Registry }>(triggerRegistryNode, { textEncoders }, { trigger: 'Aldric Vortex' })).values;
  const { table } = (await bench.run<{ table: ConceptTable }>(conceptTableNode, { registry, textEncoders })).values;
  return (await bench.run(saveTableNode, { table: edit(table) }, { name: 'aldric' }, { outputFolder: folder })).artifacts[0]!.path;
}

async function json(args: readonly string[], cwd: string): Promise<unknown> {
  const { code, out, err } = await engram([...args, '--json'], { cwd });
  expect([code, err]).toEqual([0, '']);
  return JSON.parse(out);
}

it('engram --version says which program it is', async () => {
  const { code, out } = await engram(['--version'], { cwd: await temporaryFolder() });
  expect([code, out.trim()]).toEqual([0, PROGRAM_VERSION]);
});

describe('engram validate', () => {
  it('names every fault with node and port, and ends with 2', async () => {
    const cwd = await temporaryFolder();
    const nodes = { a: { type: 'Sample', version: 1, params: { steps: 0, colour: 1 } }, b: { type: 'Teleport', version: 1 } };
    await writeFile(join(cwd, 'bad.graph.json'), JSON.stringify({ format: 'engram-graph', version: 1, nodes }));
    const { code, out, err } = await engram(['validate', 'bad.graph.json', '--json'], { cwd });
    expect([code, err]).toEqual([2, '']);
    const { faults } = JSON.parse(out) as { faults: { code: string; nodeId: string; port?: string }[] };
    expect(faults.map(({ code: name, nodeId, port }) => [name, nodeId, port])).toEqual([
      ['graph.unknown-param', 'a', 'colour'], ['graph.param-value', 'a', 'steps'], ['graph.missing-input', 'a', 'backbone'], ['graph.missing-input', 'a', 'positive'],
      ['graph.missing-input', 'a', 'negative'], ['graph.missing-input', 'a', 'latents'], ['graph.unknown-type', 'b', undefined],
    ]);
    const text = await engram(['validate', 'bad.graph.json'], { cwd });
    expect(text.err.trim().split('\n')).toHaveLength(faults.length);
  });

  it('says that a good graph has no faults', async () => {
    const cwd = await temporaryFolder();
    await writeFile(join(cwd, 'good.graph.json'), '{"format":"engram-graph","version":1,"nodes":{}}');
    expect(await engram(['validate', 'good.graph.json'], { cwd })).toEqual({ code: 0, out: 'good.graph.json: no faults\n', err: '' });
  });
});

describe('engram nodes', () => {
  it('lists all node types, as data and as text', async () => {
    const cwd = await temporaryFolder();
    const catalogue = await json(['nodes'], cwd) as NodeSchema[];
    expect(catalogue.find(({ type }) => type === 'Sample')).toMatchObject({ params: { steps: { kind: 'integer', min: 1, max: 1000 } }, outputs: { latents: { type: 'Latents' } } });
    const { out } = await engram(['nodes'], { cwd });
    for (const { type } of catalogue) expect(out).toContain(`${type} (`);
  });
});

describe('engram tokens', () => {
  it('shows tokens, and which of them hit which row of which table', async () => {
    const cwd = await temporaryFolder();
    const table = await tableFile(cwd);
    const [stream] = await json(['tokens', TINY_MODEL, 'an Aldric Vortex', '--table', table], cwd) as { stream: string; matches: { row: number; start: number }[]; presence: string[] }[];
    expect(stream).toMatchObject({ stream: 'clip_l', presence: ['whole'], truncated: [] });
    expect(stream?.matches.length).toBeGreaterThan(0);
    const text = (await engram(['tokens', TINY_MODEL, 'a fox', '--table', table], { cwd })).out;
    expect(text).toContain('table "Aldric Vortex": none of the trigger, 0 rows hit');
  });

  it('leaves streams out, and says in which ones a table has no part', async () => {
    const cwd = await temporaryFolder();
    const folder = join(REFERENCE, 'tiny-sd3');
    const model = (await bench.run<TinyModel>(loadBackboneNode, {}, { folder })).values;
    const args = ['tokens', folder, 'an Aldric Vortex', '--table', await tableFile(cwd, model, (table) => ({ ...table, streams: table.streams.slice(0, 1) }))];
    expect((await engram(args, { cwd })).out).toMatch(/stream t5[^]*table "Aldric Vortex": no part in this stream/);
    expect((await engram([...args, '--leave-out', 't5'], { cwd })).out).not.toContain('stream t5');
    expect((await engram([...args, '--leave-out', 'clip_l'], { cwd })).err).toContain('only t5 can be left out, got clip_l');
  });
});

describe('engram inspect', () => {
  it('tells what graphs, tables, weights, models and pictures hold', async () => {
    const cwd = await temporaryFolder();
    const table = await tableFile(cwd);
    await writeFile(join(cwd, 'x.graph.json'), '{"format":"engram-graph","version":1,"nodes":{"n":{"type":"Note","version":1}}}');
    const image = picture(6, 4);
    await writeFile(join(cwd, 'x.png'), await encodePng(image, { 'engram-prompt': 'a fox', 'engram-graph': '{"nodes":{}}' }));
    expect(await json(['inspect', 'x.graph.json'], cwd)).toMatchObject({ kind: 'graph', facts: { nodes: { n: 'Note version 1' }, faults: [] } });
    expect(await json(['inspect', table], cwd)).toMatchObject({ kind: 'concept table', facts: { trigger: 'Aldric Vortex', family: 'sd15', streams: { clip_l: { width: 24 } } } });
    expect(await json(['inspect', join(TINY_MODEL, 'vae', 'diffusion_pytorch_model.safetensors')], cwd)).toMatchObject({ kind: 'safetensors', facts: { parameters: expect.any(Number) as number } });
    expect(await json(['inspect', TINY_MODEL], cwd)).toMatchObject({ kind: 'model folder', facts: { family: 'sd15', defaultSize: '64x64', vae: { factor: 8 } } });
    expect(await json(['inspect', 'x.png'], cwd)).toMatchObject({ kind: 'PNG', facts: { width: 6, height: 4, pixels: pixelHash(image), pixelsAsWritten: 'yes', texts: { 'engram-prompt': 'a fox', 'engram-graph': { nodes: {} } } } });
    for (const format of ['webp', 'avif', 'jpeg'] as const) {
      const { bytes } = await encodePicture(image, { format, quality: 90, lossless: false, chroma: '4:4:4' }, { 'engram-prompt': 'a fox' });
      await writeFile(join(cwd, `x.${format}`), bytes);
      expect(await json(['inspect', `x.${format}`], cwd)).toMatchObject({ kind: { webp: 'WebP', avif: 'AVIF', jpeg: 'JPEG' }[format], facts: { width: 6, height: 4, texts: { 'engram-prompt': 'a fox' } } });
    }
  });

  it('ends with 2 for what is not there or not known', async () => {
    const cwd = await temporaryFolder();
    await writeFile(join(cwd, 'x.txt'), 'hello');
    for (const [path, code] of [['none.png', 'inspect.missing'], ['x.txt', 'inspect.unknown']] as const) {
      const result = await engram(['inspect', path], { cwd });
      expect([result.code, result.err.includes(`[${code}]`)]).toEqual([2, true]);
    }
  });
});

describe('engram doctor', () => {
  it('says what works here', async () => {
    const facts = await json(['doctor'], await temporaryFolder()) as { devices: { id: string; float32: { works: boolean } }[] };
    expect(facts).toMatchObject({ node: process.version, cpu: expect.stringMatching(/^cpu onnxruntime-/) as string, nodeTypes: expect.any(Number) as number });
    expect(facts.devices.find(({ id }) => id === 'cpu')?.float32.works).toBe(true);
  });
});

describe('engram', () => {
  it('names its commands, and ends with 2 for one that it does not know', async () => {
    const cwd = await temporaryFolder();
    const help = await engram(['--help'], { cwd });
    expect(help.code).toBe(0);
    for (const name of ['run', 'validate', 'nodes', 'tokens', 'inspect', 'doctor', 'verify', 'strip']) expect(help.out).toMatch(new RegExp(`^  ${name} `, 'm'));
    expect((await engram(['fly'], { cwd })).code).toBe(2);
  });
});
