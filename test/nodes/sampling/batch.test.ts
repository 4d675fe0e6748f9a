import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { latentsCodec } from '../../../nodes/codecs/latents.ts';
import { batchNode } from '../../../nodes/sampling/batch.ts';
import { emptyLatentNode } from '../../../nodes/sampling/empty-latent.ts';
import { encodePromptNode } from '../../../nodes/sampling/encode-prompt.ts';
import { sampleNode } from '../../../nodes/sampling/sample.ts';
import type { Conditioning, LatentBatch } from '../../../nodes/values.ts';
import { escapeWildcards } from '../../../src/contract/wildcards.ts';
import { faultOf } from '../../support/fault.ts';
import { nodeBench } from '../../support/node-bench.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const bench = nodeBench();

interface Made { readonly prompts: readonly string[]; readonly latents: LatentBatch }

function latentsOf(seeds: readonly number[]): LatentBatch {
  return { channels: 4, height: 8, width: 8, items: seeds.map((seed) => ({ label: `seed ${seed}`, prompt: '', seed, data: undefined })) };
}

async function batch(params: Record<string, unknown>, seeds: readonly number[] = [42]): Promise<Made> {
  return (await bench.run<Made>(batchNode, { latents: latentsOf(seeds) }, params)).values;
}

const seedsOf = ({ latents }: Made): number[] => latents.items.map(({ seed }) => seed);

describe('Batch', () => {
  it('writes out every combination, and takes the latents\' seeds', async () => {
    const made = await batch({ prompts: ['a {red|blue} fox', 'cat'] }, [1, 2]);
    expect(made.prompts).toEqual(['a red fox', 'a blue fox', 'cat']);
    expect(made.latents).toEqual(latentsOf([1, 2]));
  });

  it('leaves braces alone, or draws, when told so', async () => {
    expect((await batch({ prompts: ['a {red|blue} fox'], wildcards: 'as written' })).prompts).toEqual(['a {red|blue} fox']);
    const draw = { prompts: ['{a|b|c|d|e|f|g|h}{1|2|3|4|5|6|7|8}', 'x'], wildcards: 'draw', draws: 4, drawSeed: 1 };
    const drawn = (await batch(draw)).prompts;
    expect(drawn).toHaveLength(8);
    expect((await batch(draw)).prompts).toEqual(drawn);
    expect((await batch({ ...draw, drawSeed: 2 })).prompts).not.toEqual(drawn);
  });

  it('takes prompts from a file, after its own', async () => {
    const promptsFile = join(await temporaryFolder(), 'prompts.txt');
    await writeFile(promptsFile, '\uFEFFa fox\r\n\r\na {b|c}\n');
    expect((await batch({ prompts: ['own'], promptsFile })).prompts).toEqual(['own', 'a fox', 'a b', 'a c']);
    expect((await batch({ promptsFile })).prompts).toEqual(['a fox', 'a b', 'a c']);
    await writeFile(promptsFile, Uint8Array.from([0xff, 0xfe]));
    expect(await faultOf(() => batch({ promptsFile }))).toMatchObject({ code: 'batch.encoding', port: 'promptsFile' });
  });

  it('zip gives the n-th prompt the n-th seed; a single seed counts up', async () => {
    const zip = { prompts: ['a', 'b', 'c'], pairing: 'zip' };
    expect(seedsOf(await batch({ ...zip, seeds: [9, 7, 8] }))).toEqual([9, 7, 8]);
    expect(seedsOf(await batch(zip, [5]))).toEqual([5, 6, 7]);
    expect((await batch(zip)).latents.pairing).toBe('zip');
    expect(await faultOf(() => batch({ ...zip, seeds: [1, 2] }))).toMatchObject({ code: 'batch.pairing', got: '2 seeds for 3 prompts' });
    expect(await faultOf(() => batch({ ...zip, seeds: [Number.MAX_SAFE_INTEGER - 1] }))).toMatchObject({ code: 'batch.seeds' });
  });

  it('refuses what would be lost or explode', async () => {
    expect(await faultOf(() => batch({}))).toMatchObject({ code: 'batch.no-prompts' });
    expect(await faultOf(() => batch({ prompts: ['{1|2|3|4|5|6|7|8|9|0}'.repeat(5)] }))).toMatchObject({ code: 'wildcards.too-many', got: '100000', rule: 'a text must have at most 10000 combinations' });
    expect(await faultOf(() => batch({ prompts: Array.from({ length: 11 }, () => '{1|2|3|4|5|6|7|8|9|0}'.repeat(3) + '{x}') }))).toMatchObject({ code: 'batch.too-many-prompts' });
    expect(await faultOf(() => batch({ prompts: ['{file:words.txt}'] }))).toMatchObject({ code: 'batch.words-file', got: 'words.txt' });
    expect(await faultOf(() => batch({ prompts: ['{a'] }))).toMatchObject({ code: 'wildcards.open', where: 'Batch "test"' });
    const { items, ...size } = latentsOf([1]);
    const picture = { ...size, items: items.map((item) => ({ ...item, data: new Float32Array(256) })) };
    expect(await faultOf(() => bench.run(batchNode, { latents: picture }, { prompts: ['a'] }))).toMatchObject({ code: 'batch.not-empty' });
  });

  test('laws: prompts are those of each line in turn, and plain lines are themselves', async () => {
    await fc.assert(fc.asyncProperty(fc.array(fc.string(), { minLength: 1, maxLength: 5 }), fc.array(fc.string(), { minLength: 1, maxLength: 5 }), async (a, b) => {
      const [first, second] = [a.map(escapeWildcards), b.map((text) => `{${escapeWildcards(text)}|x}`)];
      expect((await batch({ prompts: first })).prompts).toEqual(a);
      expect((await batch({ prompts: [...first, ...second] })).prompts).toEqual([...a, ...(await batch({ prompts: second })).prompts]);
    }), { numRuns: 30 });
  });
});

