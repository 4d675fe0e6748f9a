import { basename, dirname, isAbsolute, join, resolve, sep } from 'node:path';
import { inputError, runError } from '../../contract/errors.ts';
import { printValue } from '../../contract/params.ts';
import { errorCode, nodeFileSystem, type FileSystem } from './file-system.ts';
import { makeFolder, writeError } from './atomic-write.ts';

/** `root:path`. Names have two characters or more, so that no drive letter is taken for one. */
const ROOTED = /^([A-Za-z][A-Za-z0-9_-]+):(.*)$/s;

/** Characters that some system refuses in a file name. */
const UNPORTABLE = /[<>:"|?*\\\u0000-\u001f]/;
/** Names that Windows keeps for devices, with any ending. */
const RESERVED = /^(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?$/i;

/** Folders that a graph may read from. All are folders that the user chose. */
export interface ReadScope {
  /** What relative paths count from: the graph file's folder. */
  readonly base: string;
  /** Named folders: `models:sd15` is `sd15` in the root `models`. */
  readonly roots: Readonly<Record<string, string>>;
  /** Folders that the user named for this run; absolute paths must lie in one of these, in a root or in the base. */
  readonly others?: readonly string[];
}

/** True when `path` is `folder` or lies in it. Both are real paths. */
export function isInside(folder: string, path: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

/** The real path, or undefined when there is nothing. */
export async function realPathIfAny(path: string, fileSystem: FileSystem = nodeFileSystem): Promise<string | undefined> {
  try {
    return await fileSystem.realpath(path);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG'].includes(errorCode(error) ?? '')) return undefined;
    throw runError('files.read', path, 'must be readable', { got: (error as Error).message, path });
  }
}

function candidateOf(scope: ReadScope, value: string, where: string): string {
  const rooted = ROOTED.exec(value);
  if (rooted === null) return resolve(scope.base, value);
  const [, name = '', rest = ''] = rooted;
  const root = Object.hasOwn(scope.roots, name) ? scope.roots[name] : undefined;
  if (root === undefined) {
    const known = Object.keys(scope.roots).join(', ');
    throw inputError('files.unknown-root', where, `"${name}:" must be a named model root`, { got: printValue(value), hint: known === '' ? 'There are no model roots yet: name one with --models DIR' : `Known roots: ${known}` });
  }
  if (isAbsolute(rest)) throw inputError('files.outside', where, `a path after "${name}:" must be relative`, { got: printValue(value) });
  return resolve(root, rest);
}

/**
 * The real path of what a graph names. Symbolic links are followed first: what counts is where the file really lies.
 * @param value `root:path`, a path relative to the scope's base, or an absolute path.
 * @throws AppError `files.missing`, `files.outside` or `files.unknown-root`.
 */
export async function resolveRead(scope: ReadScope, value: string, where: string): Promise<string> {
  const candidate = candidateOf(scope, value, where);
  const folders = [scope.base, ...Object.values(scope.roots), ...(scope.others ?? [])];
  const allowed = (await Promise.all(folders.map((folder) => realPathIfAny(folder)))).filter((folder): folder is string => folder !== undefined);
  const real = await realPathIfAny(candidate);
  if (real === undefined) {
    // Whether a file outside exists is nothing that a graph may find out.
    const near = await nearestReal(candidate);
    if (allowed.some((folder) => isInside(folder, near))) throw inputError('files.missing', where, 'file or folder must exist', { got: printValue(value), path: candidate });
  } else if (allowed.some((folder) => isInside(folder, real))) {
    return real;
  }
  throw inputError('files.outside', where, 'path must stay within the graph\'s folder, the model roots and the folders named for this run', {
    got: printValue(value), hint: 'Name the folder that it really lies in as a model root (--models DIR), or move the file there',
  });
}

/** The real path of the closest folder above that exists. */
async function nearestReal(path: string): Promise<string> {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    const real = await realPathIfAny(folder);
    if (real !== undefined || folder === dirname(folder)) return real ?? folder;
  }
}

function checkSegment(segment: string, value: string, where: string): void {
  const bad = segment === '' || segment === '.' || segment === '..' || UNPORTABLE.test(segment) || RESERVED.test(segment) || /[. ]$/.test(segment) || Buffer.byteLength(segment) > 200;
  if (bad) {
    throw inputError('files.name', where, 'names of files that are written must be relative, with "/" between folders, and allowed on every system (no "..", no <>:"|?*\\, no Windows device names, no dot or space at the end, at most 200 bytes each)', { got: printValue(value) });
  }
}

/**
 * The absolute path for an output of a run; its folder is made.
 * @param value Relative name with forward slashes.
 * @throws AppError `files.name` for a name that isn't portable, `files.outside` when a symbolic link leads out, `files.write` when the folder can't be made.
 */
export async function resolveWrite(outputFolder: string, value: string, where: string, fileSystem: FileSystem = nodeFileSystem): Promise<string> {
  for (const segment of value.split('/')) checkSegment(segment, value, where);
  const path = join(outputFolder, ...value.split('/'));
  await makeFolderInside(outputFolder, dirname(path), where, fileSystem);
  return join(await fileSystem.realpath(dirname(path)), basename(path));
}

/** Makes folders one by one, so that nothing is ever made behind a link that leads out. */
async function makeFolderInside(root: string, folder: string, where: string, fileSystem: FileSystem): Promise<void> {
  try {
    await makeFolder(root, fileSystem);
    const realRoot = await fileSystem.realpath(root);
    let current = realRoot;
    for (const segment of folder.slice(root.length).split(sep).filter((part) => part !== '')) {
      await makeFolder(join(current, segment), fileSystem); // fails on a file, not on a folder
      current = await fileSystem.realpath(join(current, segment));
      if (!isInside(realRoot, current)) throw inputError('files.outside', where, 'outputs must stay within the output folder', { got: current, hint: 'Remove the symbolic link that leads out of it' });
    }
  } catch (error) {
    if (errorCode(error) !== undefined) throw writeError(folder, error);
    throw error;
  }
}
