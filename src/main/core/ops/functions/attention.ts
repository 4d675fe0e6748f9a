import type { GraphBuilder } from '../../ir/builder.ts';
import type { Value } from '../../ir/types.ts';

export interface AttentionOptions {
  readonly heads: number;
  /** Factor on the scores; usually 1 / sqrt(C / heads). */
  readonly scale: number;
}

/**
 * Multi-head scaled dot-product attention, softmax(scale Q K^T + mask) V per head, for query [B, Tq, C], key [B, Tk, C],
 * value [B, Tk, Cv] (result [B, Tq, Cv]) and an additive mask that broadcasts to [B, heads, Tq, Tk]. The score matrix is never whole in memory once it is large.
 */
export function attention(builder: GraphBuilder, query: Value, key: Value, value: Value, options: AttentionOptions, mask?: Value): Value {
  const inputs = mask === undefined ? [query, key, value] : [query, key, value, mask];
  return builder.op('engram::Attention', inputs, { heads: options.heads, scale: { float: options.scale } });
}
