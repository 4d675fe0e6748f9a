import { mkdir, readdir, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { errorCode } from '../file-system.ts';

const NAME = /^(\d+)-[0-9a-f-]{36}$/;

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
}

/** Makes a folder of this worker's own for outputs on their way to the store, and removes those of workers that were killed. */
export async function openScratch(folder: string): Promise<string> {
  const own = join(folder, `${process.pid}-${randomUUID()}`);
  await mkdir(own, { recursive: true });
  for (const name of await readdir(folder)) {
    const pid = NAME.exec(name)?.[1];
    if (pid !== undefined && !isRunning(Number(pid))) await rm(join(folder, name), { recursive: true, force: true });
  }
  return realpath(own);
}
