import { createHash } from 'node:crypto';
import { extname } from 'node:path';
import type { RowOutput } from '../../../contract/batch-events.ts';
import { runError } from '../../../contract/errors.ts';
import type { StoredOutput } from './done-records.ts';
import { outputName, type FleetBatchId } from './names.ts';
import type { Store } from './store.ts';

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/**
 * Puts an output into the store under its own name. What lies there is never replaced, since a record may speak of it: where another worker has put other bytes
 * (a row that two had, on different devices), this output gets its hash into its name, and the row's record says which one counts.
 * @returns the name in the store.
 */
export async function storeOutput(store: Store, batch: FleetBatchId, output: RowOutput, bytes: Uint8Array): Promise<string> {
  const name = outputName(batch, output.file);
  if (await store.create(name, bytes)) return name;
  const there = await store.get(name);
  if (there !== undefined && sha256(there) === output.sha256) return name;
  const ending = extname(name);
  const other = `${name.slice(0, name.length - ending.length)}~${output.sha256.slice(0, 12)}${ending}`;
  await store.create(other, bytes);
  return other;
}

/**
 * An output of a finished row, checked against its record; undefined when the store hasn't got it any more.
 * @throws AppError `store.damaged`.
 */
export async function readOutput(store: Store, output: StoredOutput): Promise<Uint8Array | undefined> {
  const bytes = await store.get(output.stored);
  if (bytes === undefined || sha256(bytes) === output.sha256) return bytes;
  throw runError('store.damaged', `Store ${store.location}`, `"${output.stored}" must have the SHA-256 of its record`, { got: sha256(bytes), hint: 'Remove that file and submit the batch again' });
}
