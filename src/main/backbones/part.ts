import { inputError } from '../../contract/errors.ts';
import { printable } from '../core/printable.ts';
import type { ModelFolder } from './backbone.ts';
import { readObject } from './config-reader.ts';

/** What marks one part of a model: its folder's name and one entry of its config.json. */
export interface PartMark {
  /** With a slash at its end. */
  readonly directory: string;
  readonly key: string;
  readonly value: string;
}

/** The directory of a part below the folder, '' when the folder is the part itself; undefined when it is neither. */
export async function findPart(folder: ModelFolder, mark: PartMark): Promise<string | undefined> {
  for (const directory of [mark.directory, '']) {
    const path = `${directory}config.json`;
    if ((await folder.has(path)) && (await readObject(folder, path))[mark.key] === mark.value) return directory;
  }
  return undefined;
}

/** As {@link findPart}. @throws AppError when the part isn't there or is of another class. */
export async function requirePart(folder: ModelFolder, mark: PartMark): Promise<string> {
  const directory = await findPart(folder, mark);
  if (directory !== undefined) return directory;
  const path = `${mark.directory}config.json`;
  const where = `${folder.label}/${path}`;
  if (!(await folder.has(path))) throw inputError('model.part', where, 'must be in the model folder', { got: 'no such file' });
  const config = await readObject(folder, path);
  throw inputError('config.option', where, `${mark.key} must be "${mark.value}"`, { got: printable(config[mark.key]), path: mark.key });
}

/** The class name that a folder's `model_index.json` gives; undefined for a folder without one. */
export async function pipelineOf(folder: ModelFolder): Promise<string | undefined> {
  if (!(await folder.has('model_index.json'))) return undefined;
  return String((await readObject(folder, 'model_index.json'))['_class_name']);
}
