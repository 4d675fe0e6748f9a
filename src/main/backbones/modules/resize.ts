import type { Value } from '../../core/ir/types.ts';
import { resizeNearest2x, slice } from '../../core/ops/functions.ts';
import { convLayer, size } from '../layers.ts';
import type { ModuleScope } from '../module-scope.ts';

/** Downsample2D of the U-Net: a 3x3 convolution of stride 2, [B, C, h, w] -> [B, C, ceil(h/2), ceil(w/2)]. */
export function downsample(scope: ModuleScope, x: Value): Value {
  return scope.within('downsamplers.0', (inner) => convLayer(inner, 'conv', x, size(x, 1), 3, { stride: 2, padding: 1 }));
}

/** Downsample2D of the VAE: as {@link downsample}, but zeros are added below and to the right only. */
export function downsampleOneSided(scope: ModuleScope, x: Value): Value {
  return scope.within('downsamplers.0', (inner) => convLayer(inner, 'conv', x, size(x, 1), 3, { stride: 2, padding: [0, 0, 1, 1] }));
}

/**
 * Upsample2D: nearest neighbour to `height` x `width`, then a 3x3 convolution. Each size is twice the input's or one less.
 * Nearest takes source floor(i * n / m). For m = 2n that is floor(i / 2), and for m = 2n - 1 it is the same for every i < m:
 * i/2 <= i * n / (2n - 1) < floor(i/2) + 1. So an odd size is the doubled picture without its last line.
 */
export function upsample(scope: ModuleScope, x: Value, height: number, width: number): Value {
  return scope.within('upsamplers.0', (inner) => {
    const { builder } = inner;
    let resized = resizeNearest2x(builder, x);
    if (size(resized, 2) !== height) resized = slice(builder, resized, 2, 0, height);
    if (size(resized, 3) !== width) resized = slice(builder, resized, 3, 0, width);
    return convLayer(inner, 'conv', resized, size(x, 1), 3, { padding: 1 });
  });
}
