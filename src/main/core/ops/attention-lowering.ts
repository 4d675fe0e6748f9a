import type { GraphBuilder } from '../ir/builder.ts';
import { DATA_TYPE_BYTES } from '../ir/data-types.ts';
import type { Value } from '../ir/types.ts';
import { add, concat, matMul, mul, reduceSum, reshape, scale, slice, softmax, sub, transpose, transposeLastTwo } from './functions.ts';
import { dimension } from './infer.ts';
import type { LowerPlan } from './op.ts';

/** What forward and backward expansion of one attention share. Sizes: batch B, heads H, queries Tq, keys Tk, head width D. */
export interface AttentionParts {
  /** Scaled queries [B, H, Tq, D]. */
  readonly query: Value;
  /** Keys, already transposed [B, H, D, Tk]. */
  readonly keyTransposed: Value;
  /** Values [B, H, Tk, D]. */
  readonly value: Value;
  /** Additive mask, broadcast to [B, H, Tq, Tk]. */
  readonly mask: Value | undefined;
}

/** Rows first..last-1 of the queries. */
interface Chunk {
  readonly first: number;
  readonly last: number;
}

/** Splits [B, T, C] into heads [B, H, T, D]. */
function splitHeads(builder: GraphBuilder, x: Value, heads: number): Value {
  return transpose(builder, separateHeads(builder, x, heads), [0, 2, 1, 3]);
}

/** Sees [B, T, C] as [B, T, H, D]. */
function separateHeads(builder: GraphBuilder, x: Value, heads: number): Value {
  const [batch, tokens, width] = x.type.shape as [number, number, number];
  return reshape(builder, x, [batch, tokens, heads, width / heads]);
}

/** Joins heads [B, H, T, D] to [B, T, C]. */
function joinHeads(builder: GraphBuilder, x: Value): Value {
  const [batch, heads, tokens, width] = x.type.shape as [number, number, number, number];
  return reshape(builder, transpose(builder, x, [0, 2, 1, 3]), [batch, tokens, heads * width]);
}

/** The head-split operands. Forward and backward build the same nodes here, and ONNX Runtime merges them: they are small. */
function attentionParts(builder: GraphBuilder, inputs: { query: Value; key: Value; value: Value; mask: Value | undefined }, heads: number, factor: number): AttentionParts {
  return {
    query: scale(builder, splitHeads(builder, inputs.query, heads), factor),
    keyTransposed: transpose(builder, separateHeads(builder, inputs.key, heads), [0, 2, 3, 1]),
    value: splitHeads(builder, inputs.value, heads),
    mask: inputs.mask,
  };
}

/** Bytes of the whole score matrix [B, H, Tq, Tk]. */
function scoreBytes({ query, keyTransposed }: AttentionParts): number {
  const [batch, heads, queries] = query.type.shape as [number, number, number];
  return batch * heads * queries * dimension(keyTransposed.type.shape, 3) * DATA_TYPE_BYTES[query.type.dtype];
}

/** Cuts the queries so that the scores of one chunk stay within the limit; chunks differ by at most one row. */
function queryChunks(parts: AttentionParts, plan: LowerPlan): Chunk[] {
  const queries = dimension(parts.query.type.shape, 2);
  const count = Math.min(queries, Math.ceil(scoreBytes(parts) / plan.attentionScoreBytes));
  const edge = (index: number): number => Math.round((index * queries) / count);
  return Array.from({ length: count }, (_, index) => ({ first: edge(index), last: edge(index + 1) }));
}

/** softmax(Q_c K^T + mask) of one chunk [B, H, c, Tk]. */
function probabilities(builder: GraphBuilder, parts: AttentionParts, query: Value, chunk: Chunk): Value {
  const scores = matMul(builder, query, parts.keyTransposed);
  return softmax(builder, parts.mask === undefined ? scores : add(builder, scores, maskRows(builder, parts.mask, chunk)), -1);
}

/** The mask rows of a chunk; a mask that is the same for all queries stays whole. */
function maskRows(builder: GraphBuilder, mask: Value, chunk: Chunk): Value {
  const rowAxis = mask.type.shape.length - 2;
  return rowAxis < 0 || mask.type.shape[rowAxis] === 1 ? mask : slice(builder, mask, rowAxis, chunk.first, chunk.last);
}

/**
 * A zero [1] that can only be had once all given values are computed: 0 times their first elements. Added to an operand it makes a
 * chunk wait for the one before, so that the runtime can neither merge the two nor hold both. (Should one of the elements be infinite
 * or NaN, so is the result: then the gradient is lost anyway.)
 */
function zeroAfter(builder: GraphBuilder, values: readonly Value[]): Value {
  const first = values.map((value) => slice(builder, reshape(builder, value, [-1]), 0, 0, 1));
  return scale(builder, first.reduce((sum, element) => add(builder, sum, element)), 0);
}

