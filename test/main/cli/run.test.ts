import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { REFERENCE } from '../../support/reference-case.ts';
import { engram, type CliResult, type RunAnswer } from '../../support/cli.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { encodePng } from '../../../src/main/services/images/codec.ts';
import { picture } from '../../support/pictures.ts';

const link = (node: string, port: string) => ({ node, port });

/** Binds and renders on the tiny model: every kind of output, in seconds. */
const GRAPH = {
  format: 'engram-graph', version: 1,
  nodes: {
    backbone: { type: 'LoadBackbone', version: 1, params: { folder: 'models:tiny-sd15' } },
    registry: { type: 'TriggerRegistry', version: 1, params: { trigger: 'Aldric Vortex' }, inputs: { textEncoders: link('backbone', 'textEncoders') } },
    table: { type: 'ConceptTable', version: 1, inputs: { registry: link('registry', 'registry'), textEncoders: link('backbone', 'textEncoders') } },
    dataset: { type: 'ImageDataset', version: 1, params: { folder: 'images' } },
    train: { type: 'Train', version: 1, title: 'Bind', params: { steps: 3, batchSize: 1 }, inputs: { backbone: link('backbone', 'backbone'), table: link('table', 'table'), dataset: link('dataset', 'dataset') } },
    saveTable: { type: 'SaveTable', version: 1, params: { name: 'aldric' }, inputs: { table: link('train', 'table') } },
    inject: { type: 'Inject', version: 1, inputs: { textEncoders: link('backbone', 'textEncoders'), tables: [link('train', 'table')] } },
    prompts: { type: 'EncodePrompt', version: 1, params: { prompts: ['Aldric Vortex in snow'] }, inputs: { textEncoders: link('inject', 'textEncoders') } },
    latent: { type: 'EmptyLatent', version: 1, inputs: { backbone: link('backbone', 'backbone') } },
    sample: { type: 'Sample', version: 1, params: { steps: 2, scheduler: 'ddim' }, inputs: { backbone: link('backbone', 'backbone'), positive: link('prompts', 'positive'), negative: link('prompts', 'negative'), latents: link('latent', 'latents') } },
    decode: { type: 'VAEDecode', version: 1, inputs: { vae: link('backbone', 'vae'), latents: link('sample', 'latents') } },
    save: { type: 'SaveImage', version: 1, params: { name: 'aldric' }, inputs: { image: link('decode', 'image') } },
  },
};

async function workspace(graph: unknown = GRAPH): Promise<string> {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'bind.graph.json'), JSON.stringify(graph));
  await mkdir(join(folder, 'images'));
  await writeFile(join(folder, 'images', '1.png'), await encodePng(picture(64, 64, 1)));
  await writeFile(join(folder, 'images', '1.txt'), 'a portrait of Aldric Vortex');
  return folder;
}

function run(cwd: string, args: readonly string[] = [], onStderr?: Parameters<typeof engram>[1]['onStderr']): Promise<CliResult> {
  return engram(['run', 'bind.graph.json', '--models', REFERENCE, '--out', 'out', '--json', ...args], { cwd, ...(onStderr === undefined ? {} : { onStderr }) });
}

function answerOf({ out }: CliResult): RunAnswer {
  expect(out.trim().split('\n')).toHaveLength(1);
  return JSON.parse(out) as RunAnswer;
}

