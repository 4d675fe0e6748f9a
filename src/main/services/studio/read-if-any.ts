import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { runError } from '../../../contract/errors.ts';
import { errorCode } from '../file-system.ts';

/** The text of a file; undefined when it isn't there. @throws AppError `files.read`. */
export async function readIfAny(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw runError('files.read', basename(path), 'must be readable', { got: (error as Error).message, path });
  }
}
