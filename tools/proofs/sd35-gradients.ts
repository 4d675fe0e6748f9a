import { join } from 'node:path';
import { meanOfAll, mul, sub } from '../../src/main/core/ops/functions.ts';
import { newGraph } from '../../src/main/core/ops/registry.ts';
import { gradientParts, type DifferentiatedGraph } from '../../src/main/core/segments.ts';
import { gradients } from '../../src/main/core/autodiff/gradients.ts';
import { cutGraph } from '../../src/main/core/ir/cut.ts';
import type { Tensor } from '../../src/main/core/ir/tensor.ts';
import type { SessionProvider } from '../../src/main/core/session.ts';
import { defineProof, judge } from './framework/proof.ts';
import { least, relativeL2, worst } from './support/compare.ts';
import { drawnAnew, makeLiveCases, proofSeed, readTensorFile, tensorNamed, type LiveCase } from './support/live.ts';
import { addSd3Transformer } from './support/sd3-cases.ts';
import { runOnce, withSessions } from './support/workbench.ts';

/** Names of the streams, in table files too. */
const STREAMS = ['clip_l', 'clip_g', 't5'];
/** Wanted; a transformer of one block can only be cut in two. */
const SEGMENTS = 3;

type Errors = Readonly<Record<string, number>>;

/** The loss mean((transformer(x, t, states, pooled) - target)^2) on top of a case's transformer. */
async function withLoss(folder: string, inputs: Readonly<Record<string, Tensor>>): Promise<DifferentiatedGraph & { readonly builder: ReturnType<typeof newGraph> }> {
  const builder = newGraph('training');
  const { prediction, states } = await addSd3Transformer(builder, folder, inputs);
  const difference = sub(builder, prediction, builder.input('target', 'float32', tensorNamed(inputs, 'target').shape));
  const loss = meanOfAll(builder, mul(builder, difference, difference));
  builder.output('loss', loss);
  return { builder, graph: builder.build(), loss, targets: Object.entries(states).map(([id, value]) => ({ name: `gradient.${id}`, value })) };
}

function errorsOf(results: Readonly<Record<string, Tensor>>, outputs: Readonly<Record<string, Tensor>>): Errors {
  const wanted = Number(tensorNamed(outputs, 'loss').data[0]);
  const streams = STREAMS.filter((id) => outputs[`gradient.${id}`] !== undefined);
  return {
    loss: Math.abs(Number(tensorNamed(results, 'loss').data[0]) - wanted) / wanted,
    ...Object.fromEntries(streams.map((id) => [id, relativeL2(tensorNamed(results, `gradient.${id}`).data as Float32Array, tensorNamed(outputs, `gradient.${id}`).data as Float32Array)])),
  };
}

interface Compared {
  readonly whole: Errors;
  readonly inParts: Errors;
  /** Segments that the graph was really cut into. */
  readonly segments: number;
  /** Sessions that they made, forward and backward. */
  readonly parts: number;
}

/** All streams' gradients in one run of one session, and once more in segments of a session each. */
async function compareCase(sessions: SessionProvider, { folder }: LiveCase): Promise<Compared> {
  const inputs = await readTensorFile(join(folder, 'inputs.safetensors'));
  const outputs = await readTensorFile(join(folder, 'outputs.safetensors'));
  const { builder, loss, targets } = await withLoss(folder, inputs);
  gradients(builder, loss, targets.map(({ value }) => value)).forEach((gradient, index) => { builder.output((targets[index] as { name: string }).name, gradient); });
  const whole = await runOnce(sessions, folder, () => builder.build(), inputs);
  const cut = await withLoss(folder, inputs);
  const parts = gradientParts(folder, cut, SEGMENTS);
  const session = await sessions.acquire({ key: `${folder} cut`, build: () => cut.graph, parts: () => parts });
  const inParts = await session.run(inputs);
  await session.dispose();
  return { whole: errorsOf(whole, outputs), inParts: errorsOf(inParts, outputs), segments: cutGraph(cut.graph, SEGMENTS).length, parts: parts.length };
}

export const sd35Gradients = defineProof({
  name: 'sd35-gradients',
  expectedSeconds: 180,
  summary: 'd loss / d states of each text stream of new random joint-attention transformers, all in one run, equals torch autograd; in segments too.',
  async run(context) {
    const seed = proofSeed();
    const cases = await makeLiveCases(context, 'module-parity', { seed, cases: 6, modules: ['sd3-transformer'] });
    const found: Compared[] = [];
    await withSessions(async (sessions) => {
      for (const live of cases) {
        const one = await compareCase(sessions, live);
        context.log(`${live.id}: ${JSON.stringify(one.whole)}; in ${one.segments} segments and ${one.parts} parts ${JSON.stringify(one.inParts)}`);
        found.push(one);
      }
    });
    const [whole, inParts, segments] = [found.map((one) => one.whole), found.map((one) => one.inParts), found.map((one) => one.segments)];
    const largest = (errors: readonly Errors[], name: string): number => worst(errors.flatMap((of) => (of[name] === undefined ? [] : [of[name]])));
    const figures = {
      ...Object.fromEntries(STREAMS.map((id) => [`${id}RelativeL2`, largest(whole, id)])), lossRelative: largest(whole, 'loss'),
      inSegmentsRelativeL2: worst(STREAMS.map((id) => largest(inParts, id))), lossRelativeInSegments: largest(inParts, 'loss'),
      segmentsByCase: segments, partsByCase: found.map(({ parts }) => parts), leastSegments: least(segments), mostSegments: worst(segments),
      casesWithT5: whole.filter(({ t5 }) => t5 !== undefined).length, cases: cases.length, casesDrawnAnew: drawnAnew(cases), seed,
    };
    const goal = { atMost: 1e-4 };
    return judge(figures, {
      clip_lRelativeL2: goal, clip_gRelativeL2: goal, t5RelativeL2: goal, inSegmentsRelativeL2: goal, lossRelative: goal, lossRelativeInSegments: goal,
      leastSegments: { atLeast: 2 }, mostSegments: { equals: SEGMENTS }, cases: { atLeast: 6 }, casesWithT5: { atLeast: 1 },
    });
  },
});
