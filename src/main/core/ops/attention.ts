import { floatAttribute, integerAttribute } from '../ir/attributes.ts';
import type { Attributes, Shape } from '../ir/types.ts';
import { broadcastShapes, demandShape, dimension, inferenceError, inputOfRank, printShape, sameDataType, sameShape } from './infer.ts';
import type { InferContext } from './op.ts';

/** Reads the attributes that both attention composites carry. */
export function attentionAttributes(attributes: Attributes): { heads: number; factor: number } {
  return { heads: integerAttribute(attributes, 'heads', 1), factor: floatAttribute(attributes, 'scale', 1) };
}

/**
 * Checks query [B, Tq, C], key [B, Tk, C], value [B, Tk, Cv] and a mask at input `maskIndex` that broadcasts to [B, heads, Tq, Tk].
 * Returns the shape of the result, [B, Tq, Cv].
 */
export function attentionShape(context: InferContext, maskIndex: number): Shape {
  sameDataType(context);
  const [query, key] = [inputOfRank(context, 0, 3).shape, inputOfRank(context, 1, 3).shape];
  const { heads } = attentionAttributes(context.attributes);
  const [batch, queries, width] = query as [number, number, number];
  const keys = dimension(key, 1);
  if (width % heads !== 0) throw inferenceError(context, `heads must divide the width ${width}`, String(heads));
  demandShape(context, 1, [batch, keys, width]);
  const valueWidth = dimension(inputOfRank(context, 2, 3).shape, 2);
  if (valueWidth % heads !== 0) throw inferenceError(context, `heads must divide the width ${valueWidth} of the values`, String(heads));
  demandShape(context, 2, [batch, keys, valueWidth]);
  const mask = context.inputs[maskIndex]?.shape ?? [];
  const scores = [batch, heads, queries, keys];
  if (!sameShape(broadcastShapes(mask, scores) ?? [], scores)) throw inferenceError(context, `mask must broadcast to ${printShape(scores)}`, printShape(mask));
  return [batch, queries, valueWidth];
}
