import { createHash } from 'node:crypto';
import type { BatchNeeds } from '../../../contract/batch-file.ts';
import type { DeviceId } from '../../../contract/devices.ts';

/** What all keys of a fleet in Redis begin with; a Redis user needs rights for `engram:*` (keys and channels). */
export const KEY_PREFIX = 'engram';

/** Fleet-wide name of a batch: 16 hex digits of its key. */
export type FleetBatchId = string;

/** The batch's name in the fleet: adding an equal batch again meets the one that is there. */
export function batchId(batchKey: string): FleetBatchId {
  return batchKey.slice(0, 16);
}

/**
 * What a row needs as part of a queue's name: `any`, `cuda`, `cuda+8192` (MiB of memory). Rows of equal needs wait in one queue.
 * @param memoryBytes What the row needs, rounded up to MiB; undefined is no need.
 */
export function needName(needs: BatchNeeds, memoryBytes: number | undefined): string {
  return memoryBytes === undefined ? needs.device : `${needs.device}+${Math.ceil(memoryBytes / 2 ** 20)}`;
}

/** Whether a worker can take rows of a need. */
export function servesNeed(need: string, device: DeviceId, memoryBytes: number): boolean {
  const [wanted, mebibytes] = need.split('+');
  return (wanted === 'any' || wanted === device) && (mebibytes === undefined || Number(mebibytes) * 2 ** 20 <= memoryBytes);
}

/** The most special needs first: a machine that alone can do something should do that. */
export function byRarity(a: string, b: string): number {
  const rank = (need: string): number => (need.startsWith('any') ? 0 : 2) + (need.includes('+') ? 1 : 0);
  return rank(b) - rank(a) || (a < b ? -1 : a > b ? 1 : 0);
}

/** BullMQ's name of the queue of one batch and need. One queue per batch lets a batch be paused, counted and removed as one. */
export function queueName(batch: FleetBatchId, need: string): string {
  return `${batch}-${need}`;
}

/** Id of a job, from the keys of its rows: adding equal rows again adds nothing. */
export function jobId(rowIds: readonly string[]): string {
  const [only] = rowIds;
  const hash = rowIds.length === 1 && only !== undefined ? only : createHash('sha256').update(rowIds.join('\n')).digest('hex');
  return `r${hash.slice(0, 32)}`;
}

/** Where the record of a finished row lies in the store. */
export function doneName(rowId: string): string {
  return `done/${rowId.slice(0, 2)}/${rowId}.json`;
}

/** Where content lies in the store that is known by its SHA-256: tables, pages of plans, files of models. */
export function contentName(sha256: string): string {
  return `contents/${sha256.slice(0, 2)}/${sha256}`;
}

/** Where an output lies in the store. */
export function outputName(batch: FleetBatchId, relative: string): string {
  return `outputs/${batch}/${relative}`;
}
