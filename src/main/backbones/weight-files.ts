import { z } from 'zod';
import { inputError } from '../../contract/errors.ts';
import { printable } from '../core/printable.ts';
import type { SafetensorsEntry } from '../core/safetensors/header.ts';
import type { ModelFolder } from './backbone.ts';

/** A tensor of a model's weight files. */
export interface StoredWeight extends SafetensorsEntry {
  /** The file's opaque name, for {@link ExternalData}. */
  readonly file: string;
  /** What to call the file in messages. */
  readonly label: string;
}

export type StoredWeights = ReadonlyMap<string, StoredWeight>;

/** What the library that wrote a folder calls its weight files: diffusers `diffusion_pytorch_model`, transformers `model`. */
export interface WeightFileNames {
  readonly stem: string;
  /** The same weights in forms that we don't read, for the message. */
  readonly unreadable: readonly string[];
}

export const DIFFUSERS_WEIGHTS: WeightFileNames = {
  stem: 'diffusion_pytorch_model',
  unreadable: ['diffusion_pytorch_model.bin', 'diffusion_pytorch_model.fp16.bin', 'diffusion_flax_model.msgpack'],
};
export const TRANSFORMERS_WEIGHTS: WeightFileNames = {
  stem: 'model',
  unreadable: ['pytorch_model.bin', 'pytorch_model.fp16.bin', 'flax_model.msgpack', 'tf_model.h5'],
};

const shardIndexSchema = z.object({ weight_map: z.record(z.string(), z.string()) });

/**
 * Finds the weights of one model part: one file or an index of shards, full precision before the `fp16` variant.
 * @param directory Path of the part below the folder with a slash at its end, or '' for the folder itself.
 * @throws AppError when there are none that can be read, naming what was found instead.
 */
export async function readStoredWeights(folder: ModelFolder, directory: string, names: WeightFileNames): Promise<StoredWeights> {
  for (const variant of ['', 'fp16']) {
    const dotted = variant === '' ? '' : `.${variant}`;
    const single = `${names.stem}${dotted}.safetensors`;
    if (await folder.has(directory + single)) return readFiles(folder, directory, [single]);
    // The variant stands before the extension of a file, but after `index` in the name of an index.
    const shards = `${names.stem}.safetensors.index${dotted}.json`;
    if (await folder.has(directory + shards)) return readShards(folder, directory, shards);
  }
  return refuseMissing(folder, directory, names);
}

async function refuseMissing(folder: ModelFolder, directory: string, names: WeightFileNames): Promise<never> {
  const where = `${folder.label}/${directory}`;
  const found: string[] = [];
  for (const name of names.unreadable) {
    if (await folder.has(directory + name)) found.push(name);
  }
  const wanted = `${names.stem}.safetensors`;
  if (found.length === 0) throw inputError('weights.missing', where, `must hold ${wanted}`, { got: 'no weight file' });
  throw inputError('weights.format', where, `must hold ${wanted}`, {
    got: found.join(', '),
    hint: 'Only safetensors is read, because the other formats can run code or lose their dtypes: save the model with safe_serialization=True, or download its .safetensors file',
  });
}

async function readShards(folder: ModelFolder, directory: string, indexFile: string): Promise<StoredWeights> {
  const where = `${folder.label}/${directory}${indexFile}`;
  const parsed = shardIndexSchema.safeParse(await folder.readJson(directory + indexFile));
  if (!parsed.success) throw inputError('weights.shard-index', where, 'must hold "weight_map", an object of file names by key');
  const listed = Object.entries(parsed.data.weight_map);
  for (const [key, file] of listed) {
    if (!/^[^/\\]+\.safetensors$/.test(file)) {
      throw inputError('weights.shard-index', where, `weight_map "${key}" must name a .safetensors file beside it`, { got: printable(file) });
    }
  }
  const stored = await readFiles(folder, directory, [...new Set(listed.map(([, file]) => file))].sort());
  for (const [key, file] of listed) {
    const label = `${folder.label}/${directory}${file}`;
    if (stored.get(key)?.label !== label) {
      throw inputError('weights.shard-index', where, `weight_map says that "${key}" is in ${file}`, { got: stored.get(key)?.label ?? 'no such key there' });
    }
  }
  const unlisted = [...stored.keys()].find((key) => !Object.hasOwn(parsed.data.weight_map, key));
  if (unlisted !== undefined) throw inputError('weights.shard-index', where, 'weight_map must list every key of its shards', { got: `no "${unlisted}"` });
  return stored;
}

async function readFiles(folder: ModelFolder, directory: string, files: readonly string[]): Promise<StoredWeights> {
  const stored = new Map<string, StoredWeight>();
  for (const name of files) {
    const { file, index } = await folder.weights(directory + name);
    const label = `${folder.label}/${directory}${name}`;
    for (const [key, entry] of index.tensors) {
      const other = stored.get(key);
      if (other !== undefined) throw inputError('weights.duplicate', label, `key "${key}" must be in one shard only`, { got: `also in ${other.label}` });
      stored.set(key, { ...entry, file, label });
    }
  }
  return stored;
}
