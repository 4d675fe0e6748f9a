import type { Value } from '../../../core/ir/types.ts';
import { add, cast, reshape, slice, transpose } from '../../../core/ops/functions.ts';
import { convLayer, size } from '../../layers.ts';
import type { ModuleScope } from '../../module-scope.ts';
import { innerWidth, type TransformerConfig } from './config.ts';

/** PatchEmbed: latents [B, C, h, w] -> tokens [B, (h/p)(w/p), D], row by row, each with its place. */
export function patchEmbedding(scope: ModuleScope, config: TransformerConfig, latents: Value): Value {
  const { builder } = scope;
  const { patch_size: patch } = config;
  const width = innerWidth(config);
  return scope.within('pos_embed', (inner) => {
    const patches = convLayer(inner, 'proj', latents, width, patch, { stride: patch });
    const [batch, , rows, columns] = patches.type.shape as [number, number, number, number];
    const tokens = transpose(builder, reshape(builder, patches, [batch, width, rows * columns]), [0, 2, 1]);
    return add(builder, tokens, croppedGrid(inner, config, rows, columns));
  });
}

/**
 * The middle `rows` x `columns` places of the stored grid, [1, rows * columns, D]. Cut out before it is widened: the grid of the published models has
 * up to 226 million elements.
 */
function croppedGrid(scope: ModuleScope, config: TransformerConfig, rows: number, columns: number): Value {
  const { builder } = scope;
  const { pos_embed_max_size: side } = config;
  const width = innerWidth(config);
  const [top, left] = [Math.floor((side - rows) / 2), Math.floor((side - columns) / 2)];
  const grid = reshape(builder, scope.storedWeight('pos_embed', [1, side * side, width]), [side, side, width]);
  const cut = slice(builder, slice(builder, grid, 0, top, top + rows), 1, left, left + columns);
  return cast(builder, reshape(builder, cut, [1, rows * columns, width]), 'float32');
}

/** Tokens [B, (h/p)(w/p), p * p * C] -> latents in the shape of `like`, [B, C, h, w]. */
export function unpatchify({ builder }: ModuleScope, tokens: Value, { patch_size: patch }: TransformerConfig, channels: number, like: Value): Value {
  const [batch, height, width] = [size(like, 0), size(like, 2), size(like, 3)];
  const split = reshape(builder, tokens, [batch, height / patch, width / patch, patch, patch, channels]);
  return reshape(builder, transpose(builder, split, [0, 5, 1, 3, 2, 4]), [batch, channels, height, width]);
}
