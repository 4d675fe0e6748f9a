import { integerAttribute } from '../ir/attributes.ts';
import type { Shape, TensorType } from '../ir/types.ts';
import { constantIntegers, inputType, resolveAxis } from './infer.ts';
import type { InferContext } from './op.ts';

/** Output type of a reduction, and the input's shape with every reduced axis as 1. */
export function inferReduction(context: InferContext): { type: TensorType; kept: Shape } {
  const { dtype, shape } = inputType(context, 0);
  const axes = constantIntegers(context, 1).map((axis) => resolveAxis(context, axis, shape.length));
  const kept = shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  const keepDims = integerAttribute(context.attributes, 'keepdims', 1) === 1;
  return { kept, type: { dtype, shape: keepDims ? kept : shape.filter((_, axis) => !axes.includes(axis)) } };
}
