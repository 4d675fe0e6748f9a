import type { Value } from '../core/ir/types.ts';
import { cast, conv, gather, groupNorm, layerNorm, linear, rmsNorm } from '../core/ops/functions.ts';
import { dimension } from '../core/ops/infer.ts';
import type { ModuleScope } from './module-scope.ts';

export interface ConvOptions {
  readonly stride?: number;
  /** [top, left, bottom, right] zeros around the input, or one number for all; 0 when left out. */
  readonly padding?: number | readonly [number, number, number, number];
}

/** The module `name` as torch's Conv2d with bias: x [B, in, h, w] -> [B, out, h', w'], square kernel. */
export function convLayer(scope: ModuleScope, name: string, x: Value, out: number, kernel: number, options: ConvOptions = {}): Value {
  return scope.within(name, (inner) => {
    const { padding = 0, stride = 1 } = options;
    const pads = typeof padding === 'number' ? [padding, padding, padding, padding] : padding;
    const weight = inner.weight('weight', [out, size(x, 1), kernel, kernel]);
    return conv(inner.builder, x, weight, inner.weight('bias', [out]), { strides: [stride, stride], pads });
  });
}

/** The module `name` as torch's Linear: x [..., in] -> [..., out]. */
export function linearLayer(scope: ModuleScope, name: string, x: Value, out: number, options: { readonly bias?: boolean } = {}): Value {
  return scope.within(name, (inner) => {
    const weight = inner.weight('weight', [out, size(x, -1)]);
    return linear(inner.builder, x, weight, options.bias === false ? undefined : inner.weight('bias', [out]));
  });
}

/** The module `name` as torch's GroupNorm over x [B, C, ...]. */
export function groupNormLayer(scope: ModuleScope, name: string, x: Value, groups: number, epsilon: number): Value {
  return scope.within(name, (inner) => {
    const shape = [size(x, 1)];
    return groupNorm(inner.builder, x, groups, inner.weight('weight', shape), inner.weight('bias', shape), epsilon);
  });
}

/** The module `name` as torch's LayerNorm over the last axis of x. */
export function layerNormLayer(scope: ModuleScope, name: string, x: Value, epsilon: number): Value {
  return scope.within(name, (inner) => {
    const shape = [size(x, -1)];
    return layerNorm(inner.builder, x, inner.weight('weight', shape), inner.weight('bias', shape), epsilon);
  });
}

/** The module `name` as an RMSNorm (T5's layer norm) over the last axis of x. */
export function rmsNormLayer(scope: ModuleScope, name: string, x: Value, epsilon: number): Value {
  return scope.within(name, (inner) => rmsNorm(inner.builder, x, inner.weight('weight', [size(x, -1)]), epsilon));
}

/** The module `name` as torch's Embedding: ids [...] -> [..., width]. Rows are picked before they are widened: tables are large, prompts are short. */
export function embeddingLayer(scope: ModuleScope, name: string, ids: Value, rows: number, width: number): Value {
  return scope.within(name, (inner) => cast(inner.builder, gather(inner.builder, inner.storedWeight('weight', [rows, width]), ids, 0), 'float32'));
}

/** Size of one axis of a value; negative axes count from the end. */
export function size(x: Value, axis: number): number {
  return dimension(x.type.shape, axis);
}
