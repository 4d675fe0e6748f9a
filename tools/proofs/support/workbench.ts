import { readConfig } from '../../../src/main/backbones/config-reader.ts';
import { ModuleScope } from '../../../src/main/backbones/module-scope.ts';
import { UNET_CONFIG, unetLevels } from '../../../src/main/backbones/sd15/unet/config.ts';
import { buildUnet } from '../../../src/main/backbones/sd15/unet/unet.ts';
import type { ModelFolder } from '../../../src/main/backbones/backbone.ts';
import { DIFFUSERS_WEIGHTS, readStoredWeights } from '../../../src/main/backbones/weight-files.ts';
import { WeightSource } from '../../../src/main/backbones/weights.ts';
import type { GraphBuilder } from '../../../src/main/core/ir/builder.ts';
import { floatTensor, type FloatTensor, type Tensor } from '../../../src/main/core/ir/tensor.ts';
import type { Graph, Value } from '../../../src/main/core/ir/types.ts';
import { headerByteLength, parseSafetensorsHeader } from '../../../src/main/core/safetensors/header.ts';
import type { SessionProvider } from '../../../src/main/core/session.ts';
import { createSessionProvider, type EngineSessions } from '../../../src/main/engine/sessions.ts';
import { FileHashes } from '../../../src/main/services/file-hashes.ts';
import { openModelFolder } from '../../../src/main/services/model-folder.ts';

/** Runs `body` with CPU sessions of the real engine, in this process. */
export async function withSessions<T>(body: (sessions: EngineSessions) => Promise<T>): Promise<T> {
  const sessions = await createSessionProvider({ device: 'cpu' });
  try {
    return await body(sessions);
  } finally {
    await sessions.dispose();
  }
}

/** Opens a model folder as the program does. */
export function openFolder(path: string): Promise<ModelFolder> {
  return openModelFolder(path, { hashes: new FileHashes(undefined), header: { byteLength: headerByteLength, parse: parseSafetensorsHeader } });
}

/** Runs a graph once through the engine. */
export async function runOnce(sessions: SessionProvider, key: string, build: () => Graph, feeds: Readonly<Record<string, Tensor>>): Promise<Readonly<Record<string, Tensor>>> {
  const session = await sessions.acquire({ key, build });
  try {
    return await session.run(feeds);
  } finally {
    await session.dispose();
  }
}

/** Numbers of any type as float32; a single one is repeated `count` times. */
export function asFloats(tensor: Tensor, count = tensor.data.length): FloatTensor {
  const values = Float32Array.from(tensor.data as Float32Array | BigInt64Array, Number);
  return values.length === count ? floatTensor(values, tensor.shape) : floatTensor(new Float32Array(count).fill(values[0] as number), [count]);
}

/** A U-Net folder inside a graph under construction, for states of any length. */
export async function addUnet(builder: GraphBuilder, folder: ModelFolder, sample: Tensor, states: Tensor): Promise<{ readonly states: Value; readonly prediction: Value }> {
  const config = await readConfig(folder, 'config.json', UNET_CONFIG);
  const weights = new WeightSource({ label: 'unet', stored: await readStoredWeights(folder, '', DIFFUSERS_WEIGHTS) });
  const latents = builder.input('latents', 'float32', sample.shape);
  const timestep = builder.input('timestep', 'float32', [sample.shape[0] as number]);
  const statesValue = builder.input('states', 'float32', states.shape);
  const prediction = buildUnet(new ModuleScope(builder, weights), config, unetLevels(config, 'config.json'), { latents, timestep, states: statesValue });
  weights.assertAllUsed();
  return { states: statesValue, prediction };
}
