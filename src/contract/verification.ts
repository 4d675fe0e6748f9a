import type { ErrorData } from './errors.ts';

/**
 * How a picture compares with a fresh rendering of what it says of itself.
 * - `identical`: every decoded value is the same.
 * - `within-tolerance`: its content key fits, and values differ by no more than what other devices, or other versions of a lossy codec, account for.
 * - `differs`: they differ by more, or the file or its graph was changed after it was written.
 * - `missing`: a model, a table or another file that it was made from isn't there as it was.
 * - `unreadable`: the file is no picture, tells nothing of how it was made, or what it tells is damaged.
 * - `failed`: the rendering itself failed.
 */
export const VERDICTS = ['identical', 'within-tolerance', 'differs', 'missing', 'unreadable', 'failed'] as const;
export type Verdict = (typeof VERDICTS)[number];

/** The channels of a pixel, in their order. */
export const CHANNELS = ['red', 'green', 'blue'] as const;

/** How the values of two pictures of one size differ. */
export interface PixelDifference {
  /** The first value that differs, row by row. `got` is the file's, `expected` the rendering's, 0..255. */
  readonly first: { readonly x: number; readonly y: number; readonly channel: (typeof CHANNELS)[number]; readonly got: number; readonly expected: number };
  /** Largest difference of a value, 1..255. */
  readonly largest: number;
  /** Values that differ, and of how many. */
  readonly values: number;
  readonly of: number;
  /** Mean difference over all values, 0..255. */
  readonly mean: number;
}

/** What verifying one picture came to. Plain data. */
export interface Verification {
  readonly path: string;
  readonly verdict: Verdict;
  /** There when sizes are equal and values aren't. */
  readonly difference?: PixelDifference;
  /** What was noticed: why it isn't identical, as far as that can be known, and what else doesn't fit. The first is the main one. */
  readonly notes: readonly ErrorData[];
  /** Device keys: the file's and the rendering's. */
  readonly device?: { readonly got: string | null; readonly expected: string | null };
  /** Time of the rendering. */
  readonly seconds?: number;
}
