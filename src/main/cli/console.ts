import { describeError, type ErrorData } from '../../contract/errors.ts';

/** Where a command writes: results to `out`, everything else to `err`. */
export interface Console {
  out(text: string): void;
  err(text: string): void;
  /** Whether `err` is a terminal that can show moving bars. */
  readonly interactive: boolean;
}

/** The process's own streams. */
export function processConsole(): Console {
  return {
    out: (text) => { process.stdout.write(`${text}\n`); },
    err: (text) => { process.stderr.write(`${text}\n`); },
    interactive: process.stderr.isTTY === true && process.env['CI'] === undefined,
  };
}

/** Prints faults, one line each. */
export function printErrors(console: Console, errors: readonly ErrorData[]): void {
  for (const error of errors) console.err(`error: ${describeError(error)} [${error.code}]`);
}

/** A duration for people: `0.4 s`, `12 s`, `3 min 05 s`, `2 h 07 min`. */
export function printDuration(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const whole = Math.round(seconds);
  if (whole >= 3600) return `${Math.floor(whole / 3600)} h ${String(Math.floor((whole % 3600) / 60)).padStart(2, '0')} min`;
  return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
}
