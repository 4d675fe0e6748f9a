import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { runError } from '../../contract/errors.ts';
import { PAGE_TYPES } from './page-policy.ts';

/** One file of the page. */
export interface PageFile {
  readonly type: string;
  readonly bytes: Uint8Array;
}

/**
 * Reads the files of the built page. Addresses are looked up in this list: none ever becomes a path.
 * @param folder `dist/renderer`.
 * @returns files by address (`/studio.js`), the page itself also under `/`.
 * @throws AppError `studio.not-built`.
 */
export async function readPageFiles(folder: string): Promise<ReadonlyMap<string, PageFile>> {
  const files = new Map<string, PageFile>();
  const names = await readdir(folder).catch((): string[] => []);
  for (const name of names.sort()) {
    const type = PAGE_TYPES[extname(name)];
    if (type === undefined || name.startsWith('.')) continue;
    files.set(`/${name}`, { type, bytes: await readFile(join(folder, name)) });
  }
  const page = files.get('/index.html');
  if (page === undefined || !files.has('/studio.js')) throw runError('studio.not-built', folder, 'must hold the built studio', { hint: '`npm start` and `npm test` build it' });
  return files.set('/', page);
}
