import { z } from 'zod';

/** What can be said of a value without moving it: enough for checks. */
export interface ValueDescription {
  /** What was found, in a sentence; reports only. */
  readonly title?: string;
  /** Sizes of the value as one array: Image [N, H, W, 3], Latents [N, C, h, w], Table [rows, d] per stream one after another; absent where there is no such thing. */
  readonly shape?: readonly number[];
  /** SHA-256 over sizes and numbers, hex; equal values, equal hashes. Labels, prompts and names of files are no part of it. */
  readonly hash?: string;
  /** Mean of all numbers (images: 0..255), summed in float64. */
  readonly mean?: number;
  /** Findings by name: those of a report; of numbers their `deviation`, `smallest` and `largest`. */
  readonly facts: Readonly<Record<string, string | number | boolean>>;
}

/** {@link ValueDescription}, as it comes in from another process. */
export const valueDescriptionSchema = z.object({
  title: z.string().optional(),
  shape: z.array(z.number()).optional(),
  hash: z.string().optional(),
  mean: z.number().optional(),
  facts: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
});

/** What a node has found, as a run tells it. */
export const findingSchema = z.object({ title: z.string(), facts: valueDescriptionSchema.shape.facts });
export type Finding = z.infer<typeof findingSchema>;
