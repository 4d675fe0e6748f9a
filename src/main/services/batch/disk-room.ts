import { runError, type AppError } from '../../../contract/errors.ts';
import type { FileSystem } from '../file-system.ts';

/** A disk with less than this is as good as full: the system itself needs some, and so does the journal. */
export const MINIMUM_FREE_BYTES = 256 * 1024 * 1024;

/** How many outputs of the largest size so far must still fit, before another row is begun. */
const SPARE_OUTPUTS = 8;

export interface DiskRoomOptions {
  readonly folder: string;
  readonly fileSystem: FileSystem;
  /** Bytes that all outputs may take; unlimited when left out. */
  readonly quota?: number;
  /** Bytes that must stay free on the disk. */
  readonly minimumFree?: number;
}

/** A size for people: `1.5 GB` (powers of 1000). */
export function printBytes(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  let [value, unit] = [bytes, 0];
  for (; value >= 1000 && unit < units.length - 1; unit += 1) value /= 1000;
  return `${unit === 0 ? String(value) : value.toFixed(1)} ${units[unit] as string}`;
}

/** Watches over what a batch takes of the disk: stops it in time, and says how much is needed. */
export class DiskRoom {
  private used = 0;
  private rows = 0;
  private largest = 0;

  constructor(private readonly options: DiskRoomOptions) {}

  /** Bytes of all outputs so far. */
  get usedBytes(): number {
    return this.used;
  }

  /** A row's outputs are there. */
  add(bytes: number): void {
    this.used += bytes;
    this.rows += 1;
    this.largest = Math.max(this.largest, bytes);
  }

  /** Rows that may be under way together: with a quota one, until it is known how large its outputs are, then as many as fit. */
  get rowsThatFit(): number {
    const { quota } = this.options;
    if (quota === undefined) return Infinity;
    return this.rows === 0 ? 1 : Math.floor((quota - this.used) / Math.max(1, this.used / this.rows));
  }

  /**
   * Whether one more row may begin.
   * @param underWay Rows that have begun and whose outputs aren't counted yet.
   * @returns why not: `batch.quota` or `batch.disk-full`.
   */
  async check(underWay: number): Promise<AppError | undefined> {
    const { quota, folder } = this.options;
    const expected = this.rows === 0 ? 0 : (this.used / this.rows) * (underWay + 1);
    if (quota !== undefined && this.used + expected > quota) {
      return runError('batch.quota', folder, `outputs must take at most ${printBytes(quota)}`, {
        path: folder, got: `${printBytes(this.used)} so far and ${printBytes(expected / (underWay + 1))} per row`, hint: 'Nothing is lost: raise the quota with --quota and run the same command again',
      });
    }
    return this.checkFree();
  }

  private async checkFree(): Promise<AppError | undefined> {
    const { folder, fileSystem, minimumFree = MINIMUM_FREE_BYTES } = this.options;
    const { bavail, bsize } = await fileSystem.statfs(folder);
    const needed = minimumFree + SPARE_OUTPUTS * this.largest;
    if (bavail * bsize >= needed) return undefined;
    return runError('batch.disk-full', folder, `disk must have ${printBytes(needed)} free`, {
      path: folder, got: printBytes(bavail * bsize), hint: 'Nothing is lost: free some space and run the same command again',
    });
  }
}
