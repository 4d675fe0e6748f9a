import { SingleBar } from 'cli-progress';
import type { BatchCounts, BatchEvent, BatchRecovery } from '../../contract/batch-events.ts';
import { describeError } from '../../contract/errors.ts';
import { printDuration, type Console } from './console.ts';

/** Without a terminal a line about progress is printed at most this often. */
const LINE_EVERY_MS = 5000;

function printCounts({ total, done, failed, cancelled }: BatchCounts): string {
  return `${done}/${total} done${failed === 0 ? '' : `, ${failed} failed`}${cancelled === 0 ? '' : `, ${cancelled} cancelled`}`;
}

function printRecovery({ verified, adopted, lost, setAside, interrupted }: BatchRecovery): string[] {
  const parts = [
    verified > 0 ? `${verified} outputs are as they were written` : '',
    adopted > 0 ? `${adopted} rows were finished without a line in the journal` : '',
    lost > 0 ? `${lost} rows have lost outputs and are rendered again` : '',
    interrupted > 0 ? `${interrupted} rows were interrupted` : '',
  ].filter((part) => part !== '');
  return [...(parts.length === 0 ? [] : [`  ${parts.join('; ')}`]), ...setAside.map((path) => `  a changed output was moved to ${path}`)];
}

/** Shows how far a batch is: one bar on a terminal, lines elsewhere. */
export class BatchDisplay {
  private bar: SingleBar | undefined;
  private printedAt = Number.NEGATIVE_INFINITY;
  private text = '';

  constructor(private readonly console: Console) {}

  show(event: BatchEvent): void {
    switch (event.type) {
      case 'batch-start': {
        this.line(`${event.resumed ? 'Going on with' : 'Batch'} "${event.name}" in ${event.outputFolder}: ${printCounts(event.counts)}, ${event.width} rows at a time`);
        for (const text of printRecovery(event.recovery)) this.line(text);
        return this.progress(event.counts, '');
      }
      case 'batch-progress': {
        const pace = event.secondsPerRow === undefined ? '' : `, ${printDuration(event.secondsPerRow * 1000)} per row`;
        const left = event.secondsLeft === undefined ? '' : `, ${printDuration(event.secondsLeft * 1000)} left`;
        return this.progress(event.counts, `${pace}${left}`);
      }
      case 'row-failed': return this.line(`  row ${event.row + 1} (${event.output}): ${describeError(event.error)} [${event.error.code}]${event.final ? '' : '; it is tried again'}`);
      case 'row-back': return this.line(`  row ${event.row + 1} (${event.output}) waits again: ${describeError(event.because)}`);
      case 'batch-warning': return this.line(`  warning: ${describeError(event.warning)} [${event.warning.code}]`);
      case 'batch-paused': return this.line(event.error === undefined ? `Paused: ${event.reason}` : `Stopped: ${describeError(event.error)} [${event.error.code}]`);
      case 'batch-resumed': return this.line('Resumed');
      case 'row-start': case 'row-progress': case 'row-done': return undefined;
      case 'batch-end': return this.close();
    }
  }

  /** Ends a bar that is still shown. */
  close(): void {
    this.bar?.stop();
    this.bar = undefined;
  }

  private progress(counts: BatchCounts, more: string): void {
    this.text = `${printCounts(counts)}${more}`;
    const over = counts.done + counts.failed + counts.cancelled;
    if (this.console.interactive) {
      this.bar ??= this.startBar(counts.total, over);
      this.bar.update(over, { text: this.text });
      return;
    }
    if (performance.now() - this.printedAt < LINE_EVERY_MS && over < counts.total) return;
    this.printedAt = performance.now();
    this.console.err(`  ${this.text}`);
  }

  private startBar(total: number, done: number): SingleBar {
    const bar = new SingleBar({ format: '  [{bar}] {text}', barsize: 24, hideCursor: true, clearOnComplete: true, stream: process.stderr, etaAsynchronousUpdate: false });
    bar.start(total, done, { text: this.text });
    return bar;
  }

  /** A line of its own, above the bar. */
  private line(text: string): void {
    this.close();
    this.console.err(text);
  }
}
