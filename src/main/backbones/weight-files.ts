import { z } from 'zod';
import { inputError, type AppError } from '../../contract/errors.ts';
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

/** What stands in the names of the same weights in other precisions, in the order in which they are looked for: full precision first. */
const VARIANTS = ['', 'fp16', 'bf16'];

/** Missing shards that a message names. */
const MOST_NAMED = 3;

/**
 * Finds the weights of one model part: one file or an index of shards, full precision before the `fp16` and `bf16` variants. An index whose shards are not all
 * there, as a download of a variant leaves it, is passed over where other weights are whole.
 * @param directory Path of the part below the folder with a slash at its end, or '' for the folder itself.
 * @throws AppError when there are none that can be read, naming what is missing or was found instead.
 */
export async function readStoredWeights(folder: ModelFolder, directory: string, names: WeightFileNames): Promise<StoredWeights> {
  let incomplete: AppError | undefined;
  for (const variant of VARIANTS) {
    const dotted = variant === '' ? '' : `.${variant}`;
    const single = `${names.stem}${dotted}.safetensors`;
    if (await folder.has(directory + single)) return readFiles(folder, directory, [single]);
    // The variant stands before the extension of a file, but after `index` in the name of an index.
    const shards = `${names.stem}.safetensors.index${dotted}.json`;
    if (!(await folder.has(directory + shards))) continue;
    const index = await readShardIndex(folder, directory, shards);
    const missing = await missingFiles(folder, directory, index.files);
    if (missing.length === 0) return readShards(folder, directory, index);
    incomplete ??= missingShards(index.where, missing);
  }
  throw incomplete ?? (await noWeights(folder, directory, names));
}

async function noWeights(folder: ModelFolder, directory: string, names: WeightFileNames): Promise<AppError> {
  const where = `${folder.label}/${directory}`;
  const found: string[] = [];
  for (const name of names.unreadable) {
    if (await folder.has(directory + name)) found.push(name);
  }
  const wanted = `${names.stem}.safetensors`;
  if (found.length === 0) return inputError('weights.missing', where, `must hold ${wanted}`, { got: 'no weight file' });
  return inputError('weights.format', where, `must hold ${wanted}`, {
    got: found.join(', '),
    hint: 'Only safetensors is read, because the other formats can run code or lose their dtypes: save the model with safe_serialization=True, or download its .safetensors file',
  });
}

/** Which shard every key is in. */
interface ShardIndex {
  /** The index file, for messages. */
  readonly where: string;
  readonly fileOf: Readonly<Record<string, string>>;
  /** Every shard once, sorted. */
  readonly files: readonly string[];
}

async function readShardIndex(folder: ModelFolder, directory: string, indexFile: string): Promise<ShardIndex> {
  const where = `${folder.label}/${directory}${indexFile}`;
  const parsed = shardIndexSchema.safeParse(await folder.readJson(directory + indexFile));
  if (!parsed.success) throw inputError('weights.shard-index', where, 'must hold "weight_map", an object of file names by key');
  const fileOf = parsed.data.weight_map;
  for (const [key, file] of Object.entries(fileOf)) {
    if (!/^[^/\\]+\.safetensors$/.test(file)) {
      throw inputError('weights.shard-index', where, `weight_map "${key}" must name a .safetensors file beside it`, { got: printable(file) });
    }
  }
  return { where, fileOf, files: [...new Set(Object.values(fileOf))].sort() };
}

async function missingFiles(folder: ModelFolder, directory: string, files: readonly string[]): Promise<string[]> {
  const missing: string[] = [];
  for (const name of files) {
    if (!(await folder.has(directory + name))) missing.push(name);
  }
  return missing;
}

function missingShards(where: string, missing: readonly string[]): AppError {
  const more = missing.length > MOST_NAMED ? ` and ${missing.length - MOST_NAMED} more` : '';
  return inputError('weights.missing-shard', where, 'every file that weight_map names must be beside it', {
    got: `no ${missing.slice(0, MOST_NAMED).join(', ')}${more}`, hint: 'Is the download of the model complete?',
  });
}

async function readShards(folder: ModelFolder, directory: string, { where, fileOf, files }: ShardIndex): Promise<StoredWeights> {
  const stored = await readFiles(folder, directory, files);
  for (const [key, file] of Object.entries(fileOf)) {
    const label = `${folder.label}/${directory}${file}`;
    if (stored.get(key)?.label !== label) {
      throw inputError('weights.shard-index', where, `weight_map says that "${key}" is in ${file}`, { got: stored.get(key)?.label ?? 'no such key there' });
    }
  }
  const unlisted = [...stored.keys()].find((key) => !Object.hasOwn(fileOf, key));
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
