import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProofContext } from '../framework/proof.ts';

/**
 * A folder for a proof that takes long: what is in it is still there when the proof was interrupted and is started again.
 * Once the proof has come to its end the folder goes, so that the next time everything is measured afresh.
 */
export async function withUnfinished<T>(context: ProofContext, name: string, body: (folder: string) => Promise<T>): Promise<T> {
  const folder = join(context.root, '.cache', 'unfinished-proofs', name);
  await mkdir(folder, { recursive: true });
  const result = await body(folder);
  await rm(folder, { recursive: true, force: true });
  return result;
}
