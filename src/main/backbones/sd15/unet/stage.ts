import type { Value } from '../../../core/ir/types.ts';
import type { ModuleScope } from '../../module-scope.ts';
import { resnetBlock } from '../../modules/resnet-block.ts';
import { transformer } from './transformer.ts';

/** What every block of one U-Net graph shares. */
export interface UnetContext {
  /** silu(time embedding) [B, 4 * first width]. */
  readonly time: Value;
  /** Encoder hidden states [B, T, d]. */
  readonly states: Value;
  readonly groups: number;
  readonly epsilon: number;
  readonly linearProjection: boolean;
  readonly transformerLayers: number;
}

/** The module `resnets.index`: x [B, in, h, w] -> [B, out, h, w]. */
export function stageResnet(scope: ModuleScope, index: number, x: Value, out: number, context: UnetContext): Value {
  const { groups, epsilon, time } = context;
  return scope.within(`resnets.${index}`, (inner) => resnetBlock(inner, x, out, { groups, epsilon, time }));
}

/** The module `attentions.index`: x [B, C, h, w] -> same shape. */
export function stageAttention(scope: ModuleScope, index: number, x: Value, heads: number, context: UnetContext): Value {
  const { groups, linearProjection, states } = context;
  return scope.within(`attentions.${index}`, (inner) => transformer(inner, x, { heads, groups, linearProjection, states, layers: context.transformerLayers }));
}
