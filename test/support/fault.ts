import { expect } from 'vitest';
import { AppError, type ErrorData } from '../../src/contract/errors.ts';

/** The data of the AppError that an action throws; fails when it throws something else or nothing. */
export async function faultOf(action: () => unknown): Promise<ErrorData> {
  try {
    await action();
  } catch (error) {
    expect(error).toBeInstanceOf(AppError);
    return (error as AppError).data;
  }
  throw new Error('expected an AppError, nothing was thrown');
}
