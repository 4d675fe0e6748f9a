import { describe, expect, it } from 'vitest';
import { readConfig } from '../../../../src/main/backbones/config-reader.ts';
import { ModuleScope } from '../../../../src/main/backbones/module-scope.ts';
import { checkTransformerConfig, TRANSFORMER_CONFIG } from '../../../../src/main/backbones/sd3/transformer/config.ts';
import { joinContext } from '../../../../src/main/backbones/sd3/transformer/context.ts';
import { buildTransformer } from '../../../../src/main/backbones/sd3/transformer/transformer.ts';
import { DIFFUSERS_WEIGHTS, readStoredWeights } from '../../../../src/main/backbones/weight-files.ts';
import { WeightSource } from '../../../../src/main/backbones/weights.ts';
import { gradients } from '../../../../src/main/core/autodiff/gradients.ts';
import type { GraphBuilder } from '../../../../src/main/core/ir/builder.ts';
import { floatTensor, type FloatTensor, type Tensor } from '../../../../src/main/core/ir/tensor.ts';
import type { Value } from '../../../../src/main/core/ir/types.ts';
import { meanOfAll, mul, sub } from '../../../../src/main/core/ops/functions.ts';
import { newGraph } from '../../../../src/main/core/ops/registry.ts';
import { fakeModelFolder, nodeModelFolder } from '../../../support/node-model-folder.ts';
import { readCase, relativeL2, relativeMaximum, tensorOf, type ReferenceCase } from '../../../support/reference-case.ts';
import { runGraph } from '../../../support/run-graph.ts';

/** The references' own float32 error reaches 1e-6 (case.json); a swapped modulation or a wrong epsilon shows at 1e-4 and above. */
const PARITY = 2e-5;
/** The references' own float32 error reaches 2e-5 (case.json). */
const GRADIENT_PARITY = 1e-4;

const CASES = ['sd3-medium', 'sd35-medium', 'sd35-large-f16-shards', 'dual-last-no-norm-bf16', 'one-block-no-t5'];
const STREAMS = ['clip_l', 'clip_g', 't5'];
/** Tokens of zeros where T5 is absent, as in StableDiffusion3Pipeline. */
const ABSENT_TOKENS = 256;

interface Built {
  readonly builder: GraphBuilder;
  readonly states: Readonly<Record<string, Value>>;
  readonly prediction: Value;
}

async function buildCase(reference: ReferenceCase): Promise<Built> {
  const folder = nodeModelFolder(reference.folder);
  const config = await readConfig(folder, 'transformer/config.json', TRANSFORMER_CONFIG);
  checkTransformerConfig(config, 'config.json');
  const weights = new WeightSource({ label: 'transformer', stored: await readStoredWeights(folder, 'transformer/', DIFFUSERS_WEIGHTS) });
  const builder = newGraph('transformer');
  const input = (name: string, as = name): Value => builder.input(as, 'float32', tensorOf(reference.inputs, name).shape);
  const [latents, timestep, pooled] = [input('sample', 'latents'), input('timestep'), input('pooled_projections')];
  const states = Object.fromEntries(STREAMS.filter((id) => `states.${id}` in reference.inputs).map((id) => [id, input(`states.${id}`)]));
  const context = joinContext(builder, { clipL: states['clip_l']!, clipG: states['clip_g']!, t5: states['t5'] }, config.joint_attention_dim, ABSENT_TOKENS);
  const prediction = buildTransformer(new ModuleScope(builder, weights), config, { latents, timestep, context, pooled });
  weights.assertAllUsed();
  return { builder, states, prediction };
}

function feedsOf({ inputs }: ReferenceCase): Record<string, Tensor> {
  const { sample, target: _, ...rest } = inputs;
  return { ...rest, latents: sample! };
}

/** Tokens of the picture behind a block: what the last node of the block's `ff` makes is added to it. */
function blockOutput(builder: GraphBuilder, layer: number): Value {
  const { nodes, cuts = [] } = builder.build();
  const block = nodes.map((node, index) => ({ node, index })).filter(({ node }) => node.name.startsWith(`transformer_blocks.${layer}.`));
  expect(cuts.length).toBeGreaterThan(layer);
  const first = block.findIndex(({ node }) => node.name.startsWith(`transformer_blocks.${layer}.ff.net.2`));
  const after = block.slice(first).filter(({ node }) => node.op === 'Add' && !node.name.includes('.net.'));
  return after[0]!.node.outputs[0]!;
}

