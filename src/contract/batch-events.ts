import { z } from 'zod';
import type { PlannedRow } from './batch-plan.ts';
import type { ErrorData } from './errors.ts';
import type { RunEvent } from './run-events.ts';

const hash = z.string().regex(/^[0-9a-f]{64}$/);

/** A file that a row has made, as the journal keeps it. */
export const rowOutputSchema = z.object({
  /** Id of the node that wrote it. */
  node: z.string(),
  kind: z.enum(['image', 'contact-sheet', 'table', 'report', 'data']),
  /** Path below the output folder, with `/` and its ending. */
  file: z.string().min(1),
  bytes: z.int().min(0),
  /** SHA-256 of the file. */
  sha256: hash,
  /** SHA-256 over width, height and pixels before they were encoded; images only. */
  pixels: z.string().optional(),
  /** Content key of the node that wrote it. */
  key: hash,
});
export type RowOutput = z.infer<typeof rowOutputSchema>;

/** What a finished row leaves in the journal. */
export const rowResultSchema = z.object({
  outputs: z.array(rowOutputSchema),
  /** Device key that it was computed with; null where nothing needs a device. */
  device: z.string().nullable(),
  /** `rendered`: something was computed on the device for it; `cached`: all of that was in the cache; `adopted`: its files were there already. */
  how: z.enum(['rendered', 'cached', 'adopted']),
});
export type RowResult = z.infer<typeof rowResultSchema>;

/** A row with what has become of it so far: what manifests, sheets and galleries are made from. */
export interface BatchRowRecord {
  readonly row: PlannedRow;
  readonly state: 'waiting' | 'running' | 'done' | 'failed' | 'cancelled';
  /** Failures of its own. */
  readonly attempts: number;
  /** Time from start to end of its last run; rows that run side by side share it. Undefined before. */
  readonly seconds?: number;
  /** When that ended, milliseconds since 1970. */
  readonly endedAt?: number;
  /** There exactly when it is done. */
  readonly result?: RowResult;
  /** Why it failed the last time. */
  readonly error?: ErrorData;
}

/** How many rows are where. */
export interface BatchCounts {
  readonly total: number;
  readonly done: number;
  readonly failed: number;
  readonly cancelled: number;
}

/** What was found when a batch was taken up: nothing of it is an error. */
export interface BatchRecovery {
  /** Outputs whose SHA-256 is what the journal says. */
  readonly verified: number;
  /** Rows whose outputs were there without a line in the journal. */
  readonly adopted: number;
  /** Rows whose outputs are gone or have changed since: they run again. */
  readonly lost: number;
  /** Files that were changed by somebody, and where they were put. */
  readonly setAside: readonly string[];
  /** Rows that were running when the process before this one died. */
  readonly interrupted: number;
  /** Temporary files that were removed. */
  readonly swept: number;
}

/** What a batch tells its watchers, in order. Plain data: the same for terminal, window, browser and worker. `row` is its index. */
export type BatchEvent =
  | { readonly type: 'batch-start'; readonly name: string; readonly outputFolder: string; readonly width: number; readonly counts: BatchCounts; readonly recovery: BatchRecovery; readonly resumed: boolean }
  | { readonly type: 'row-start'; readonly row: number; readonly output: string; readonly labels: Readonly<Record<string, string>> }
  | { readonly type: 'row-progress'; readonly row: number; readonly event: RunEvent }
  | { readonly type: 'row-done'; readonly row: number; readonly output: string; readonly result: RowResult; readonly seconds: number }
  /** `final`: it isn't tried again unless somebody asks. */
  | { readonly type: 'row-failed'; readonly row: number; readonly output: string; readonly error: ErrorData; readonly attempts: number; readonly final: boolean }
  /** Not its fault: it waits again. */
  | { readonly type: 'row-back'; readonly row: number; readonly output: string; readonly because: ErrorData }
  /** `secondsLeft` is measured, without pauses and without rows that came from the cache; left out until there is something to measure. */
  | { readonly type: 'batch-progress'; readonly counts: BatchCounts; readonly secondsLeft?: number; readonly secondsPerRow?: number }
  | { readonly type: 'batch-warning'; readonly warning: ErrorData }
  | { readonly type: 'batch-paused'; readonly reason: string; readonly error?: ErrorData }
  | { readonly type: 'batch-resumed' }
  | { readonly type: 'batch-end'; readonly status: BatchStatus; readonly counts: BatchCounts; readonly seconds: number };

/** `done`: every row is done; `failed`: all have run and some failed; `paused`: it stopped by itself and can go on, `error` says why; `cancelled`: stopped by the user, and can go on. */
export type BatchStatus = 'done' | 'failed' | 'paused' | 'cancelled';

/** What a batch comes to. */
export interface BatchSummary {
  readonly status: BatchStatus;
  readonly counts: BatchCounts;
  /** All rows, in plan order. */
  readonly rows: readonly BatchRowRecord[];
  readonly recovery: BatchRecovery;
  /** Files about the whole: manifest, sheets, gallery. Absolute. */
  readonly reports: readonly string[];
  /** Why it paused. */
  readonly error?: ErrorData;
}
