import type { PlannedRow } from '../../../contract/batch-plan.ts';
import type { RowOutput, RowResult } from '../../../contract/batch-events.ts';
import type { ErrorData } from '../../../contract/errors.ts';
import type { FleetPlanReader } from './fleet-plan.ts';

/** A file that a row has made on this machine. */
export interface MadeOutput extends RowOutput {
  /** Absolute path, until the row's outcome has been dealt with. */
  readonly path: string;
}

/** What became of a row. */
export type RowOutcome =
  | { readonly outputs: readonly MadeOutput[]; /** Device key; null when nothing was computed on a device. */ readonly device: string | null; readonly how: RowResult['how'] }
  | { readonly error: ErrorData };

export interface RowHooks {
  /** Aborted when the rows are to stop, within a step. */
  readonly signal: AbortSignal;
  /** Told where a row is: steps of the node that runs. */
  readonly onStep: (step: number, steps: number) => void;
  /** Called once for every row that ended by itself, before its files are removed. */
  readonly onRow: (row: PlannedRow, outcome: RowOutcome) => Promise<void>;
}

/** Rows of one plan, ready to be run on this machine. */
export interface PreparedRows {
  run(rows: readonly PlannedRow[], hooks: RowHooks): Promise<void>;
}

/** What renders: the engine on this machine, or something that only seems to, in tests of the queue. */
export interface RowRenderer {
  /** Finds all that a plan needs on this machine. @throws AppError why its rows can't be run here. */
  prepare(plan: FleetPlanReader): Promise<PreparedRows>;
}
