import type { Histogram, TablePair, TableReport } from '../../contract/studio-api.ts';
import type { ConceptTable, StreamTable } from './table.ts';
import { tableFingerprint } from './table-file.ts';

/** Rows up to which every pair is compared: more would be a picture that nobody can read. */
const MAX_COMPARED_ROWS = 64;
const BINS = 32;

/** Row r of a stream's vectors: [d]. */
function rowOf({ vectors, width }: StreamTable, row: number): Float32Array {
  return vectors.subarray(row * width, (row + 1) * width);
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let index = 0; index < a.length; index += 1) sum += (a[index] as number) * (b[index] as number);
  return sum;
}

/** L2 norm of a vector. */
export function norm(vector: Float32Array): number {
  return Math.sqrt(dot(vector, vector));
}

/** Cosine of the angle between two vectors of one length; 0 when one of them is zero. */
export function cosine(a: Float32Array, b: Float32Array): number {
  const lengths = norm(a) * norm(b);
  return lengths === 0 ? 0 : dot(a, b) / lengths;
}

/** Counts of values in equal steps from the least to the greatest. */
export function histogram(values: Float32Array, bins: number = BINS): Histogram {
  let [from, to] = [Infinity, -Infinity];
  for (const value of values) {
    from = Math.min(from, value);
    to = Math.max(to, value);
  }
  const counts = new Array<number>(bins).fill(0);
  const step = (to - from) / bins;
  for (const value of values) {
    const bin = step === 0 ? 0 : Math.min(bins - 1, Math.floor((value - from) / step));
    counts[bin] = (counts[bin] as number) + 1;
  }
  return { from, to, counts };
}

/** The text of a key, where a tokenizer of that stream is at hand. */
type KeyText = (stream: StreamTable, ids: readonly number[]) => string | undefined;

function describeStream(stream: StreamTable, keyText: KeyText): TableReport['streams'][number] {
  const count = stream.keys.length;
  const rows = stream.keys.map((ids, row) => {
    const text = keyText(stream, ids);
    return { row, ids: [...ids], norm: norm(rowOf(stream, row)), ...(text === undefined ? {} : { text }) };
  });
  const pairs = count > MAX_COMPARED_ROWS ? undefined : Array.from({ length: count * count }, (_, index) => cosine(rowOf(stream, Math.floor(index / count)), rowOf(stream, index % count)));
  return {
    stream: stream.stream, width: stream.width, tokenizerHash: stream.tokenizerHash, rows, scale: histogram(stream.scale), scaleNorm: norm(stream.scale),
    ...(pairs === undefined ? {} : { cosine: pairs }),
  };
}

/**
 * What a table holds, for people: its keys, the norms of its vectors, how its scale is spread, how alike its rows are.
 * @param keyText The text of a key, where a tokenizer of that stream is at hand.
 */
export function describeTable(table: ConceptTable, keyText: KeyText = () => undefined): TableReport {
  const { trigger, maxN, family, settings, streams, provenance, thumbnail, licence } = table;
  return {
    trigger, maxN, family, rule: settings.rule, tanh: settings.tanh, overlap: settings.overlap, fingerprint: tableFingerprint(table), provenance: { ...provenance },
    streams: streams.map((stream) => describeStream(stream, keyText)),
    ...(thumbnail === undefined ? {} : { thumbnail }), ...(licence === undefined ? {} : { licence }),
  };
}

/** Mean over rows of vector * scale: [d], what a table pushes towards on the whole. */
function meanPush(stream: StreamTable): Float32Array {
  const mean = new Float32Array(stream.width);
  for (let row = 0; row < stream.keys.length; row += 1) {
    rowOf(stream, row).forEach((value, channel) => { mean[channel] = (mean[channel] as number) + (value * (stream.scale[channel] as number)) / stream.keys.length; });
  }
  return mean;
}

/** How two tables relate, in each stream of one width that both have: rows that act on equal n-grams, where one tokenizer made both tables' keys, and whether they push the same way. */
export function compareTables(a: ConceptTable, b: ConceptTable, keyText: KeyText = () => undefined): TablePair {
  const streams = a.streams.flatMap((first) => {
    const second = b.streams.find(({ stream, width }) => stream === first.stream && width === first.width);
    if (second === undefined) return [];
    const sameTokenizer = first.tokenizerHash === second.tokenizerHash;
    const rowsOfB = new Map((sameTokenizer ? second.keys : []).map((ids, row) => [ids.join(), row]));
    const shared = first.keys.flatMap((ids, row) => {
      const other = rowsOfB.get(ids.join());
      if (other === undefined) return [];
      const text = keyText(first, ids);
      return [{ a: row, b: other, ids: [...ids], cosine: cosine(rowOf(first, row), rowOf(second, other)), ...(text === undefined ? {} : { text }) }];
    });
    return [{ stream: first.stream, sameTokenizer, shared, meanCosine: cosine(meanPush(first), meanPush(second)) }];
  });
  return { streams };
}
