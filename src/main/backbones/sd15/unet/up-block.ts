import type { Value } from '../../../core/ir/types.ts';
import { concat } from '../../../core/ops/functions.ts';
import { size } from '../../layers.ts';
import type { ModuleScope } from '../../module-scope.ts';
import { upsample } from '../../modules/resize.ts';
import type { BlockType } from './down-block.ts';
import { stageAttention, stageResnet, type UnetContext } from './stage.ts';

/** The up block types that can be built, by the class name in `up_block_types`. */
export const UP_BLOCK_TYPES: ReadonlyMap<string, BlockType> = new Map([
  ['CrossAttnUpBlock2D', { attention: true }],
  ['UpBlock2D', { attention: false }],
]);

export interface UpBlockSettings {
  readonly type: BlockType;
  readonly channels: number;
  readonly heads: number;
  /** One per ResNet block, in the order of use. */
  readonly skips: readonly Value[];
  /** The value whose height and width the block's result gets: the next block's first skip; undefined for the outermost block, which keeps its size. */
  readonly resizeTo: Value | undefined;
}

/** One up block: x [B, in, h, w] and skips [B, s, h, w] -> [B, channels, h', w']; each ResNet block reads concat(x, skip). */
export function upBlock(scope: ModuleScope, x: Value, settings: UpBlockSettings, context: UnetContext): Value {
  let hidden = x;
  settings.skips.forEach((skip, layer) => {
    hidden = stageResnet(scope, layer, concat(scope.builder, [hidden, skip], 1), settings.channels, context);
    if (settings.type.attention) hidden = stageAttention(scope, layer, hidden, settings.heads, context);
  });
  return settings.resizeTo === undefined ? hidden : upsample(scope, hidden, size(settings.resizeTo, 2), size(settings.resizeTo, 3));
}
