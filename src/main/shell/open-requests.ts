import { resolve } from 'node:path';
import { GRAPH_ENDING } from '../services/studio/graph-text.ts';
import { TABLE_ENDING } from '../services/studio/folder-listing.ts';

/** Files that the system may ask this program to open. */
export function isOpenable(path: string): boolean {
  return path.endsWith(GRAPH_ENDING) || path.endsWith(TABLE_ENDING);
}

/**
 * The file named on a command line; switches are passed over.
 * @param workFolder What relative paths count from: that of the process that was started.
 */
export function fileAmong(args: readonly string[], workFolder: string): string | undefined {
  const named = args.find((argument) => !argument.startsWith('-') && isOpenable(argument));
  return named === undefined ? undefined : resolve(workFolder, named);
}
