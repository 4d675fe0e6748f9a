import { join } from 'node:path';
import { readConfig } from '../../../src/main/backbones/config-reader.ts';
import { ModuleScope } from '../../../src/main/backbones/module-scope.ts';
import { TRANSFORMER_CONFIG } from '../../../src/main/backbones/sd3/transformer/config.ts';
import { joinContext } from '../../../src/main/backbones/sd3/transformer/context.ts';
import { buildTransformer } from '../../../src/main/backbones/sd3/transformer/transformer.ts';
import { DIFFUSERS_WEIGHTS, readStoredWeights } from '../../../src/main/backbones/weight-files.ts';
import { WeightSource } from '../../../src/main/backbones/weights.ts';
import type { GraphBuilder } from '../../../src/main/core/ir/builder.ts';
import type { Tensor } from '../../../src/main/core/ir/tensor.ts';
import type { Value } from '../../../src/main/core/ir/types.ts';
import { tensorNamed } from './live.ts';
import { openFolder } from './workbench.ts';

/** Tokens of zeros where T5 is absent, as in StableDiffusion3Pipeline. */
const ABSENT_TOKENS = 256;

/** A case's transformer inside a graph under construction, for text states of any width and length. */
export async function addSd3Transformer(builder: GraphBuilder, folder: string, inputs: Readonly<Record<string, Tensor>>): Promise<{ readonly states: Readonly<Record<string, Value>>; readonly prediction: Value }> {
  const model = await openFolder(join(folder, 'transformer'));
  const config = await readConfig(model, 'config.json', TRANSFORMER_CONFIG);
  const weights = new WeightSource({ label: 'transformer', stored: await readStoredWeights(model, '', DIFFUSERS_WEIGHTS) });
  const input = (name: string): Value => builder.input(name, 'float32', tensorNamed(inputs, name).shape);
  const streams = Object.keys(inputs).filter((name) => name.startsWith('states.'));
  const states = Object.fromEntries(streams.map((name) => [name.slice('states.'.length), input(name)]));
  const context = joinContext(builder, { clipL: states['clip_l'] as Value, clipG: states['clip_g'] as Value, t5: states['t5'] }, config.joint_attention_dim, ABSENT_TOKENS);
  const prediction = buildTransformer(new ModuleScope(builder, weights), config, { latents: input('sample'), timestep: input('timestep'), pooled: input('pooled_projections'), context });
  weights.assertAllUsed();
  return { states, prediction };
}

/** A case's inputs without those that the graph doesn't take. */
export function feedsOf(inputs: Readonly<Record<string, Tensor>>, ...left: readonly string[]): Record<string, Tensor> {
  return Object.fromEntries(Object.entries(inputs).filter(([name]) => !left.includes(name)));
}
