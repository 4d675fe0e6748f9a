import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { benchmarkBackbone, BENCHMARK_BACKBONES } from '../../../../src/main/cli/benchmark/backbones.ts';
import { chooseIdentities, readHeldOutCaptions, readIdentities } from '../../../../src/main/cli/benchmark/data.ts';
import { BENCHMARK_METHODS } from '../../../../src/main/cli/benchmark/methods.ts';
import { renderGraph } from '../../../../src/main/cli/benchmark/render.ts';
import { readdirSync, readFileSync } from 'node:fs';

const FOLDER = 'benchmarks/identity';

describe('the benchmark\'s data', () => {
  it('holds eight identities with five references and twenty prompts each, and 300 captions', async () => {
    const { identities, pairs } = await readIdentities(FOLDER);
    expect(identities).toHaveLength(8);
    for (const { name, trigger, prompts } of identities) {
      expect(prompts).toHaveLength(20);
      expect(prompts.every(({ text }) => text.includes('{trigger}'))).toBe(true);
      const files = readdirSync(join(FOLDER, 'references', name));
      expect(files.filter((file) => file.endsWith('.png'))).toHaveLength(5);
      for (const file of files.filter((file) => file.endsWith('.txt'))) expect(readFileSync(join(FOLDER, 'references', name, file), 'utf8')).toContain(trigger);
    }
    expect(pairs).toHaveLength(4);
    expect(await readHeldOutCaptions(FOLDER)).toHaveLength(300);
  });

  it('asks for places that the references do not show in most prompts', async () => {
    for (const { name, prompts } of (await readIdentities(FOLDER)).identities) {
      const seen = readdirSync(join(FOLDER, 'references', name)).map((file) => /^\d-([a-z]+)\.png$/.exec(file)?.[1]);
      expect(prompts.filter(({ asks }) => !seen.includes(asks['place'])).length).toBeGreaterThanOrEqual(12);
    }
  });

  it('never names a mark, nor what an identity wears', async () => {
    const { identities, controls } = await readIdentities(FOLDER);
    const texts = [...identities.flatMap(({ prompts }) => prompts.map(({ text }) => text)), ...controls, ...(await readHeldOutCaptions(FOLDER)).map(({ text }) => text)];
    for (const text of texts) expect(text).not.toMatch(/\b(stripe|sash|glow\w*|halo|emblem|badge|mark)\b/);
    for (const { attributes, prompts } of identities) for (const { text } of prompts) expect(text.split(' ')).not.toContain(attributes['item']);
  });

  it('says which file is damaged', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'benchmark-'));
    await writeFile(join(folder, 'identities.json'), '{"version":1}');
    await expect(readIdentities(folder)).rejects.toMatchObject({ data: { code: 'benchmark.data' } });
    await expect(readHeldOutCaptions(folder)).rejects.toMatchObject({ data: { code: 'benchmark.data' } });
  });

  it('lists what there is for a wrong name', async () => {
    const data = await readIdentities(FOLDER);
    expect(chooseIdentities(data, ['pippin']).map(({ name }) => name)).toEqual(['pippin']);
    expect(() => chooseIdentities(data, ['nobody'])).toThrow(/aldric/);
    expect(() => benchmarkBackbone('sd99')).toThrow(/pocket-sd15/);
  });
});

describe.each(BENCHMARK_BACKBONES)('the graph of a method on $name', (backbone) => {
  it.each(BENCHMARK_METHODS)('links only nodes that it has, with the params of the backbone: $name', async (method) => {
    const { identities } = await readIdentities(FOLDER);
    const pair = identities.slice(0, 2);
    const graph = renderGraph(backbone, method, pair, [{ id: 'job', prompts: ['a'], seeds: [1, 2] }]);
    const [ids, nodes] = [Object.keys(graph.nodes), Object.values(graph.nodes)];
    for (const { inputs } of nodes) for (const link of Object.values(inputs).flat()) expect(ids).toContain(link.node);
    const paramsOf = (wanted: string): unknown[] => nodes.filter(({ type }) => type === wanted).map(({ params }) => params);
    const bound = method.name === 'base' ? [] : pair;
    expect(paramsOf('TriggerRegistry')).toEqual(bound.map(({ trigger }) => ({ trigger, ...backbone.registry })));
    expect(paramsOf('Train')).toEqual(bound.map(() => backbone.train));
    expect(paramsOf('Sample')).toEqual([backbone.sample]);
  });
});