function firstItem({ data, shape }: Tensor): FloatTensor {
  return floatTensor((data as Float32Array).slice(0, data.length / shape[0]!), [1, ...shape.slice(1)]);
}

describe('SD3Transformer2DModel', () => {
  it.each(CASES)('computes what diffusers does after every block: %s', async (name) => {
    const reference = readCase('sd3-modules', 'sd3-transformer', name);
    const { builder, prediction } = await buildCase(reference);
    builder.output('sample', prediction);
    const blocks = Object.keys(reference.outputs).filter((output) => output.startsWith('trace.transformer_blocks.'));
    for (const output of blocks) builder.output(output, blockOutput(builder, Number(output.split('.')[2])));
    const results = await runGraph(builder.build(), feedsOf(reference));
    expect(relativeMaximum(results['sample'], tensorOf(reference.outputs, 'sample'))).toBeLessThanOrEqual(PARITY);
    for (const output of blocks) expect(relativeMaximum(firstItem(results[output]!), tensorOf(reference.outputs, output)), output).toBeLessThanOrEqual(PARITY);
  });

  it.each(CASES)('has the gradient of a loss by every stream\'s states that torch finds, all in one run: %s', async (name) => {
    const reference = readCase('sd3-modules', 'sd3-transformer', name);
    const { builder, prediction, states } = await buildCase(reference);
    const target = tensorOf(reference.inputs, 'target');
    const difference = sub(builder, prediction, builder.input('target', 'float32', target.shape));
    const loss = meanOfAll(builder, mul(builder, difference, difference));
    gradients(builder, loss, Object.values(states)).forEach((gradient, index) => { builder.output(`gradient.${Object.keys(states)[index]!}`, gradient); });
    builder.output('loss', loss);
    // Unoptimized: preparing such a graph costs more than running it once.
    const results = await runGraph(builder.build(), { ...feedsOf(reference), target }, { session: { graphOptimizationLevel: 'disabled' } });
    const expected = Number(tensorOf(reference.outputs, 'loss').data[0]);
    expect(Math.abs(Number(results['loss']!.data[0]) - expected) / expected).toBeLessThanOrEqual(1e-5);
    expect(Object.keys(states).length).toBeGreaterThanOrEqual(2);
    for (const id of Object.keys(states)) {
      expect(relativeL2(results[`gradient.${id}`], tensorOf(reference.outputs, `gradient.${id}`)), id).toBeLessThanOrEqual(GRADIENT_PARITY);
    }
  });

  it.each([
    ['an unknown norm', { qk_norm: 'layer_norm' }, 'qk_norm must be "rms_norm" or null'],
    ['an unknown option', { guidance_embeds: true }, 'option "guidance_embeds" is not known'],
  ])('refuses %s', async (_title, options, message) => {
    await expect(readConfig(fakeModelFolder({ 'config.json': { json: options } }), 'config.json', TRANSFORMER_CONFIG)).rejects.toThrow(message);
  });

  it('refuses text of another width than the picture, and a second attention in a layer that is not there', async () => {
    const config = (options: object): ReturnType<typeof readConfig<typeof TRANSFORMER_CONFIG.schema.shape>> => readConfig(fakeModelFolder({ 'config.json': { json: options } }), 'config.json', TRANSFORMER_CONFIG);
    const wide = await config({ num_attention_heads: 4, attention_head_dim: 8, caption_projection_dim: 24 });
    expect(() => { checkTransformerConfig(wide, 'config.json'); }).toThrow('caption_projection_dim must be 32');
    const beyond = await config({ num_attention_heads: 4, attention_head_dim: 8, caption_projection_dim: 32, num_layers: 2, dual_attention_layers: [2] });
    expect(() => { checkTransformerConfig(beyond, 'config.json'); }).toThrow('dual_attention_layers must be layers 0..1');
  });
});
