import type { Value } from '../../../core/ir/types.ts';
import type { ModuleScope } from '../../module-scope.ts';
import { stageAttention, stageResnet, type UnetContext } from './stage.ts';

/** UNetMidBlock2DCrossAttn: ResNet, transformer, ResNet on x [B, C, h, w]. */
export function midBlock(scope: ModuleScope, x: Value, level: { readonly channels: number; readonly heads: number }, context: UnetContext): Value {
  const first = stageResnet(scope, 0, x, level.channels, context);
  return stageResnet(scope, 1, stageAttention(scope, 0, first, level.heads, context), level.channels, context);
}
