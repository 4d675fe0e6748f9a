import type { ErrorData, ErrorKind } from '../../contract/errors.ts';

/** Exit codes of the command line: 0 done, 1 a run failed, 2 bad input, 130 cancelled. */
export const EXIT_DONE = 0;

const BY_KIND: Readonly<Record<ErrorKind, number>> = { run: 1, internal: 1, input: 2, cancelled: 130 };

/** The exit code for a list of errors: the first one decides, but a cancelled run is always 130. */
export function exitCodeOf(errors: readonly ErrorData[]): number {
  const [first] = errors;
  if (first === undefined) return EXIT_DONE;
  return errors.some((error) => error.kind === 'cancelled') ? BY_KIND.cancelled : BY_KIND[first.kind];
}
