import { join } from 'node:path';
import type { BatchEvent, RowOutput } from '../../../contract/batch-events.ts';
import type { ErrorData } from '../../../contract/errors.ts';
import type { StudioBatch } from '../../../contract/studio-api.ts';
import { resultId } from './results.ts';

/** Pictures of the last rows that are kept for the panel. */
const RECENT = 8;
const MOST_WARNINGS = 20;

type Progress = Pick<StudioBatch, 'counts' | 'secondsLeft' | 'secondsPerRow' | 'running' | 'recent' | 'warnings' | 'error'>;

/** What a window is told of a batch that is being worked on, put together from the events of the batch service. */
export class BatchTracker {
  phase: 'planning' | 'running' | 'pausing' | 'paused' = 'planning';
  private counts: StudioBatch['counts'];
  private pace: Pick<StudioBatch, 'secondsLeft' | 'secondsPerRow'> = {};
  private readonly running = new Map<number, StudioBatch['running'][number]>();
  private recent: string[] = [];
  private warnings: ErrorData[] = [];
  private error: ErrorData | undefined;

  /** @param onOutput Told of every file that a row has made. */
  constructor(private readonly id: string, private readonly outputFolder: string, private readonly onOutput: (output: RowOutput, path: string) => void) {}

  apply(event: BatchEvent): void {
    switch (event.type) {
      case 'batch-start': this.phase = 'running'; this.counts = event.counts; return;
      case 'row-start': this.running.set(event.row, { row: event.row + 1, output: event.output }); return;
      case 'row-progress': return this.step(event.row, event.event);
      case 'row-done': this.running.delete(event.row); return this.made(event.result.outputs);
      case 'row-failed': case 'row-back': this.running.delete(event.row); return;
      case 'batch-progress': {
        const { counts, secondsLeft, secondsPerRow } = event;
        this.counts = counts;
        this.pace = { ...(secondsLeft === undefined ? {} : { secondsLeft }), ...(secondsPerRow === undefined ? {} : { secondsPerRow }) };
        return;
      }
      case 'batch-warning': return this.warn(event.warning);
      case 'batch-paused': this.phase = 'paused'; this.error = event.error; return;
      case 'batch-resumed': this.phase = 'running'; this.error = undefined; return;
      case 'batch-end': this.counts = event.counts; this.running.clear(); return;
    }
  }

  warn(warning: ErrorData): void {
    this.warnings = [...this.warnings, warning].slice(-MOST_WARNINGS);
  }

  progress(): Progress {
    return {
      ...(this.counts === undefined ? {} : { counts: this.counts }), ...this.pace, running: [...this.running.values()], recent: this.recent, warnings: this.warnings,
      ...(this.error === undefined ? {} : { error: this.error }),
    };
  }

  private step(row: number, event: Extract<BatchEvent, { type: 'row-progress' }>['event']): void {
    const known = this.running.get(row);
    if (known !== undefined && event.type === 'node-progress') this.running.set(row, { ...known, done: event.progress.done, total: event.progress.total });
  }

  private made(outputs: readonly RowOutput[]): void {
    for (const output of outputs) {
      const path = join(this.outputFolder, ...output.file.split('/'));
      if (output.kind === 'image') this.recent = [resultId(this.id, path), ...this.recent].slice(0, RECENT);
      this.onOutput(output, path);
    }
  }
}
