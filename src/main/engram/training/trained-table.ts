import type { StreamGradient } from '../inject-gradient.ts';
import { zeroGradient } from '../inject-gradient.ts';
import type { StreamInjection, RowMatch } from '../injection.ts';
import { buildMatcher } from '../matcher.ts';
import type { ConceptTable, StreamTable } from '../table.ts';
import type { StreamNorms } from './events.ts';

/** One stream of a table in training: its parameters change in place. */
export interface TrainedStream extends StreamTable {
  readonly gradient: StreamGradient;
}

/** A table whose vectors and scales are being trained; the table that it was made from is left as it is. */
export class TrainedTable {
  readonly streams: readonly TrainedStream[];
  private readonly matchers: ReadonlyMap<string, (ids: readonly number[]) => readonly RowMatch[]>;

  constructor(private readonly origin: ConceptTable) {
    this.streams = origin.streams.map((part) => ({
      ...part, vectors: part.vectors.slice(), scale: part.scale.slice(), gradient: zeroGradient(part.keys.length, part.width),
    }));
    this.matchers = new Map(this.streams.map(({ stream, keys }) => {
      const matcher = buildMatcher([keys]);
      return [stream, (ids: readonly number[]) => matcher.match(ids)];
    }));
  }

  /** Where the rows of a stream match in a caption's ids. */
  match(stream: string, ids: readonly number[]): readonly RowMatch[] {
    return this.matchers.get(stream)?.(ids) ?? [];
  }

  /** The table acting on one sample with its present parameters, at full strength. */
  injection(part: TrainedStream, matches: readonly RowMatch[]): StreamInjection {
    return { vectors: part.vectors, scale: part.scale, settings: this.origin.settings, strength: 1, matches };
  }

  clearGradient(): void {
    for (const { gradient } of this.streams) {
      gradient.vectors.fill(0);
      gradient.scale.fill(0);
    }
  }

  scaleGradient(factor: number): void {
    if (factor === 1) return;
    for (const { gradient } of this.streams) {
      for (const values of [gradient.vectors, gradient.scale]) values.forEach((value, index) => { values[index] = value * factor; });
    }
  }

  /** A copy with the present parameters. */
  snapshot(): ConceptTable {
    const streams = this.streams.map(({ gradient: _, ...part }) => ({ ...part, vectors: part.vectors.slice(), scale: part.scale.slice() }));
    return { ...this.origin, streams };
  }

  norms(): StreamNorms[] {
    return this.streams.map(({ stream, vectors, scale, gradient }) => ({
      stream, vectors: norm(vectors), scale: norm(scale), vectorsGradient: norm(gradient.vectors), scaleGradient: norm(gradient.scale),
    }));
  }
}

function norm(values: Float32Array | Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return Math.sqrt(sum);
}
