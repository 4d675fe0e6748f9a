import type { z } from 'zod';
import { inputError } from '../../contract/errors.ts';
import { printable } from '../core/printable.ts';
import type { ModelFolder } from './backbone.ts';
import { readConfig, readObject, type ConfigSchema } from './config-reader.ts';
import { readStoredWeights, type WeightFileNames } from './weight-files.ts';
import { WeightSource, type WeightSourceOptions } from './weights.ts';

/** What marks one part of a model: its folder's name and one entry of its config.json. */
export interface PartMark {
  /** With a slash at its end. */
  readonly directory: string;
  readonly key: string;
  readonly value: string;
  /** What to do where it isn't there or is of another class. */
  readonly hint?: string;
}

/** The directory of a part below the folder, '' when the folder is the part itself; undefined when it is neither. */
export async function findPart(folder: ModelFolder, mark: PartMark): Promise<string | undefined> {
  for (const directory of [mark.directory, '']) {
    const path = `${directory}config.json`;
    if ((await folder.has(path)) && (await readObject(folder, path))[mark.key] === mark.value) return directory;
  }
  return undefined;
}

/** A part of a model whose config was read; its weights come when they are asked for, so that faults of the config are told first. */
export interface Part<Config> {
  /** Its path below the folder with a slash at its end, or '' for the folder itself. */
  readonly directory: string;
  readonly config: Config;
  /** The config file, for messages. */
  readonly where: string;
  /** Reads the headers of its weight files. */
  weights(names: WeightFileNames, keys?: Pick<WeightSourceOptions, 'spellings' | 'ignored'>): Promise<WeightSource>;
  /** Hash of the part's files. */
  fingerprint(): Promise<string>;
}

/** Finds a part below the folder, or as the folder itself, and reads its config. @throws AppError when it isn't there, is of another class, or has an option that isn't known. */
export async function openPart<Shape extends z.ZodRawShape>(folder: ModelFolder, mark: PartMark, schema: ConfigSchema<Shape>): Promise<Part<z.output<z.ZodObject<Shape, z.core.$strict>>>> {
  const directory = await requirePart(folder, mark);
  const path = `${directory}config.json`;
  return {
    directory,
    config: await readConfig(folder, path, schema),
    where: `${folder.label}/${path}`,
    weights: async (names, keys = {}) => new WeightSource({ label: `${folder.label}/${directory}`, stored: await readStoredWeights(folder, directory, names), ...keys }),
    fingerprint: () => folder.fingerprint(directory.slice(0, -1)),
  };
}

/** As {@link findPart}. @throws AppError when the part isn't there or is of another class. */
async function requirePart(folder: ModelFolder, mark: PartMark): Promise<string> {
  const directory = await findPart(folder, mark);
  if (directory !== undefined) return directory;
  const path = `${mark.directory}config.json`;
  const where = `${folder.label}/${path}`;
  const hint = mark.hint === undefined ? {} : { hint: mark.hint };
  if (!(await folder.has(path))) throw inputError('model.part', where, 'must be in the model folder', { got: 'no such file', ...hint });
  const config = await readObject(folder, path);
  throw inputError('config.option', where, `${mark.key} must be "${mark.value}"`, { got: printable(config[mark.key]), path: mark.key, ...hint });
}

/** The class name that a folder's `model_index.json` gives; undefined for a folder without one. */
export async function pipelineOf(folder: ModelFolder): Promise<string | undefined> {
  if (!(await folder.has('model_index.json'))) return undefined;
  return String((await readObject(folder, 'model_index.json'))['_class_name']);
}

/** The class that a folder's `model_index.json` names for a part (`["transformers", "T5EncoderModel"]`); null where it says that the model is without ([null, null]), undefined where it doesn't say. */
export async function partClassOf(folder: ModelFolder, name: string): Promise<string | null | undefined> {
  if (!(await folder.has('model_index.json'))) return undefined;
  const entry = (await readObject(folder, 'model_index.json'))[name];
  if (entry === undefined) return undefined;
  const named: unknown = Array.isArray(entry) ? entry[1] : undefined;
  return typeof named === 'string' ? named : null;
}