// Several whole processes each, beside whatever else the machine is doing.
describe('engram run', { timeout: 400_000 }, () => {
  it('runs a graph, answers with its outputs, and takes what has not changed from the cache the next time', async () => {
    const cwd = await workspace();
    const first = await run(cwd);
    expect(first).toMatchObject({ code: 0 });
    const answer = answerOf(first);
    expect(answer.outputs.map(({ node, kind }) => [node, kind])).toEqual([['saveTable', 'table'], ['save', 'image']]);
    for (const { path, sha256 } of answer.outputs) expect([path.startsWith(join(cwd, 'out')), /^[0-9a-f]{64}$/.test(sha256), (await readFile(path)).length > 0]).toEqual([true, true, true]);
    expect(answer.outputs[1]?.pixels).toMatch(/^[0-9a-f]{64}$/);
    expect(answer.nodes.map(({ id }) => id).sort()).toEqual(Object.keys(GRAPH.nodes).sort());
    expect(answer.nodes.every(({ cached, ms }) => !cached && Number.isInteger(ms))).toBe(true);
    expect(answer.error).toBeUndefined();
    // Without a terminal: plain lines, no bars, no cursor moves.
    expect(first.err).toContain('Bind (Train)');
    expect(first.err).not.toContain('\u001b');

    const again = answerOf(await run(cwd));
    expect(again.outputs).toEqual(answer.outputs);
    expect(again.nodes.map(({ id, cached }) => [id, cached])).toEqual([['train', true], ['saveTable', false], ['decode', true], ['save', false]]);

    const changed = await run(cwd, ['--set', 'sample.steps=3', '--only', 'save']);
    expect(changed.err).toContain('sample (Sample) (again: param "steps": 2 -> 3)');
    expect(changed.err).toContain('input "latents" has changed');
    const other = answerOf(changed);
    expect(other.outputs.map(({ node }) => node)).toEqual(['save']);
    expect(other.outputs[0]?.pixels).not.toBe(answer.outputs[1]?.pixels);
    // The prompts' states are in the cache, so nothing upstream of them is asked for.
    expect(other.nodes.filter(({ id }) => ['train', 'inject', 'table'].includes(id))).toEqual([]);
    expect(other.nodes.find(({ id }) => id === 'prompts')?.cached).toBe(true);
  });

  it('Ctrl-C ends training within a step with 130, and the next run goes on to the same bytes', async () => {
    const steps = ['--only', 'saveTable', '--set', 'train.steps=40'];
    const whole = answerOf(await run(await workspace(), steps));
    const cwd = await workspace();
    let sent = false;
    const stopped = await run(cwd, steps, (text, child) => {
      if (sent || !text.includes('Bind (Train)')) return;
      sent = true;
      setTimeout(() => { child.kill('SIGINT'); }, 100);
    });
    expect(stopped.code).toBe(130);
    expect(stopped.err).toContain('Stopping after this step');
    expect(answerOf(stopped)).toMatchObject({ outputs: [], error: { kind: 'cancelled' } });
    expect(answerOf(await run(cwd, steps)).outputs[0]?.sha256).toBe(whole.outputs[0]?.sha256);
  });

  it('ends with 2 for bad input, with every fault and nothing run', async () => {
    const cwd = await workspace();
    const faults = await run(cwd, ['--set', 'sample.steps=0', '--set', 'train.steps=-1']);
    expect(faults.code).toBe(2);
    expect(answerOf(faults)).toMatchObject({ outputs: [], nodes: [], error: { code: 'graph.param-value', nodeId: 'train', port: 'steps' }, errors: [{ nodeId: 'train' }, { nodeId: 'sample' }] });
    expect(faults.err).toContain('Sample "sample": steps must be a whole number in 1..1000, got 0');
    const unknown = await run(cwd, ['--set', 'smaple.steps=3']);
    expect(unknown.code).toBe(2);
    expect(answerOf(unknown)).toMatchObject({ outputs: [], nodes: [], error: { code: 'cli.set-node' } });
    expect((await engram(['run', 'none.graph.json', '--json'], { cwd })).code).toBe(2);
    expect((await engram(['run', 'bind.graph.json', '--device', 'abacus'], { cwd })).code).toBe(2);
  });

  it('ends with 1 when a node fails, after what does not need it', async () => {
    const cwd = await workspace();
    const compare = { type: 'CompareImages', version: 1, params: { expect: 'different' }, inputs: { a: link('image', 'image'), b: link('image', 'image') } };
    const nodes = { image: { type: 'LoadImage', version: 1, params: { file: 'images/1.png' } }, compare, save: { type: 'SaveImage', version: 1, inputs: { image: link('image', 'image') } } };
    await writeFile(join(cwd, 'bind.graph.json'), JSON.stringify({ format: 'engram-graph', version: 1, nodes }));
    const failed = await run(cwd);
    expect(failed.code).toBe(1);
    expect(answerOf(failed)).toMatchObject({ outputs: [{ node: 'compare', kind: 'report' }, { node: 'save', kind: 'image' }], error: { code: 'compare.expectation', nodeId: 'compare' } });
  });
});