/** Expands `engram::Attention`: out = softmax(scale Q K^T + mask) V, chunk after chunk. Returns [B, Tq, C]. */
export function lowerAttention(builder: GraphBuilder, inputs: { query: Value; key: Value; value: Value; mask: Value | undefined }, heads: number, factor: number, plan: LowerPlan): Value {
  const parts = attentionParts(builder, inputs, heads, factor);
  const outputs: Value[] = [];
  for (const chunk of queryChunks(parts, plan)) {
    const rows = slice(builder, parts.query, 2, chunk.first, chunk.last);
    const before = outputs.at(-1);
    const query = before === undefined ? rows : add(builder, rows, zeroAfter(builder, [before]));
    outputs.push(matMul(builder, probabilities(builder, parts, query, chunk), parts.value));
  }
  return joinHeads(builder, concat(builder, outputs, 2));
}

/** Inputs of `engram::AttentionGrad`: those of the forward pass, its output and that output's gradient, all [B, T, C]. */
export interface AttentionGradInputs {
  readonly query: Value;
  readonly key: Value;
  readonly value: Value;
  readonly output: Value;
  readonly gradient: Value;
  readonly mask: Value | undefined;
}

/** Which of the three gradients are wanted. */
export interface AttentionGradWanted {
  readonly query: boolean;
  readonly key: boolean;
  readonly value: boolean;
}

/** Running results of the backward chunks: dQ rows [B, H, c, D] so far, and the sums of dK^T and dV^T [B, H, D, Tk]. */
interface Sums {
  readonly queryRows: Value[];
  keyTransposed?: Value;
  valueTransposed?: Value;
}

/**
 * Expands `engram::AttentionGrad`. Per chunk, with P recomputed:
 *   dV = P^T dO;  dP = dO V^T;  dS = P (dP - rowsum(dP P)), where rowsum(dP P) = rowsum(dO O);  dQ = scale dS K;  dK = dS^T (scale Q)
 * dK and dV are built transposed, so that no matrix of scores ever is.
 */
export function lowerAttentionGrad(builder: GraphBuilder, inputs: AttentionGradInputs, wanted: AttentionGradWanted, heads: number, factor: number, plan: LowerPlan): (Value | undefined)[] {
  const parts = attentionParts(builder, inputs, heads, factor);
  const gradient = splitHeads(builder, inputs.gradient, heads);
  const rowSums = transpose(builder, reduceSum(builder, separateHeads(builder, mul(builder, inputs.gradient, inputs.output), heads), [3]), [0, 2, 1, 3]);
  const recompute = scoreBytes(parts) > plan.attentionKeepBytes;
  const sums: Sums = { queryRows: [] };
  for (const chunk of queryChunks(parts, plan)) {
    const rows = (value: Value): Value => slice(builder, value, 2, chunk.first, chunk.last);
    const done = [sums.queryRows.at(-1), sums.keyTransposed, sums.valueTransposed].filter((value) => value !== undefined);
    // The first chunk waits for the incoming gradient: else its P would be merged with the forward one, which would then be kept till here.
    const zero = recompute ? zeroAfter(builder, done.length === 0 ? [inputs.gradient] : done) : undefined;
    const after = (value: Value): Value => (zero === undefined ? value : add(builder, value, zero));
    backwardChunk(builder, parts, { query: after(rows(parts.query)), gradient: after(rows(gradient)), rowSums: rows(rowSums) }, chunk, wanted, sums);
  }
  const fromTransposed = (sum: Value | undefined): Value | undefined => (sum === undefined ? undefined : joinHeads(builder, transposeLastTwo(builder, sum)));
  return [
    wanted.query ? scale(builder, joinHeads(builder, concat(builder, sums.queryRows, 2)), factor) : undefined,
    fromTransposed(sums.keyTransposed),
    fromTransposed(sums.valueTransposed),
  ];
}

/** Adds one chunk's part to the sums. */
function backwardChunk(builder: GraphBuilder, parts: AttentionParts, rows: { query: Value; gradient: Value; rowSums: Value }, chunk: Chunk, wanted: AttentionGradWanted, sums: Sums): void {
  const plus = (sum: Value | undefined, part: Value): Value => (sum === undefined ? part : add(builder, sum, part));
  const weights = probabilities(builder, parts, rows.query, chunk);
  if (wanted.value) sums.valueTransposed = plus(sums.valueTransposed, matMul(builder, transposeLastTwo(builder, rows.gradient), weights));
  if (!wanted.query && !wanted.key) return;
  const weightGradient = matMul(builder, rows.gradient, transposeLastTwo(builder, parts.value));
  const scoreGradient = mul(builder, weights, sub(builder, weightGradient, rows.rowSums));
  if (wanted.key) sums.keyTransposed = plus(sums.keyTransposed, matMul(builder, transposeLastTwo(builder, rows.query), scoreGradient));
  if (wanted.query) sums.queryRows.push(matMul(builder, scoreGradient, transposeLastTwo(builder, parts.keyTransposed)));
}
