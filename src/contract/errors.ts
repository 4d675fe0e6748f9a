/** What a failure means for the person who runs the program: it decides the exit code (2 for input, 1 for the rest, 130 for cancelled). */
export type ErrorKind = 'input' | 'run' | 'cancelled' | 'internal';

/** A failure as data: it crosses process borders unchanged, and its text is made at the edge by {@link describeError}. */
export interface ErrorData {
  /** Stable machine-readable name, `area.rule`, for example `safetensors.overlap`. */
  readonly code: string;
  readonly kind: ErrorKind;
  /** Where: the thing that is wrong, in the user's words, for example `Sample "portrait"` or `unet/config.json`. */
  readonly where: string;
  /** The rule that was broken, as a clause, for example `steps must be 1..1000`. */
  readonly rule: string;
  /** What was got instead, already printable. */
  readonly got?: string;
  /** What to do next, as a sentence. */
  readonly hint?: string;
  readonly nodeId?: string;
  readonly port?: string;
  readonly path?: string;
}

/** The only error class that the program throws on purpose. */
export class AppError extends Error {
  readonly data: ErrorData;

  constructor(data: ErrorData, options?: { cause?: unknown }) {
    super(describeError(data), options);
    this.name = 'AppError';
    this.data = data;
  }
}

/** Makes the one-sentence text of a failure: `where: rule, got X. Hint`. */
export function describeError(data: ErrorData): string {
  const got = data.got === undefined ? '' : `, got ${data.got}`;
  const hint = data.hint === undefined ? '' : `. ${data.hint}`;
  return `${data.where}: ${data.rule}${got}${hint}`;
}

/** An error for bad input (exit code 2). */
export function inputError(code: string, where: string, rule: string, more: Partial<ErrorData> = {}): AppError {
  return new AppError({ code, kind: 'input', where, rule, ...more });
}

/** An error for something that failed while running (exit code 1). */
export function runError(code: string, where: string, rule: string, more: Partial<ErrorData> = {}): AppError {
  return new AppError({ code, kind: 'run', where, rule, ...more });
}

/** An error for a broken promise inside the program itself. */
export function internalError(code: string, where: string, rule: string, more: Partial<ErrorData> = {}): AppError {
  return new AppError({ code, kind: 'internal', where, rule, ...more });
}

/** The error that a cancelled run ends with (exit code 130). */
export function cancelledError(where: string): AppError {
  return new AppError({ code: 'run.cancelled', kind: 'cancelled', where, rule: 'the run was cancelled' });
}

/** Turns anything thrown into data; what isn't an {@link AppError} becomes `internal.unexpected` (or `run.unexpected` with `kind`). */
export function toErrorData(thrown: unknown, where = 'Engram Studio', kind: ErrorKind = 'internal'): ErrorData {
  if (thrown instanceof AppError) return thrown.data;
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  return { code: `${kind}.unexpected`, kind, where, rule: text };
}
