import { SingleBar } from 'cli-progress';
import { describeError } from '../../contract/errors.ts';
import type { Progress } from '../../contract/node.ts';
import type { RunEvent, RunReason } from '../../contract/run-events.ts';
import { printDuration, type Console } from './console.ts';

/** Without a terminal a line is printed at most this often per node. */
const LINE_EVERY_MS = 5000;

function printReason(reason: RunReason): string {
  switch (reason.kind) {
    case 'first-run': return '';
    case 'side-effects': return '';
    case 'memory-only': return '';
    case 'evicted': return ' (unchanged, but no longer in the cache)';
    case 'lost': return ' (again: its values were lost with the engine process)';
    case 'changed': return ` (again: ${reason.changes.join('; ')})`;
  }
}

function printProgress({ done, total, message, secondsLeft }: Progress): string {
  const left = secondsLeft === undefined || done >= total ? '' : `, ${printDuration(secondsLeft * 1000)} left`;
  return `${done}/${total}${left}${message === undefined ? '' : `  ${message}`}`;
}

/** How far one running node is, on a terminal (a moving bar) or in a log (a line now and then). */
interface NodeDisplay {
  update(progress: Progress): void;
  close(): void;
}

function barDisplay(nodeId: string): NodeDisplay {
  const bar = new SingleBar({ format: '  {node} [{bar}] {text}', barsize: 24, hideCursor: true, clearOnComplete: true, stopOnComplete: false, stream: process.stderr, autopadding: true });
  let started = false;
  return {
    update(progress) {
      const payload = { node: nodeId, text: printProgress(progress) };
      if (!started) bar.start(progress.total, progress.done, payload);
      else bar.update(progress.done, payload);
      started = true;
    },
    close: () => { bar.stop(); },
  };
}

function lineDisplay(nodeId: string, console: Console): NodeDisplay {
  let printedAt = performance.now();
  return {
    update(progress) {
      if (performance.now() - printedAt < LINE_EVERY_MS && progress.done < progress.total) return;
      if (progress.total <= 1) return;
      printedAt = performance.now();
      console.err(`    ${nodeId}: ${printProgress(progress)}`);
    },
    close: () => undefined,
  };
}

/** Shows a run's events as they come. */
export class RunDisplay {
  private display: NodeDisplay | undefined;
  private readonly titles: Readonly<Record<string, string>>;

  /** @param titles What to call each node, by id. */
  constructor(private readonly console: Console, titles: Readonly<Record<string, string>>) {
    this.titles = titles;
  }

  show(event: RunEvent): void {
    switch (event.type) {
      case 'node-start': {
        this.console.err(`  ${event.index + 1}/${event.total} ${this.title(event.nodeId)}${printReason(event.reason)}`);
        this.display = this.console.interactive ? barDisplay(event.nodeId) : lineDisplay(event.nodeId, this.console);
        return;
      }
      case 'node-progress': return this.display?.update(event.progress);
      case 'node-warning': return this.line(`    warning: ${describeError(event.warning)}`);
      case 'node-done': {
        this.close();
        const how = event.cached === false ? printDuration(event.ms) : `from the cache (${event.cached})`;
        this.console.err(event.cached === false ? `    done in ${how}` : `  ${this.title(event.nodeId)}: ${how}`);
        for (const { title } of event.findings ?? []) this.line(`    ${title}`);
        return;
      }
      case 'node-error': {
        this.close();
        this.console.err(`    error: ${describeError(event.error)} [${event.error.code}]`);
        for (const [name, value] of Object.entries(event.inputs)) this.console.err(`      ${name}: ${value}`);
        return;
      }
      case 'node-skipped': return this.console.err(`  ${this.title(event.nodeId)}: skipped, ${event.because}`);
      default: return undefined;
    }
  }

  /** Ends a bar that is still shown. */
  close(): void {
    this.display?.close();
    this.display = undefined;
  }

  private line(text: string): void {
    this.console.err(text);
  }

  private title(nodeId: string): string {
    return this.titles[nodeId] ?? nodeId;
  }
}
