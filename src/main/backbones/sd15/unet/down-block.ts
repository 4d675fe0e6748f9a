import type { Value } from '../../../core/ir/types.ts';
import type { ModuleScope } from '../../module-scope.ts';
import { downsample } from '../../modules/resize.ts';
import { stageAttention, stageResnet, type UnetContext } from './stage.ts';

export interface BlockType {
  /** Whether a transformer follows each ResNet block. */
  readonly attention: boolean;
}

/** The down block types that can be built, by the class name in `down_block_types`. */
export const DOWN_BLOCK_TYPES: ReadonlyMap<string, BlockType> = new Map([
  ['CrossAttnDownBlock2D', { attention: true }],
  ['DownBlock2D', { attention: false }],
]);

export interface DownBlockSettings {
  readonly type: BlockType;
  readonly channels: number;
  readonly heads: number;
  /** ResNet blocks. */
  readonly layers: number;
  /** Whether the block ends with a halving of height and width: all but the innermost do. */
  readonly halve: boolean;
}

/** One down block: x [B, in, h, w] -> its result and, in order, the values that the up path will take back. */
export function downBlock(scope: ModuleScope, x: Value, settings: DownBlockSettings, context: UnetContext): { hidden: Value; skips: Value[] } {
  const skips: Value[] = [];
  let hidden = x;
  for (let layer = 0; layer < settings.layers; layer += 1) {
    hidden = stageResnet(scope, layer, hidden, settings.channels, context);
    if (settings.type.attention) hidden = stageAttention(scope, layer, hidden, settings.heads, context);
    skips.push(hidden);
  }
  if (settings.halve) {
    hidden = downsample(scope, hidden);
    skips.push(hidden);
  }
  return { hidden, skips };
}
