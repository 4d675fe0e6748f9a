import { createTorchGenerator } from '../../../../src/main/core/random/torch-generator.ts';
import type { ConceptTable, TableSettings } from '../../../../src/main/engram/table.ts';

export const ABSOLUTE: TableSettings = { rule: 'absolute', tanh: false, overlap: 'sum' };

/** Every combination of the switches. */
export const ALL_SETTINGS: readonly TableSettings[] = ['absolute', 'relative-norm'].flatMap((rule) =>
  [false, true].flatMap((tanh) => ['sum', 'mean'].map((overlap) => ({ rule, tanh, overlap }))),
);

/** Random numbers of unit size. */
export function randomNumbers(count: number, seed: number): Float32Array {
  return createTorchGenerator(seed).randn(Math.max(count, 16)).slice(0, count);
}

/** A table with one stream and the given keys; vectors and scale are random. */
export function tableOf(trigger: string, keys: readonly (readonly number[])[], width: number, more: Partial<ConceptTable> & { readonly seed?: number; readonly stream?: string } = {}): ConceptTable {
  const { seed = 1, stream = 'clip_l', ...rest } = more;
  const part = { stream, tokenizerHash: 'a'.repeat(64), width, keys, vectors: randomNumbers(keys.length * width, seed), scale: randomNumbers(width, seed + 100) };
  return { trigger, maxN: 7, family: 'sd15', settings: ABSOLUTE, streams: [part], provenance: {}, ...rest };
}
