import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readConfig } from '../../../../../src/main/backbones/config-reader.ts';
import { ModuleScope } from '../../../../../src/main/backbones/module-scope.ts';
import { UNET_CONFIG, unetLevels } from '../../../../../src/main/backbones/sd15/unet/config.ts';
import { buildUnet } from '../../../../../src/main/backbones/sd15/unet/unet.ts';
import { DIFFUSERS_WEIGHTS, readStoredWeights } from '../../../../../src/main/backbones/weight-files.ts';
import { WeightSource } from '../../../../../src/main/backbones/weights.ts';
import { gradients } from '../../../../../src/main/core/autodiff/gradients.ts';
import type { GraphBuilder } from '../../../../../src/main/core/ir/builder.ts';
import { floatTensor, type FloatTensor, type Tensor } from '../../../../../src/main/core/ir/tensor.ts';
import type { Value } from '../../../../../src/main/core/ir/types.ts';
import { meanOfAll, mul, sub } from '../../../../../src/main/core/ops/functions.ts';
import { newGraph } from '../../../../../src/main/core/ops/registry.ts';
import { nodeModelFolder } from '../../../../support/node-model-folder.ts';
import { asFloats, readCase, relativeL2, relativeMaximum, tensorOf, type ReferenceCase } from '../../../../support/reference-case.ts';
import { runGraph } from '../../../../support/run-graph.ts';

/** The references' own float32 error reaches 5e-6 (case.json); a wrong GELU or epsilon shows at 1e-4. */
const PARITY = 2e-5;
/** The references' own float32 error reaches 1.7e-5 (case.json): small random networks are steep. */
const GRADIENT_PARITY = 1e-4;

const CASES = ['sd15', 'sd2-linear-head-list', 'odd-latents-f16', 'cosine-first-shift-bf16', 'plain-outside-nine-channels', 'sd15-two-layers-f16'];
const GRADIENT_CASES = [
  'sd15-77-tokens', 'sd15-9-tokens', 'sd2-linear-head-list-77-tokens', 'sd2-linear-head-list-5-tokens', 'odd-latents-f16-77-tokens', 'odd-latents-f16-12-tokens',
  'cosine-first-shift-bf16-77-tokens', 'cosine-first-shift-bf16-3-tokens', 'plain-outside-nine-channels-77-tokens', 'plain-outside-nine-channels-6-tokens',
  'sd15-two-layers-f16-77-tokens', 'sd15-two-layers-f16-20-tokens',
];

interface BuiltUnet {
  readonly builder: GraphBuilder;
  readonly weights: WeightSource;
  readonly states: Value;
  readonly prediction: Value;
}

async function buildCase(reference: ReferenceCase): Promise<BuiltUnet> {
  const folder = nodeModelFolder(join(reference.folder, String(reference.info.folder)));
  const config = await readConfig(folder, 'config.json', UNET_CONFIG);
  const weights = new WeightSource({ label: 'unet', stored: await readStoredWeights(folder, '', DIFFUSERS_WEIGHTS) });
  const builder = newGraph('unet');
  const sample = tensorOf(reference.inputs, 'sample');
  const latents = builder.input('latents', 'float32', sample.shape);
  const timestep = builder.input('timestep', 'float32', [sample.shape[0]!]);
  const states = builder.input('states', 'float32', tensorOf(reference.inputs, 'encoder_hidden_states').shape);
  const prediction = buildUnet(new ModuleScope(builder, weights), config, unetLevels(config, 'config.json'), { latents, timestep, states });
  return { builder, weights, states, prediction };
}

function feedsOf({ inputs }: ReferenceCase): Parameters<typeof runGraph>[1] {
  const sample = tensorOf(inputs, 'sample');
  return { latents: sample, timestep: asFloats(tensorOf(inputs, 'timestep'), sample.shape[0]), states: tensorOf(inputs, 'encoder_hidden_states') };
}

/** The result of a module: what the last node in its scope makes. */
function moduleOutput(builder: GraphBuilder, module: string): Value {
  const node = builder.build().nodes.findLast(({ name }) => name.startsWith(`${module}.`));
  if (node === undefined) throw new Error(`no node of ${module}`);
  return node.outputs[0]!;
}

function firstItem({ data, shape }: Tensor): FloatTensor {
  return floatTensor((data as Float32Array).slice(0, data.length / shape[0]!), [1, ...shape.slice(1)]);
}

describe('UNet2DConditionModel', () => {
  it.each(CASES)('computes what diffusers does after every block: %s', async (name) => {
    const reference = readCase('modules', 'unet', name);
    const { builder, prediction, weights } = await buildCase(reference);
    weights.assertAllUsed();
    builder.output('sample', prediction);
    for (const output of Object.keys(reference.outputs)) {
      if (output.startsWith('trace.')) builder.output(output, moduleOutput(builder, output.slice('trace.'.length)));
    }
    const results = await runGraph(builder.build(), feedsOf(reference));
    for (const [output, expected] of Object.entries(reference.outputs)) {
      // Traces were kept of the first item of the batch alone.
      const actual = output.startsWith('trace.') ? firstItem(results[output]!) : results[output];
      expect(relativeMaximum(actual, expected), output).toBeLessThanOrEqual(PARITY);
    }
  });

  it.each(GRADIENT_CASES)('has the gradient of a loss by the text states that torch finds: %s', async (name) => {
    const reference = readCase('gradients', name);
    const { builder, prediction, states } = await buildCase(reference);
    const noise = tensorOf(reference.inputs, 'noise');
    const difference = sub(builder, prediction, builder.input('noise', 'float32', noise.shape));
    const loss = meanOfAll(builder, mul(builder, difference, difference));
    const [gradient] = gradients(builder, loss, [states]);
    builder.output('loss', loss);
    builder.output('gradient', gradient!);
    // Unoptimized: preparing such a graph costs more than running it once.
    const results = await runGraph(builder.build(), { ...feedsOf(reference), noise }, { session: { graphOptimizationLevel: 'disabled' } });
    const expectedLoss = Number(tensorOf(reference.outputs, 'loss').data[0]);
    expect(Math.abs(Number(results.loss!.data[0]) - expectedLoss) / expectedLoss).toBeLessThanOrEqual(1e-5);
    expect(relativeL2(results.gradient, tensorOf(reference.outputs, 'encoder_hidden_states_gradient'))).toBeLessThanOrEqual(GRADIENT_PARITY);
  });
});
