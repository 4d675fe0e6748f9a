import { afterEach, describe, expect, it } from 'vitest';
import { readConfig } from '../../../src/main/backbones/config-reader.ts';
import { ModuleScope } from '../../../src/main/backbones/module-scope.ts';
import { TRANSFORMER_CONFIG } from '../../../src/main/backbones/sd3/transformer/config.ts';
import { joinContext } from '../../../src/main/backbones/sd3/transformer/context.ts';
import { buildTransformer } from '../../../src/main/backbones/sd3/transformer/transformer.ts';
import { DIFFUSERS_WEIGHTS, readStoredWeights } from '../../../src/main/backbones/weight-files.ts';
import { WeightSource } from '../../../src/main/backbones/weights.ts';
import { gradients } from '../../../src/main/core/autodiff/gradients.ts';
import { cutGraph } from '../../../src/main/core/ir/cut.ts';
import type { Graph, Value } from '../../../src/main/core/ir/types.ts';
import { add, meanOfAll, mul, sub, tanh } from '../../../src/main/core/ops/functions.ts';
import { newGraph } from '../../../src/main/core/ops/registry.ts';
import { gradientParts, inSegments, type DifferentiatedGraph } from '../../../src/main/core/segments.ts';
import { SegmentedSession } from '../../../src/main/core/segmented-session.ts';
import type { SessionProvider } from '../../../src/main/core/session.ts';
import { floatTensor, type Tensor } from '../../../src/main/core/ir/tensor.ts';
import { nodeModelFolder } from '../../support/node-model-folder.ts';
import { PlainSessions } from '../../support/plain-sessions.ts';
import { readCase, relativeL2, relativeMaximum, tensorOf } from '../../support/reference-case.ts';

/** Cutting changes which nodes the runtime fuses, and so last digits; what is wired wrongly shows at 1e-1. */
const SAME = 2e-6;

/** Three blocks that all read the first input, as every block of a transformer reads the time; the third also reads what the first made. */
function chain(): DifferentiatedGraph {
  const builder = newGraph('chain');
  const [time, states] = [builder.input('time', 'float32', [1, 4]), builder.input('states', 'float32', [3, 4])];
  const weight = (index: number): Value => builder.constant(Float32Array.from({ length: 4 * (index + 1) }, (_, place) => Math.sin(place + index)), 'float32', [index + 1, 1, 4], `weight_${index}`);
  const first = tanh(builder, add(builder, states, time));
  builder.allowCut();
  const second = tanh(builder, add(builder, mul(builder, first, weight(0)), mul(builder, states, time)));
  builder.allowCut();
  const third = tanh(builder, add(builder, mul(builder, second, weight(2)), mul(builder, first, time)));
  const loss = meanOfAll(builder, mul(builder, third, third));
  builder.output('third', third);
  builder.output('loss', loss);
  return { graph: builder.build(), loss, targets: [{ name: 'grad.states', value: states }] };
}

const FEEDS = { time: floatTensor(Float32Array.of(0.1, -0.4, 0.7, 0.2), [1, 4]), states: floatTensor(Float32Array.from({ length: 12 }, (_, index) => Math.cos(index)), [3, 4]) };

function withGradients({ graph, loss, targets }: DifferentiatedGraph): Graph {
  // The same graph once more, since a finished one can't be added to.
  const again = chain();
  expect(again.graph.nodes.length).toBe(graph.nodes.length);
  expect([loss.name, targets.length]).toEqual([again.loss.name, 1]);
  const builder = newGraph('whole');
  const copies = new Map<Value, Value>(graph.inputs.map((input) => [input, builder.input(input.name, 'float32', input.type.shape)]));
  for (const initializer of graph.initializers) copies.set(initializer, builder.copyInitializer(initializer));
  for (const node of graph.nodes) builder.copyNode(node, node.inputs.map((input) => copies.get(input!))).forEach((output, index) => { copies.set(node.outputs[index]!, output); });
  const [gradient] = gradients(builder, copies.get(loss)!, targets.map(({ value }) => copies.get(value)!));
  builder.output('grad.states', gradient!);
  return builder.build();
}

