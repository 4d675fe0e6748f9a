import type { GraphBuilder } from '../../../core/ir/builder.ts';
import type { Value } from '../../../core/ir/types.ts';
import { concat, expand, pad } from '../../../core/ops/functions.ts';
import { size } from '../../layers.ts';

/** Text states of one batch, each [B, T, d]. */
export interface ContextStates {
  readonly clipL: Value;
  readonly clipG: Value;
  /** As wide as the joint context; zeros stand for an absent one. */
  readonly t5: Value | undefined;
}

/**
 * Both CLIP states side by side, padded with zeros to the joint width, then T5's below them (paper 2.7): [B, T, width].
 * @param absentTokens Tokens of zeros that stand for T5 where it is absent.
 */
export function joinContext(builder: GraphBuilder, { clipL, clipG, t5 }: ContextStates, width: number, absentTokens: number): Value {
  const clip = concat(builder, [clipL, clipG], 2);
  const padded = pad(builder, clip, [0, 0, 0, 0, 0, width - size(clip, 2)]);
  return concat(builder, [padded, t5 ?? expand(builder, builder.scalar(0), [size(clip, 0), absentTokens, width])], 1);
}
