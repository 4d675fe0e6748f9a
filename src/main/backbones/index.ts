import { inputError } from '../../contract/errors.ts';
import { printable } from '../core/printable.ts';
import type { Backbone, BackboneFamily, BackbonePart, LoadOptions, ModelFolder, TextEncoders, Vae } from './backbone.ts';
import { readObject } from './config-reader.ts';
import { sd15 } from './sd15/index.ts';
import { sd3 } from './sd3/index.ts';

/** Every family of generators that can be loaded. */
export const backboneFamilies: readonly BackboneFamily[] = uniqueFamilies([sd15, sd3]);

/** The list itself, once it is sure that no id occurs twice. @throws Error naming the id. */
export function uniqueFamilies(families: readonly BackboneFamily[]): readonly BackboneFamily[] {
  families.forEach(({ id }, index) => {
    if (families.findIndex((other) => other.id === id) !== index) throw new Error(`Backbone families: "${id}" is listed twice`);
  });
  return families;
}

/**
 * The family of a folder, told from the folder's own files.
 * @param part What the folder must hold; a folder with `vae/` alone is a family's VAE but no backbone.
 * @throws AppError when no family knows the folder, or more than one does.
 */
export async function detectFamily(folder: ModelFolder, part: BackbonePart = 'backbone'): Promise<BackboneFamily> {
  const found: BackboneFamily[] = [];
  for (const family of backboneFamilies) {
    if (await family.detect(folder, part)) found.push(family);
  }
  const [first, ...others] = found;
  if (first === undefined) throw await unknownFolder(folder, part);
  if (others.length === 0) return first;
  throw inputError('backbone.ambiguous', folder.label, 'must hold the model of one family', { got: found.map(({ title }) => title).join(' and ') });
}

/** Loads a whole model folder. @throws AppError naming file, key and value for whatever can't be built as it was made. */
export async function loadBackbone(folder: ModelFolder, options: LoadOptions = {}): Promise<Backbone> {
  return (await detectFamily(folder)).load(folder, options);
}

/** Loads the text encoders and tokenizers of a model folder, or of a folder that holds nothing else. @throws AppError as {@link loadBackbone}. */
export async function loadTextEncoders(folder: ModelFolder, options: LoadOptions = {}): Promise<TextEncoders> {
  return (await detectFamily(folder, 'text encoders')).loadTextEncoders(folder, options);
}

/** Loads the VAE of a model folder, or of a folder that holds nothing else. @throws AppError as {@link loadBackbone}. */
export async function loadVae(folder: ModelFolder): Promise<Vae> {
  return (await detectFamily(folder, 'vae')).loadVae(folder);
}

async function unknownFolder(folder: ModelFolder, part: BackbonePart): Promise<Error> {
  const known = backboneFamilies.map(({ title, pipelines }) => `${title} (${pipelines.join(', ')})`).join('; ');
  return inputError('backbone.unknown', folder.label, `must hold the ${part} of a known family, as a diffusers folder`, {
    got: await describeFolder(folder),
    hint: `Known families: ${known}`,
  });
}

async function describeFolder(folder: ModelFolder): Promise<string> {
  for (const [file, key] of [['model_index.json', '_class_name'], ['config.json', '_class_name'], ['config.json', 'model_type']] as const) {
    if (!(await folder.has(file))) continue;
    const value = (await readObject(folder, file))[key];
    if (value !== undefined) return `${file} with ${key} ${printable(value)}`;
  }
  return 'a folder without model_index.json';
}