describe('cutGraph', () => {
  it('passes on what later segments read, and nothing else', () => {
    const [first, second, third] = cutGraph(chain().graph, 3);
    expect(first!.inputs.map(({ name }) => name)).toEqual(['states', 'time']);
    expect(first!.passedOn).toHaveLength(1);
    expect(second!.inputs.map(({ name }) => name).sort()).toEqual([first!.passedOn[0]!.name, 'states', 'time'].sort());
    expect(second!.passedOn).toHaveLength(1);
    expect(third!.inputs.map(({ name }) => name).sort()).toEqual([first!.passedOn[0]!.name, second!.passedOn[0]!.name, 'time'].sort());
    expect(third!.results.map(({ name }) => name)).toEqual(['third', 'loss']);
  });

  it('cuts no more often than it may', () => {
    expect(cutGraph(chain().graph, 50)).toHaveLength(3);
    const builder = newGraph('whole');
    builder.output('y', tanh(builder, builder.input('x', 'float32', [2])));
    expect(cutGraph(builder.build(), 4)).toHaveLength(1);
  });

  it('shares the weights out evenly', () => {
    // The second weight is three times the first: two segments part between them.
    const [first, second] = cutGraph(chain().graph, 2);
    const inlined = (nodes: readonly { readonly inputs: readonly (Value | undefined)[] }[]): string[] => nodes.flatMap(({ inputs }) => inputs.flatMap((input) => (input?.initializer === undefined ? [] : [input.name as string])));
    expect(inlined(first!.nodes)).toContain('weight_0');
    expect(inlined(second!.nodes)).toContain('weight_2');
  });
});

describe('segments', () => {
  const sessions = new PlainSessions();
  afterEach(() => sessions.dispose());

  it.each([1, 2, 3])('give the gradient of the whole graph: %i', async (count) => {
    const whole = await (await sessions.acquire({ key: 'whole', build: () => withGradients(chain()) })).run(FEEDS);
    const parts = gradientParts('chain', chain(), count);
    expect(parts).toHaveLength(2 * count - 1);
    const results = await new SegmentedSession('chain', sessions, parts).run(FEEDS);
    expect(Object.keys(results).sort()).toEqual(['grad.states', 'loss', 'third']);
    expect(relativeMaximum(results['grad.states'], whole['grad.states']!)).toBeLessThanOrEqual(SAME);
  });

  it('hold one session at a time, and nothing is left behind', async () => {
    let [held, most] = [0, 0];
    const counting: Pick<SessionProvider, 'acquire'> = {
      async acquire(request) {
        const session = await sessions.acquire(request);
        held += 1;
        most = Math.max(most, held);
        return { run: (feeds) => session.run(feeds), dispose: () => { held -= 1; return session.dispose(); } };
      },
    };
    const session = new SegmentedSession('chain', counting, gradientParts('chain', chain(), 3));
    await session.run(FEEDS);
    expect([held, most]).toEqual([0, 1]);
    await expect(session.run({ time: FEEDS.time })).rejects.toThrow();
    expect(held).toBe(0);
    await session.dispose();
    await expect(session.run(FEEDS)).rejects.toThrow('must not be run after dispose');
  });

  it('name the gradient of a target after it, also where an earlier segment reads the target for something else', async () => {
    const build = (): DifferentiatedGraph => {
      const builder = newGraph('aside');
      const [time, states] = [builder.input('time', 'float32', [1, 4]), builder.input('states', 'float32', [3, 4])];
      builder.output('aside', tanh(builder, states));
      const own = tanh(builder, time);
      builder.allowCut();
      const loss = meanOfAll(builder, mul(builder, mul(builder, states, states), own));
      builder.output('loss', loss);
      return { graph: builder.build(), loss, targets: [{ name: 'grad.states', value: states }] };
    };
    const [one, two] = await Promise.all([1, 2].map((count) => new SegmentedSession('aside', sessions, gradientParts('aside', build(), count)).run(FEEDS)));
    expect(Object.keys(two!).sort()).toEqual(['aside', 'grad.states', 'loss']);
    expect(relativeMaximum(two!['grad.states'], one!['grad.states']!)).toBeLessThanOrEqual(SAME);
  });

  it('refuse what none of them reads, as one session does', async () => {
    const session = new SegmentedSession('chain', sessions, gradientParts('chain', chain(), 3));
    await expect(session.run({ ...FEEDS, 'states.t5': FEEDS.states })).rejects.toThrow('feeds must be states, time, got "states.t5"');
  });

  it('leave out what no target leads through, and work without a target', async () => {
    const { graph, loss } = chain();
    const parts = gradientParts('chain', { graph, loss, targets: [] }, 3);
    expect(parts).toHaveLength(3);
    expect(Object.keys(await new SegmentedSession('chain', sessions, parts).run(FEEDS)).sort()).toEqual(['loss', 'third']);
  });

  it('one segment is the request itself', () => {
    const request = { key: 'k', build: () => chain().graph };
    expect(inSegments(request, 1)).toBe(request);
  });
});

