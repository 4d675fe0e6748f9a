import type { GraphBuilder } from '../../ir/builder.ts';
import type { Shape, Value } from '../../ir/types.ts';
import { reshape } from './shape.ts';

/** Sum over axes, which stay as size 1 unless `keepDims` is false. x itself when there is no axis. */
export function reduceSum(builder: GraphBuilder, x: Value, axes: readonly number[], keepDims = true): Value {
  return axes.length === 0 ? x : builder.op('ReduceSum', [x, builder.integers(axes)], { keepdims: keepDims ? 1 : 0 });
}

/** Mean over axes, which stay as size 1 unless `keepDims` is false. x itself when there is no axis. */
export function reduceMean(builder: GraphBuilder, x: Value, axes: readonly number[], keepDims = true): Value {
  return axes.length === 0 ? x : builder.op('ReduceMean', [x, builder.integers(axes)], { keepdims: keepDims ? 1 : 0 });
}

/** Mean over everything, as a scalar of shape []. */
export function meanOfAll(builder: GraphBuilder, x: Value): Value {
  return reduceMean(builder, x, x.type.shape.map((_, axis) => axis), false);
}

/** Undoes broadcasting: sums `x` over the axes along which `shape` was repeated to x's shape. x must be as large as `shape` in every axis. */
export function sumToShape(builder: GraphBuilder, x: Value, shape: Shape): Value {
  const extra = x.type.shape.length - shape.length;
  const axes = x.type.shape.flatMap((size, axis) => (axis < extra || (shape[axis - extra] === 1 && size !== 1) ? [axis] : []));
  return reshape(builder, reduceSum(builder, x, axes), shape);
}
