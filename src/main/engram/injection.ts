import { overlapMode } from './overlaps.ts';
import { injectionRule } from './rules/index.ts';
import type { InjectionRuleDefinition } from './rules/rule.ts';
import type { TableSettings } from './table.ts';

/** One match of one row in one sample. */
export interface RowMatch {
  readonly row: number;
  readonly start: number;
  readonly length: number;
}

/** One table acting on one stream of one sample. */
export interface StreamInjection {
  /** m [K, d] row-major. */
  readonly vectors: Float32Array;
  /** s [d]. */
  readonly scale: Float32Array;
  readonly settings: TableSettings;
  /** Factor of the whole change; 1 is as trained. */
  readonly strength: number;
  readonly matches: readonly RowMatch[];
}

/** What forward and backward share: the change at position p is factor[p] * gate * (sum of the directions of the rows that cover p). */
export interface PreparedInjection {
  readonly width: number;
  readonly rule: InjectionRuleDefinition;
  /** [T]: strength * overlap weight * c_b at covered positions. */
  readonly factor: Float64Array;
  /** g [d]: s or tanh(s). */
  readonly gate: Float64Array;
  /** u_k [d] per matched row. */
  readonly directions: ReadonlyMap<number, Float64Array>;
}

/** Whether an injection changes anything: without a match or at strength 0 the states go on untouched. */
export function isActive(injection: StreamInjection): boolean {
  return injection.matches.length > 0 && injection.strength !== 0;
}

/**
 * Computes the parts of an injection into one sample.
 * @param base Base states of the sample, [T, d] row-major: the amplitude c_b comes from these whatever other tables add.
 */
export function prepareInjection(base: Float32Array, injection: StreamInjection): PreparedInjection {
  const { vectors, scale, settings, matches, strength } = injection;
  const width = scale.length;
  const rule = injectionRule(settings.rule);
  const overlap = overlapMode(settings.overlap);
  const counts = new Float64Array(base.length / width);
  const directions = new Map<number, Float64Array>();
  for (const { row, start, length } of matches) {
    for (let position = start; position < start + length; position += 1) counts[position]! += 1;
    if (directions.has(row)) continue;
    const direction = new Float64Array(width);
    rule.direction(rowOf(vectors, row, width), direction);
    directions.set(row, direction);
  }
  const amplitude = rule.amplitude(base, width);
  const factor = counts.map((count) => (count === 0 ? 0 : strength * overlap.weight(count) * amplitude));
  const gate = gateOf(scale, settings);
  return { width, rule, factor, gate, directions };
}

/** The gate g [d] of a scale: s, or tanh(s), which bounds what is added. */
export function gateOf(scale: Float32Array, { tanh }: Pick<TableSettings, 'tanh'>): Float64Array {
  return Float64Array.from(scale, (value) => (tanh ? Math.tanh(value) : value));
}

/** Row k of a [K, d] matrix, a view. */
export function rowOf<T extends Float32Array | Float64Array>(matrix: T, row: number, width: number): T {
  return matrix.subarray(row * width, (row + 1) * width) as T;
}