describe('segments of a joint transformer', () => {
  const sessions = new PlainSessions();
  afterEach(() => sessions.dispose());

  async function transformer(name: string): Promise<{ forward: DifferentiatedGraph; feeds: Record<string, Tensor>; outputs: Readonly<Record<string, Tensor>> }> {
    const { folder, inputs, outputs } = readCase('sd3-modules', 'sd3-transformer', name);
    const config = await readConfig(nodeModelFolder(folder), 'transformer/config.json', TRANSFORMER_CONFIG);
    const weights = new WeightSource({ label: 'transformer', stored: await readStoredWeights(nodeModelFolder(folder), 'transformer/', DIFFUSERS_WEIGHTS) });
    const builder = newGraph('transformer');
    const input = (key: string): Value => builder.input(key, 'float32', tensorOf(inputs, key).shape);
    const states = Object.keys(inputs).filter((key) => key.startsWith('states.')).map((key) => ({ id: key.slice('states.'.length), value: input(key) }));
    const of = (id: string): Value | undefined => states.find((stream) => stream.id === id)?.value;
    const context = joinContext(builder, { clipL: of('clip_l')!, clipG: of('clip_g')!, t5: of('t5') }, config.joint_attention_dim, 256);
    const prediction = buildTransformer(new ModuleScope(builder, weights), config, { latents: input('sample'), timestep: input('timestep'), pooled: input('pooled_projections'), context });
    builder.output('sample_out', prediction);
    const difference = sub(builder, prediction, input('target'));
    const loss = meanOfAll(builder, mul(builder, difference, difference));
    builder.output('loss', loss);
    return { forward: { graph: builder.build(), loss, targets: states.map(({ id, value }) => ({ name: `grad.${id}`, value })) }, feeds: { ...inputs }, outputs };
  }

  it.each([['sd3-medium', 2], ['sd35-medium', 2], ['sd35-medium', 4], ['dual-last-no-norm-bf16', 3]] as const)('equal diffusers and torch autograd: %s in %i', async (name, count) => {
    const { forward, feeds, outputs } = await transformer(name);
    const parts = gradientParts(name, forward, count);
    expect(parts).toHaveLength(2 * count - 1);
    const results = await new SegmentedSession(name, sessions, parts).run(feeds);
    // As the transformer's own tests have them.
    expect(relativeMaximum(results['sample_out'], tensorOf(outputs, 'sample'))).toBeLessThanOrEqual(2e-5);
    for (const { name: output } of forward.targets) expect(relativeL2(results[output], tensorOf(outputs, output.replace('grad.', 'gradient.'))), output).toBeLessThanOrEqual(1e-4);
  });
});
