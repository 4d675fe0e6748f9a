import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder, writeError } from '../atomic-write.ts';
import { errorCode } from '../file-system.ts';

/** A name for folders out of any text. */
function stemOf(name: string): string {
  const plain = name.normalize('NFKD').replace(/[^A-Za-z0-9]+/g, '-').replace(/^-+|-+$/g, '').slice(0, 60).toLowerCase();
  // Windows keeps some names for devices; a number behind them doesn't help there, a word before does.
  return plain === '' || /^(?:con|prn|aux|nul|com[0-9]|lpt[0-9])$/.test(plain) ? `run${plain === '' ? '' : `-${plain}`}` : plain;
}

/**
 * Makes a folder of its own for the outputs of a run, `NAME-1`, `NAME-2`, …: no run overwrites what an earlier one has made.
 * @throws AppError `files.write`.
 */
export async function claimFolder(parent: string, name: string): Promise<string> {
  const stem = stemOf(name);
  try {
    await makeFolder(parent);
    const taken = (await readdir(parent)).flatMap((entry) => {
      const match = entry.startsWith(`${stem}-`) ? /^\d{1,9}$/.exec(entry.slice(stem.length + 1)) : null;
      return match === null ? [] : [Number(match[0])];
    });
    for (let number = Math.max(0, ...taken) + 1; ; number += 1) {
      try {
        await mkdir(join(parent, `${stem}-${number}`));
        return join(parent, `${stem}-${number}`);
      } catch (error) {
        if (errorCode(error) !== 'EEXIST') throw error; // another program was quicker
      }
    }
  } catch (error) {
    throw writeError(parent, error);
  }
}
