import { realpath, stat } from 'node:fs/promises';
import { dirname, parse, relative, resolve, sep } from 'node:path';
import { inputError, runError } from '../../contract/errors.ts';
import type { Graph } from '../core/ir/types.ts';

/** Where ONNX Runtime finds the weight files of one graph. */
export interface ExternalFiles {
  /** Folder that all locations are relative to; undefined when no weight lies in a file. */
  readonly folder: string | undefined;
  /** Location of a file as it is written into the model: relative, with forward slashes. */
  location(file: string): string;
}

/** ONNX Runtime takes a location with this in it for an address in memory. */
const RESERVED = '_ORT_MEM_ADDR_';

/** The deepest folder that all paths lie in. @throws AppError when they lie on different drives. */
function commonFolder(where: string, files: readonly string[]): string {
  const [first, ...others] = files.map((file) => dirname(file));
  if (first === undefined) throw new RangeError('commonFolder: needs at least one file');
  return others.reduce((folder, other) => {
    if (parse(folder).root !== parse(other).root) {
      throw inputError('session.weights-drives', where, 'all weight files of one graph must lie on one drive', { got: `${folder} and ${other}`, hint: 'Move the model parts to one drive' });
    }
    let shared = folder;
    while (shared !== other && !other.startsWith(shared.endsWith(sep) ? shared : shared + sep)) shared = dirname(shared);
    return shared;
  }, first);
}

/** Resolves symbolic links (ONNX Runtime refuses them) and refuses what is no plain file with one name. */
async function resolveWeights(where: string, file: string): Promise<string> {
  let path: string;
  try {
    path = await realpath(resolve(file));
  } catch (error) {
    throw runError('session.weights-missing', where, 'weight file must be readable', { got: (error as Error).message, path: file, hint: 'Was the model moved while the program ran?' });
  }
  const info = await stat(path);
  if (!info.isFile()) throw inputError('session.weights-kind', where, 'weights must lie in a plain file', { got: path, path: file });
  // A second name may belong to a file outside the folders the user chose; ONNX Runtime doesn't look at that.
  if (info.nlink > 1) {
    throw inputError('session.weights-hardlink', where, 'weight file must have one name only', { got: `${path} with ${info.nlink} hard links`, path: file, hint: 'Copy the file instead of hard-linking it' });
  }
  return path;
}

/**
 * Finds one folder below which all weight files of a graph lie, links resolved.
 * @throws AppError `session.weights-*` for missing, hard-linked or special files.
 */
export async function locateExternalFiles(graph: Graph, where: string): Promise<ExternalFiles> {
  const names = new Set<string>();
  for (const { initializer } of graph.initializers) if (initializer?.kind === 'external') names.add(initializer.external.file);
  const paths = new Map<string, string>();
  for (const name of names) paths.set(name, await resolveWeights(where, name));
  if (paths.size === 0) return { folder: undefined, location: (file) => refuseUnknown(where, file) };
  const folder = commonFolder(where, [...paths.values()]);
  const locations = new Map<string, string>();
  for (const [name, path] of paths) {
    const location = relative(folder, path).split(sep).join('/');
    if (location.includes(RESERVED)) throw inputError('session.weights-name', where, `names of weight files and folders must not contain "${RESERVED}"`, { got: path, path: name });
    locations.set(name, location);
  }
  return { folder, location: (file) => locations.get(file) ?? refuseUnknown(where, file) };
}

function refuseUnknown(where: string, file: string): never {
  throw runError('session.weights-missing', where, 'every external initializer must be one of the graph', { got: file });
}
