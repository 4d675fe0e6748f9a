import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ModuleScope } from '../../../src/main/backbones/module-scope.ts';
import { UNET_CONFIG, unetLevels } from '../../../src/main/backbones/sd15/unet/config.ts';
import { buildUnet } from '../../../src/main/backbones/sd15/unet/unet.ts';
import { WeightSource } from '../../../src/main/backbones/weights.ts';
import type { GraphBuilder } from '../../../src/main/core/ir/builder.ts';
import { elementCount } from '../../../src/main/core/ir/tensor.ts';
import type { Shape, Value } from '../../../src/main/core/ir/types.ts';
import { newGraph } from '../../../src/main/core/ops/registry.ts';
import { writeRandomWeights } from '../../full-size/random-weights.mjs';

/** Notes every weight that a model asks for, and gives it a place in no file. */
class AskedWeights extends WeightSource {
  readonly asked = new Map<string, Shape>();

  constructor() {
    super({ label: 'asked', stored: new Map() });
  }

  override get(builder: GraphBuilder, key: string, shape: Shape): Value {
    this.asked.set(key, shape);
    return builder.external(key, 'float32', shape, { file: 'asked', offset: 0, length: elementCount(shape) * 4 });
  }
}

/** Writes a `unet/` folder of this configuration with random weights. */
export async function writeRandomUnet(folder: string, config: Readonly<Record<string, unknown>>, seed: number): Promise<void> {
  const parsed = UNET_CONFIG.schema.parse(config);
  const weights = new AskedWeights();
  const builder = newGraph('asked');
  buildUnet(new ModuleScope(builder, weights), parsed, unetLevels(parsed, 'config.json'), {
    latents: builder.input('latents', 'float32', [1, parsed.in_channels, 8, 8]), timestep: builder.input('timestep', 'float32', [1]),
    states: builder.input('states', 'float32', [1, 2, parsed.cross_attention_dim]),
  });
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'config.json'), JSON.stringify({ _class_name: 'UNet2DConditionModel', ...config }, undefined, 2));
  writeRandomWeights(join(folder, 'diffusion_pytorch_model.safetensors'), [...weights.asked].map(([name, shape]) => ({ name, shape })), { seed });
}
