import { resolve } from 'node:path';
import { GRAPH_ENDING, TABLE_ENDING } from '../../contract/file-endings.ts';

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
