import type { ErrorData } from '../../contract/errors.ts';

/** Something that the user should see and that stops nothing. Data: its text is made at the edge, as that of an error. */
export interface EngramWarning extends Pick<ErrorData, 'code' | 'where' | 'rule' | 'got' | 'hint'> {
  /** The text stream that it is about. */
  readonly stream: string;
  /** The keys (token ids) that it is about. */
  readonly keys: readonly (readonly number[])[];
}

/** Makes the one-line text of a warning: `where: rule, got X. Hint`. */
export function describeWarning(warning: EngramWarning): string {
  const got = warning.got === undefined ? '' : `, got ${warning.got}`;
  const hint = warning.hint === undefined ? '' : `. ${warning.hint}`;
  return `${warning.where}: ${warning.rule}${got}${hint}`;
}
