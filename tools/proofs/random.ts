import { join } from 'node:path';
import { z } from 'zod';
import type { Tensor } from '../../src/main/core/ir/tensor.ts';
import { createTorchGenerator, restoreTorchGenerator, type TorchGenerator, type TorchGeneratorState } from '../../src/main/core/random/torch-generator.ts';
import { defineProof, judge } from './framework/proof.ts';
import { worst } from './support/compare.ts';
import { makeLiveCases, proofSeed, readCaseInfo, readTensorFile, tensorNamed, type LiveCase } from './support/live.ts';

const callSchema = z.object({
  call: z.enum(['randn', 'rand', 'randint', 'randperm']), size: z.array(z.number()).default([]), n: z.number().default(0), low: z.string().default('0'), high: z.string().default('0'),
});
type Call = z.infer<typeof callSchema>;
const caseSchema = z.object({
  streams: z.array(z.object({ id: z.string(), seed: z.string(), calls: z.array(callSchema) })), large: z.object({ seed: z.number(), size: z.number() }),
});
type Stream = z.infer<typeof caseSchema>['streams'][number];

function draw(generator: TorchGenerator, { call, size, n, low, high }: Call): ArrayLike<number> {
  const count = size.reduce((product, dimension) => product * dimension, 1);
  switch (call) {
    case 'randn': return generator.randn(count);
    case 'rand': return generator.rand(count);
    case 'randint': return generator.randint(Number(low), Number(high), count);
    case 'randperm': return generator.randperm(n);
  }
}

/** The same generator after its state went through JSON, as in a checkpoint. */
function reloaded(generator: TorchGenerator): TorchGenerator {
  return restoreTorchGenerator(JSON.parse(JSON.stringify(generator.save())) as TorchGeneratorState);
}

/** What was found over all draws. */
interface Tally { normalError: number; normals: number; exactDraws: number; exactDifferences: number; restores: number }

function compareDraw(tally: Tally, call: Call['call'], actual: ArrayLike<number>, expected: Tensor): void {
  const values = expected.data as ArrayLike<number | bigint>;
  if (actual.length !== values.length) throw new Error(`random: ${call} gave ${actual.length} values, torch ${values.length}`);
  let difference = 0;
  for (let index = 0; index < values.length; index += 1) difference = worst([difference, Math.abs((actual[index] as number) - Number(values[index]))]);
  if (call === 'randn') {
    tally.normals += values.length;
    tally.normalError = worst([tally.normalError, difference]);
  } else {
    tally.exactDraws += values.length;
    if (difference !== 0) tally.exactDifferences += 1;
  }
}

/** Draws a stream as given; the state is saved and restored before every second call. */
function compareStream(tally: Tally, { id, seed, calls }: Stream, outputs: Readonly<Record<string, Tensor>>): void {
  let generator = createTorchGenerator(BigInt(seed));
  calls.forEach((call, index) => {
    if (index % 2 === 1) {
      generator = reloaded(generator);
      tally.restores += 1;
    }
    compareDraw(tally, call.call, draw(generator, call), tensorNamed(outputs, `${id}.${index}`));
  });
}

export const random = defineProof({
  name: 'random',
  expectedSeconds: 30,
  summary: 'New streams of randn, rand, randint and randperm, saved and restored on the way, give the numbers of torch\'s CPU generator.',
  async run(context) {
    const seed = proofSeed();
    const [{ folder }] = (await makeLiveCases(context, 'random', { seed, streams: 200 })) as [LiveCase];
    const { streams, large } = caseSchema.parse(await readCaseInfo(folder));
    const outputs = await readTensorFile(join(folder, 'outputs.safetensors'));
    const tally: Tally = { normalError: 0, normals: 0, exactDraws: 0, exactDifferences: 0, restores: 0 };
    for (const stream of streams) compareStream(tally, stream, outputs);
    compareDraw(tally, 'randn', createTorchGenerator(large.seed).randn(large.size), tensorNamed(outputs, 'large'));
    const calls = streams.reduce((sum, stream) => sum + stream.calls.length, 0);
    return judge({ ...tally, streams: streams.length, calls, seed }, {
      // torch's vectorised logarithm, sine and cosine differ from exact ones by up to 4.7e-7 of values up to 6.
      normalError: { atMost: 1e-6 }, exactDifferences: { equals: 0 },
      normals: { atLeast: 1_000_000 }, exactDraws: { atLeast: 10_000 }, restores: { atLeast: 100 },
    });
  },
});
