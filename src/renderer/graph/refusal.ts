import { inputError, type AppError, type ErrorData } from '../../contract/errors.ts';

/** A refusal: `code` is `edit.RULE`. */
export function refusal(rule: string, where: string, text: string, more: Partial<ErrorData> = {}): AppError {
  return inputError(`edit.${rule}`, where, text, more);
}