describe('Sample with a Batch node', () => {
  it('zip makes one image per prompt, each as it is alone', async () => {
    const { backbone, textEncoders } = await bench.tiny();
    const { latents: empty } = (await bench.run<{ latents: LatentBatch }>(emptyLatentNode, { backbone }, { seeds: [5] })).values;
    const sample = async (prompts: readonly string[], latents: LatentBatch): Promise<LatentBatch> => {
      const { positive, negative } = (await bench.run<{ positive: Conditioning; negative: Conditioning }>(encodePromptNode, { textEncoders, promptList: prompts }, {})).values;
      return (await bench.run<{ latents: LatentBatch }>(sampleNode, { backbone, positive, negative, latents }, { steps: 2, scheduler: 'ddim' })).values.latents;
    };
    const made = (await bench.run<Made>(batchNode, { latents: empty }, { prompts: ['a {fox|cat}'], pairing: 'zip' })).values;
    const kept = latentsCodec.decode(latentsCodec.encode(made.latents)) as LatentBatch;
    const zip = await sample(made.prompts, kept);
    expect(zip.items.map(({ prompt, seed }) => [prompt, seed])).toEqual([['a fox', 5], ['a cat', 6]]);
    expect(zip.pairing).toBeUndefined();
    const alone = await sample(['a cat'], { ...empty, items: [{ label: 'seed 6', prompt: '', seed: 6, data: undefined }] });
    expect(zip.items[1]?.data).toEqual(alone.items[0]?.data);
    const product = (await bench.run<Made>(batchNode, { latents: empty }, { prompts: ['a {fox|cat}'], seeds: [5, 6] })).values;
    expect((await sample(product.prompts, product.latents)).items).toHaveLength(4);
    expect(await faultOf(() => sample(['a fox'], made.latents))).toMatchObject({ code: 'sample.pairing', got: '2 seeds for 1 prompts', port: 'latents' });
  });
});
